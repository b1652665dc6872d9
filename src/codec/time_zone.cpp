#include "codec/time_zone.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <iterator>

namespace tg {
namespace {

constexpr std::string_view kZones = "/usr/share/zoneinfo/";
constexpr std::size_t kMaxBytes = 1 << 18;
constexpr std::size_t kHeaderBytes = 44;
constexpr std::size_t kMaxSpans = 10'000;
constexpr std::int64_t kDay = 86'400;

/// Big-endian numbers from left to right; past the end everything is 0 and `ok` is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool ok = true;

  std::int64_t number(std::size_t width) {
    if (!has(width)) return 0;
    std::uint64_t value = (static_cast<unsigned char>(rest_.front()) & 0x80) != 0 && width < 8 ? ~std::uint64_t{0} : 0;
    for (const char c : rest_.substr(0, width)) value = value << 8 | static_cast<unsigned char>(c);
    rest_.remove_prefix(width);
    return static_cast<std::int64_t>(value);
  }
  void skip(std::size_t bytes) {
    if (has(bytes)) rest_.remove_prefix(bytes);
  }
  bool starts_with(std::string_view text) const { return rest_.starts_with(text); }

 private:
  bool has(std::size_t bytes) {
    ok = ok && bytes <= rest_.size();
    return ok;
  }
  std::string_view rest_;
};

/// The counts of RFC 8536 §3.1, in the order of the file.
struct Counts {
  std::size_t isut, isstd, leap, time, type, chars;
  [[nodiscard]] std::size_t data_bytes(std::size_t time_bytes) const {
    return time * (time_bytes + 1) + type * 6 + chars + leap * (time_bytes + 4) + isstd + isut;
  }
};

Counts read_header(Reader& in) {
  if (!in.starts_with("TZif")) in.ok = false;
  in.skip(20);
  const auto count = [&] { return static_cast<std::size_t>(std::clamp<std::int64_t>(in.number(4), 0, kMaxBytes)); };
  Counts c{};
  for (std::size_t* field : {&c.isut, &c.isstd, &c.leap, &c.time, &c.type, &c.chars}) *field = count();
  return c;
}

}  // namespace

Result<TimeZone> TimeZone::load(const std::string& name) {
  if (name.empty() || name.front() == '/' || name.find("..") != std::string::npos)
    return fail("an IANA name such as Europe/Paris is allowed");
  std::ifstream file(std::string(kZones) + name, std::ios::binary);
  std::string bytes;
  if (file) bytes.assign(std::istreambuf_iterator<char>(file), {});
  if (bytes.empty()) return fail("this machine does not know the time zone " + name);
  return parse(bytes);
}

Result<TimeZone> TimeZone::parse(std::string_view tzif) {
  const auto broken = [] { return fail("a time zone file of RFC 8536 with 64-bit times is allowed"); };
  if (tzif.size() > kMaxBytes || tzif.size() < 2 * kHeaderBytes || tzif[4] < '2') return broken();
  Reader in(tzif);
  in.skip(read_header(in).data_bytes(4));
  const Counts counts = read_header(in);
  if (!in.ok || counts.time > kMaxSpans || counts.type == 0 || counts.type > 256) return broken();
  std::vector<std::int64_t> times(counts.time);
  std::vector<std::size_t> kinds(counts.time);
  std::vector<std::int64_t> offsets(counts.type);
  for (auto& t : times) t = in.number(8);
  for (auto& k : kinds) k = static_cast<std::size_t>(in.number(1) & 0xFF);
  for (auto& o : offsets) {
    o = in.number(4);
    in.skip(2);
    if (o < -kDay || o > kDay) return broken();
  }
  TimeZone zone;
  zone.spans_.front().offset_s = offsets.front();
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (kinds[i] >= offsets.size() || times[i] < zone.spans_.back().from_s) return broken();
    zone.spans_.push_back({times[i], offsets[kinds[i]]});
  }
  if (!in.ok) return broken();
  return zone;
}

std::int64_t TimeZone::offset_at(std::int64_t unix_s) const {
  const auto after = std::ranges::upper_bound(spans_, unix_s, {}, &UtcOffset::from_s);
  return after == spans_.begin() ? spans_.front().offset_s : std::prev(after)->offset_s;
}

TimeZone::Instant TimeZone::utc_of(WallTime local) const {
  const std::int64_t face = unix_ms(local) / 1000;
  // Every offset that is in force within a day of here; the greater one is the earlier instant.
  const std::int64_t before = offset_at(face - kDay);
  const std::int64_t after = offset_at(face + kDay);
  const bool first = offset_at(face - before) == before;
  const bool second = offset_at(face - after) == after;
  const std::int64_t offset = first || !second ? before : after;
  return {local - std::chrono::duration_cast<Millis>(std::chrono::seconds{offset}), first && second && before != after};
}

}  // namespace tg
