#include "cli/import_plan.hpp"

#include <algorithm>

namespace tg {
namespace {

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r\n") == std::string_view::npos; }

/// Some programs start a file with a byte order mark, which no JSON text may hold inside.
std::string_view without_mark(std::string_view line) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return line.starts_with(kMark) ? line.substr(kMark.size()) : line;
}

/// Lines with their ends, read in blocks; a line that is too long is passed over without being held.
class LineReader {
 public:
  explicit LineReader(std::istream& in) : in_(in) {}

  /// False at the end of the file. `line()` is valid until the next call.
  bool next() {
    line_.clear();
    too_long_ = false;
    bytes_ = 0;
    while (at_ < block_.size() || refill()) {
      const auto newline = block_.find('\n', at_);
      const std::size_t end = newline == std::string::npos ? block_.size() : newline + 1;
      take(std::string_view(block_).substr(at_, end - at_));
      at_ = end;
      if (newline != std::string::npos) return true;
    }
    return bytes_ > 0;  // a last line without its newline
  }
  [[nodiscard]] std::string_view line() const { return line_; }
  [[nodiscard]] bool too_long() const { return too_long_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  bool refill() {
    constexpr std::size_t kBlock = 256U << 10U;
    block_.resize(kBlock);
    in_.read(block_.data(), kBlock);
    block_.resize(static_cast<std::size_t>(in_.gcount()));
    at_ = 0;
    return !block_.empty();
  }
  void take(std::string_view piece) {
    bytes_ += piece.size();
    too_long_ = too_long_ || bytes_ > kMaxPartBytes;
    if (!too_long_) line_.append(piece);
  }

  std::istream& in_;
  std::string block_, line_;
  std::size_t at_ = 0;
  std::uint64_t bytes_ = 0;
  bool too_long_ = false;
};

/// Collects lines into parts; a part is closed when the next row would not fit.
class PartCutter {
 public:
  explicit PartCutter(ImportPlan& plan) : plan_(plan) {}

  void add_row(std::string_view line) {
    if (rows_ == kMaxPartRows) close();
    add_blank(line);
    ++rows_;
  }
  void add_blank(std::string_view line) {
    if (bytes_.size() + line.size() > kMaxPartBytes) close();
    bytes_.append(line);
  }
  void close() {
    if (!bytes_.empty()) plan_.parts.push_back({offset_, bytes_.size(), rows_, sha256(as_bytes(bytes_))});
    offset_ += bytes_.size();
    bytes_.clear();
    rows_ = 0;
  }

 private:
  ImportPlan& plan_;
  std::string bytes_;
  std::uint64_t offset_ = 0;
  std::size_t rows_ = 0;
};

void keep_error(ImportPlan& plan, std::string text) {
  if (++plan.error_count <= kMaxShownErrors) plan.errors.push_back(std::move(text));
}

std::string too_long(std::size_t number) {
  return "line " + std::to_string(number) + ": too long; a row of at most " + std::to_string(kMaxPartBytes) +
         " bytes is allowed";
}

}  // namespace

ImportPlan plan_import(std::istream& file, const ImportKind& kind) {
  ImportPlan plan;
  PartCutter cutter(plan);
  LineReader lines(file);
  for (std::size_t number = 1; lines.next(); ++number) {
    plan.file_bytes += lines.bytes();
    if (!lines.too_long() && is_blank(lines.line())) {
      cutter.add_blank(lines.line());
      continue;
    }
    const auto good = lines.too_long() ? fail(too_long(number)) : kind.check(without_mark(lines.line()), number);
    if (good) {
      ++plan.rows;
      cutter.add_row(lines.line());
    } else {
      keep_error(plan, good.error().message);
    }
  }
  cutter.close();
  if (plan.rows == 0) plan.parts.clear();
  return plan;
}

std::string joined_rows(std::string_view bytes) {
  std::string rows;
  rows.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
    if (!is_blank(line)) rows.append(rows.empty() ? "" : ",").append(without_mark(line));
  }
  return rows;
}

}  // namespace tg
