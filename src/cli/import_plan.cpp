#include "cli/import_plan.hpp"

#include <algorithm>

namespace tg {
namespace {

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

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

  void add_row(std::string_view line, std::size_t canonical_bytes) {
    const std::size_t sent = canonical_bytes + 1;  // and its comma
    if (rows_ == kMaxPartRows || bytes_.size() + line.size() > kMaxPartBytes || sent_ + sent > kMaxPartBytes) close();
    bytes_.append(line);
    sent_ += sent;
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
    sent_ = rows_ = 0;
  }

 private:
  ImportPlan& plan_;
  std::string bytes_;
  std::uint64_t offset_ = 0;
  std::size_t sent_ = 0, rows_ = 0;
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
    if (!lines.too_long() && is_blank(lines.line().substr(0, lines.line().find('\n')))) {
      cutter.add_blank(lines.line());
      continue;
    }
    const auto row = lines.too_long() ? fail(too_long(number)) : kind.canonical(lines.line(), number);
    if (row && row->size() < kMaxPartBytes) {
      ++plan.rows;
      cutter.add_row(lines.line(), row->size());
    } else {
      keep_error(plan, row ? too_long(number) : row.error().message);
    }
  }
  cutter.close();
  if (plan.rows == 0) plan.parts.clear();
  return plan;
}

Result<std::string> canonical_rows(std::string_view bytes, const ImportKind& kind) {
  std::string rows;
  while (!bytes.empty()) {
    const std::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
    if (is_blank(line)) continue;
    const auto row = kind.canonical(line, 0);
    if (!row) return fail(row.error().message);
    rows.append(rows.empty() ? "" : ",").append(*row);
  }
  return rows;
}

}  // namespace tg
