// LD_PRELOAD: the wall clock is off by the seconds that the file $CLOCK_OFF_BY holds; no file: it is right.
//
// The monotonic clock goes on, as it does when an administrator or NTP sets the time of a running machine.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long off_by(void) {
  char text[32] = "";
  const char* path = getenv("CLOCK_OFF_BY");
  const int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  return size > 0 ? strtol(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec* time) {
  int (*const real)(clockid_t, struct timespec*) =
      (int (*)(clockid_t, struct timespec*))dlsym(RTLD_NEXT, "clock_gettime");
  const int result = real(clock, time);
  if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += off_by();
  return result;
}
