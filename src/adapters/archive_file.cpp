#include "adapters/archive_file.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

namespace tg {

void ArchiveFile::Free::operator()(archive* a) const { ::archive_write_free(a); }

Result<ArchiveFile> ArchiveFile::create(const std::string& path) {
  std::unique_ptr<archive, Free> writer(::archive_write_new());
  if (::archive_write_set_format_filter_by_ext(writer.get(), path.c_str()) != ARCHIVE_OK)
    return fail(path + ": a name that ends in .tar.gz, .tgz, .tar.xz or .zip is allowed");
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return fail(path + ": " + std::strerror(errno));
  ::close(file);
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
