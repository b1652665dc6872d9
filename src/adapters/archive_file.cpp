#include "adapters/archive_file.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

namespace tg {

namespace {

/// An empty file of our own, which nobody else may read.
Result<void> take_place(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (file < 0) return fail(path + ": " + std::strerror(errno));
  struct stat is {};
  const bool empty = ::fstat(file, &is) == 0 && S_ISREG(is.st_mode) && is.st_size == 0;
  const bool ours = empty && ::fchmod(file, 0600) == 0;
  ::close(file);
  return ours ? Result<void>{} : fail(path + ": exists already; the name of a new file is allowed");
}

}  // namespace

void ArchiveFile::Free::operator()(archive* a) const { ::archive_write_free(a); }

Result<ArchiveFile> ArchiveFile::create(const std::string& path) {
  std::unique_ptr<archive, Free> writer(::archive_write_new());
  if (::archive_write_set_format_filter_by_ext_def(writer.get(), path.c_str(), ".tar.gz") != ARCHIVE_OK)
    return fail(path + ": " + ::archive_error_string(writer.get()));
  if (auto place = take_place(path); !place) return Unexpected<Error>{place.error()};
  ArchiveFile out(std::move(writer), path);
  if (auto opened = out.outcome(::archive_write_open_filename(out.archive_.get(), path.c_str())); !opened)
    return Unexpected<Error>{opened.error()};
  return out;
}

Result<void> ArchiveFile::add(const std::string& name, std::string_view text) {
  const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(::archive_entry_new(), ::archive_entry_free);
  ::archive_entry_set_pathname(entry.get(), name.c_str());
  ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(text.size()));
  ::archive_entry_set_filetype(entry.get(), AE_IFREG);
  ::archive_entry_set_perm(entry.get(), 0600);
  ::archive_entry_set_mtime(entry.get(), std::time(nullptr), 0);
  if (auto header = outcome(::archive_write_header(archive_.get(), entry.get())); !header) return header;
  const la_ssize_t written = ::archive_write_data(archive_.get(), text.data(), text.size());
  return outcome(written < 0 ? static_cast<int>(written) : ARCHIVE_OK);
}

Result<void> ArchiveFile::close() { return outcome(::archive_write_close(archive_.get())); }

Result<void> ArchiveFile::outcome(int code) {
  if (code == ARCHIVE_OK) return {};
  const char* const why = ::archive_error_string(archive_.get());
  return fail(path_ + ": " + (why == nullptr ? "cannot be written" : why));
}

}  // namespace tg
