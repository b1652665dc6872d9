// A compressed archive of small texts, written once. Owner thread: any, one object on one thread. Never writes over
// what a file holds; only its owner may read it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

struct archive;

namespace tg {

class ArchiveFile {
 public:
  /// The ending decides the format: .tar.gz, .tar.xz, .zip; any other is .tar.gz as well. A file that is there must be
  /// empty.
  [[nodiscard]] static Result<ArchiveFile> create(const std::string& path);

  /// `name` may hold folders: `touchpoint/status.json`.
  [[nodiscard]] Result<void> add(const std::string& name, std::string_view text);
  /// Until then it is not whole.
  [[nodiscard]] Result<void> close();

 private:
  struct Free {
    void operator()(archive* a) const;
  };
  ArchiveFile(std::unique_ptr<archive, Free> archive, std::string path)
      : archive_(std::move(archive)), path_(std::move(path)) {}
  [[nodiscard]] Result<void> outcome(int code);

  std::unique_ptr<archive, Free> archive_;
  std::string path_;
};

}  // namespace tg
