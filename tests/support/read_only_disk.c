// LD_PRELOAD: while the file $READ_ONLY_WHEN exists, whatever changes a file below $READ_ONLY_BELOW fails with EROFS.
//
// This is what a kernel does when a file system fails under open files (ext4 with errors=remount-ro, worn flash); a
// remount by hand is refused as long as a file is open for writing.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static bool is_read_only(void) {
  const char* when = getenv("READ_ONLY_WHEN");
  return when != NULL && access(when, F_OK) == 0;
}

static bool is_below(const char* path) {
  const char* folder = getenv("READ_ONLY_BELOW");
  return folder != NULL && strncmp(path, folder, strlen(folder)) == 0;
}

static bool refuses_path(const char* path) {
  if (!is_read_only() || !is_below(path)) return false;
  errno = EROFS;
  return true;
}

static bool refuses_fd(int fd) {
  char link[64], path[4096];
  if (!is_read_only()) return false;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size <= 0) return false;
  path[size] = '\0';
  if (!is_below(path)) return false;
  errno = EROFS;
  return true;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (mode_t)va_arg(more, int);
  va_end(more);
  if ((flags & (O_WRONLY | O_RDWR)) != 0 && refuses_path(path)) return -1;
  return REAL(open)(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (mode_t)va_arg(more, int);
  va_end(more);
  if ((flags & (O_WRONLY | O_RDWR)) != 0 && refuses_path(path)) return -1;
  return REAL(open64)(path, flags, mode);
}
ssize_t pwrite(int fd, const void* from, size_t bytes, off_t at) {
  return refuses_fd(fd) ? -1 : REAL(pwrite)(fd, from, bytes, at);
}
ssize_t pwrite64(int fd, const void* from, size_t bytes, off64_t at) {
  return refuses_fd(fd) ? -1 : REAL(pwrite64)(fd, from, bytes, at);
}
int ftruncate(int fd, off_t size) { return refuses_fd(fd) ? -1 : REAL(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return refuses_fd(fd) ? -1 : REAL(ftruncate64)(fd, size); }
int rename(const char* from, const char* to) { return refuses_path(from) ? -1 : REAL(rename)(from, to); }
int unlink(const char* path) { return refuses_path(path) ? -1 : REAL(unlink)(path); }
