// Plain aligned text for a terminal or a pipe: tables, durations, counts.
// Owner thread: any. Never lets a control character of a message through to the terminal, never colours.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tg {

/// `text` with control characters and broken UTF-8 shown as `?`: what a till or broker sent must not steer a terminal.
[[nodiscard]] std::string printable(std::string_view text);
/// "5 s", "12 min", "3 h 5 min", "4 d 2 h"; negative counts as 0.
[[nodiscard]] std::string duration_text(std::int64_t seconds);
/// "1,000,000".
[[nodiscard]] std::string count_text(std::int64_t n);
/// "1 visit", "2 visits".
[[nodiscard]] std::string count_of(std::int64_t n, std::string_view noun);
/// "249.00 EUR".
[[nodiscard]] std::string money_text(std::int64_t minor_units, std::string_view currency);

/// `text` broken at spaces into lines of at most `columns`, each after `indent` spaces and with its newline.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns = 96);

/// Rows of cells, each column as wide as its widest cell, two spaces between; cells are made printable.
class Table {
 public:
  Table() = default;
  explicit Table(std::vector<std::string> heading) { add(std::move(heading)); }
  void add(std::vector<std::string> cells);
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tg
