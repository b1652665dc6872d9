// Writes JSON text straight into a string, for what is written a million times; json_write.hpp is for everything else.
// Owner thread: any. For .cpp files of codec/ only. Never throws.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tg {

class JsonText {
 public:
  JsonText& open(char bracket) {
    value();
    out_ += bracket;
    first_ = true;
    return *this;
  }
  JsonText& close(char bracket) {
    out_ += bracket;
    first_ = false;
    return *this;
  }
  JsonText& key(std::string_view name) {
    text(name);
    out_ += ':';
    first_ = true;  // the value that follows needs no comma
    return *this;
  }
  /// A broken UTF-8 sequence becomes U+FFFD.
  JsonText& text(std::string_view value);
  JsonText& number(std::int64_t value);
  JsonText& flag(bool value) { return raw(value ? "true" : "false"); }
  /// `json` is a whole value.
  JsonText& raw(std::string_view json) {
    value();
    out_ += json;
    return *this;
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void value() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  std::string out_;
  bool first_ = true;  ///< nothing stands before the next value in this list or object
};

}  // namespace tg
