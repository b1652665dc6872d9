// One value rule of a dialect applied at one place: text, amount, quantity. Owner thread: any.
// For dialect_*.cpp only. Never throws; the first complaint of a transaction is kept, without a value of the document.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/dialect.hpp"
#include "codec/pos_path.hpp"

namespace tg {

inline constexpr std::int64_t kMaxPosAmount = 100'000'000'000'000;  ///< as parse_scaled: 10,000 lines add up in 64 bits
inline constexpr int kMilliDigits = 3;

struct FoundText {
  std::string text;               ///< empty: nothing was found and nothing stands in for it
  const PosNode* node = nullptr;  ///< none for a stand-in
};
struct FoundNumber {
  std::int64_t value = 0;
  const PosNode* node = nullptr;
  bool given = false;
  std::size_t places = 0;  ///< that were added up
};

class ValueReader {
 public:
  ValueReader(const PosScope& scope, AmountStyle style, int money_digits)
      : scope_(scope), style_(style), digits_(money_digits) {}

  [[nodiscard]] const PosScope& scope() const { return scope_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  void complain(const PosNode& at, std::string_view allowed);
  void complain(const PosNode& at, const ValueRule& rule, std::string_view allowed);
  void money_digits(int digits) { digits_ = digits; }

  /// After map, trim_zeros and plain_id; at most 64 bytes, else a complaint.
  [[nodiscard]] FoundText text(const PosNode& at, const ValueRule& rule);
  /// `text`, card numbers redacted.
  [[nodiscard]] FoundText kept(const PosNode& at, const ValueRule& rule);
  /// In minor units.
  [[nodiscard]] FoundNumber money(const PosNode& at, const ValueRule& rule) { return number(at, rule, true); }
  /// In thousandths.
  [[nodiscard]] FoundNumber quantity(const PosNode& at, const ValueRule& rule) { return number(at, rule, false); }
  [[nodiscard]] std::int64_t with_sign(const PosNode& at, const std::vector<Ruled<Sign>>& rules, std::int64_t v) const;

 private:
  [[nodiscard]] FoundText first(const PosNode& at, const ValueRule& rule) const;
  [[nodiscard]] FoundNumber number(const PosNode& at, const ValueRule& rule, bool money);
  [[nodiscard]] std::int64_t parsed(const PosNode& at, std::string_view text, bool money);
  [[nodiscard]] FoundNumber base(const PosNode& at, const ValueRule& rule, bool money);
  [[nodiscard]] std::int64_t total(const PosNode& at, const PosPath& path, bool money);
  [[nodiscard]] std::int64_t multiplied(const PosNode& at, const PosPath& quantity, std::int64_t value);
  std::int64_t limited(const PosNode& at, std::int64_t value);

  const PosScope& scope_;
  AmountStyle style_;
  int digits_;
  std::string problem_;
};

}  // namespace tg
