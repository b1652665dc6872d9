#include "core/till_numbers.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tg {
namespace {

using State = TillHole::State;
constexpr std::size_t kMostDigits = 9;
constexpr std::size_t kMostPrefix = 16;
constexpr std::size_t kRangesTold = 5;

struct Numbered {
  std::string prefix;
  std::int64_t number = 0;
};

/// `A-0118` is number 118 of the numbering `A-`; nothing for what a till does not count up.
std::optional<Numbered> numbered(const std::string& sequence) {
  const auto last_other = sequence.find_last_not_of("0123456789");
  const std::size_t from = last_other == std::string::npos ? 0 : last_other + 1;
  const auto first = std::min(sequence.find_first_not_of('0', from), sequence.size());
  if (from == sequence.size() || from > kMostPrefix || sequence.size() - first > kMostDigits) return std::nullopt;
  Numbered out{sequence.substr(0, from), 0};
  std::from_chars(sequence.data() + from, sequence.data() + sequence.size(), out.number);
  return out;
}

std::int64_t size_of(const TillHole& hole) { return hole.to - hole.from + 1; }

std::string range_text(const TillHole& hole) {
  const std::string from = std::to_string(hole.from);
  return hole.from == hole.to ? from : from + '-' + std::to_string(hole.to);
}

std::string detail_of(const TillNumbers& book, const std::vector<TillHole>& due) {
  std::int64_t missing = 0;
  std::string ranges;
  for (std::size_t i = 0; i < due.size(); ++i) {
    missing += size_of(due[i]);
    if (i < kRangesTold) ranges += (i == 0 ? "" : ", ") + book.prefix + range_text(due[i]);
  }
  if (due.size() > kRangesTold) ranges += " and " + std::to_string(due.size() - kRangesTold) + " more ranges";
  return std::to_string(missing) + (missing == 1 ? " number of " : " numbers of ") + book.business_day +
         (missing == 1 ? " is missing: " : " are missing: ") + ranges;
}

}  // namespace

void TillBook::restore(std::vector<TillNumbers> numbers, Stamp now) {
  for (auto& book : numbers) {
    for (auto& hole : book.holes) {
      if (hole.state != State::open) continue;
      hole.due = now.mono + kGapPatience;
      next_ = hole.due;
    }
    Name name{book.workstation, book.business_day, book.prefix};
    books_.insert_or_assign(std::move(name), std::move(book));
  }
}

std::optional<TillNumbers> TillBook::note(const TicketKey& key, Stamp now) {
  const auto parsed = numbered(key.sequence);
  if (!parsed) return std::nullopt;
  const std::int64_t n = parsed->number;
  const auto [it, fresh] = books_.try_emplace({key.workstation, key.business_day, parsed->prefix});
  TillNumbers& book = it->second;
  if (fresh) {
    book = {key.workstation, key.business_day, parsed->prefix, n, n, {}, {}};
  } else if (n > book.high) {
    const TillHole hole{book.high + 1, n - 1, n - book.high - 1 <= kMostAhead ? State::open : State::skipped, {}};
    book.high = n;
    open(book, book.holes.size(), hole, now.mono);
  } else if (n < book.low) {
    const TillHole hole{n + 1, book.low - 1, book.low - n - 1 <= kMostBehind ? State::open : State::skipped, {}};
    book.low = n;
    open(book, 0, hole, now.mono);
  } else if (!fill(book, n, now.mono)) {
    return std::nullopt;
  }
  book.touched = now.wall;
  TillNumbers written = book;
  if (fresh) make_room();
  return written;
}

void TillBook::open(TillNumbers& book, std::size_t at, TillHole hole, MonoTime now) {
  if (size_of(hole) <= 0) return;
  if (hole.state == State::open) {
    hole.due = now + kGapPatience;
    next_ = std::min(next_.value_or(hole.due), hole.due);
  }
  book.holes.insert(book.holes.begin() + static_cast<std::ptrdiff_t>(at), hole);
  if (book.holes.size() > kMostHoles) book.holes.erase(book.holes.begin());
}

/// Whether `number` was missing. Within numbers that were skipped a till that counts anew leaves holes below it.
bool TillBook::fill(TillNumbers& book, std::int64_t number, MonoTime now) {
  const auto it = std::find_if(book.holes.begin(), book.holes.end(),
                               [&](const TillHole& hole) { return hole.from <= number && number <= hole.to; });
  if (it == book.holes.end()) return false;
  const TillHole hole = *it;
  TillHole below = hole, above = hole;
  below.to = number - 1;
  above.from = number + 1;
  const auto at = static_cast<std::size_t>(it - book.holes.begin());
  book.holes.erase(it);
  if (size_of(above) > 0) book.holes.insert(book.holes.begin() + static_cast<std::ptrdiff_t>(at), above);
  if (hole.state == State::skipped && size_of(below) <= kMostBehind) {
    below.state = State::open;
    open(book, at, below, now);
  } else if (size_of(below) > 0) {
    book.holes.insert(book.holes.begin() + static_cast<std::ptrdiff_t>(at), below);
  }
  return true;
}

std::vector<TillBook::Gap> TillBook::advance(Stamp now) {
  std::vector<Gap> gaps;
  if (!next_ || *next_ > now.mono) return gaps;
  next_.reset();
  for (auto& [name, book] : books_) {
    std::vector<TillHole> due;
    for (auto& hole : book.holes) {
      if (hole.state != State::open) continue;
      if (hole.due <= now.mono) {
        hole.state = State::told;
        due.push_back(hole);
      } else {
        next_ = std::min(next_.value_or(hole.due), hole.due);
      }
    }
    if (!due.empty()) gaps.push_back({book, detail_of(book, due)});
  }
  return gaps;
}

void TillBook::make_room() {
  if (books_.size() <= kMostTillDays) return;
  books_.erase(std::min_element(books_.begin(), books_.end(),
                                [](const auto& a, const auto& b) { return a.second.touched < b.second.touched; }));
}

}  // namespace tg
