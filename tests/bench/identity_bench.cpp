// CPU per item of the recognition path at a million members: keys in, tables, hits, misses, a whole sighting.
// Prints one row a figure; the process's own CPU time, so that a busy machine does not change it much.
#include <bit>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "core/core.hpp"

namespace {

using namespace tg;

constexpr WallTime kNow = wall_ms(1'700'000'000'000);

double cpu_s() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

template <class F>
void measure(const char* what, std::size_t items, F body) {
  const double begun = cpu_s();
  body();
  const double spent = cpu_s() - begun;
  std::printf("%-52s %10.3f s %10.0f ns an item\n", what, spent, spent * 1e9 / static_cast<double>(items));
}

Key128 key_of(std::uint32_t number) {
  Key128 key{};
  for (std::size_t i = 0; i < 4; ++i) key[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return key;
}
MemberId member_of(std::uint32_t number) { return MemberId{"m-" + std::to_string(number)}; }

/// 0 for what is no number.
std::uint32_t count_of(std::string_view text) {
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc{} && end == text.data() + text.size() ? count : 0;
}

Policy one_receiver() {
  Policy policy;
  policy.store = "bench";
  policy.gateway = "gw";
  policy.suggestion.holdout_salt = "bench";
  policy.zones = {{ZoneId{"floor"}, ZoneKind::floor, {}, {}}};
  policy.receivers = {{ReceiverId{"hci0"}, ZoneId{"floor"}, false, 0}};
  return policy;
}

/// Random foreign tokens that found a member: none may.
std::size_t strangers_taken(Identity& identity, std::uint32_t strangers) {
  std::size_t taken = 0;
  measure("random foreign tokens", strangers, [&] {
    std::uint64_t state = 0x9E3779B97F4A7C15;  // xorshift64: the same strangers in every run
    for (std::uint32_t i = 0; i < strangers; ++i) {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      taken += identity.find(std::bit_cast<Eid>(state), kNow).kind != MatchKind::foreign;
    }
  });
  return taken;
}

void measure_whole_core(const Eid& token) {
  Core core(one_receiver());
  Effects effects;
  Stamp now{MonoTime{Millis{0}}, kNow};
  event::KeysLoaded keys{{}, true, true};
  for (std::uint32_t i = 0; i < 200; ++i)
    keys.members.push_back({member_of(i), kNow, {}, {{key_of(i), WallTime::min(), WallTime::max()}}});
  core.step(keys, now, effects);
  while (core.work(now, 1'000, effects)) {
  }
  measure("advert of a present member through the whole core", 200'000, [&] {
    for (std::uint32_t i = 0; i < 200'000; ++i) {
      now = {MonoTime{Millis{i}}, kNow + Millis{i / 1000}};
      effects.clear();
      core.step(event::AdvertSeen{0, token, -60}, now, effects);
    }
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint32_t members = argc > 1 ? count_of(argv[1]) : 1'000'000;
  const std::uint32_t strangers = argc > 2 ? count_of(argv[2]) : 1'000'000;
  if (members == 0 || strangers == 0) {
    std::fprintf(stderr, "usage: bench-identity [MEMBERS [STRANGERS]]\n");
    return 2;
  }
  constexpr std::size_t kLookups = 1'000'000;
  Aes128 aes;
  Identity identity;
  measure("keys of the members into memory", members, [&] {
    for (std::uint32_t i = 0; i < members; ++i)
      identity.put(member_of(i), std::vector{MemberKey{key_of(i), WallTime::min(), WallTime::max()}});
  });
  measure("tables of three windows", std::size_t{members} * 3, [&] {
    while (identity.build(kNow, members)) {
    }
  });
  std::vector<Eid> hits, misses;
  for (std::uint32_t i = 0; i < kLookups; ++i) {
    hits.push_back(compute_eid(aes, key_of(i * 7919 % members), static_cast<std::uint32_t>(unix_s(kNow))));
    misses.push_back(compute_eid(aes, key_of(members + i), static_cast<std::uint32_t>(unix_s(kNow))));
  }
  std::size_t found = 0;
  measure("token of a member (confirmed by computing it)", kLookups, [&] {
    for (const auto& eid : hits) found += identity.find(eid, kNow).kind == MatchKind::member;
  });
  measure("token of a stranger", kLookups, [&] {
    for (const auto& eid : misses) found += identity.find(eid, kNow).kind == MatchKind::member;
  });
  const std::size_t taken = strangers_taken(identity, strangers);
  std::printf("%u random foreign tokens, taken for a member: %zu\n", strangers, taken);
  std::printf("%zu of %zu members found, strangers taken for one: %zu\n", found, kLookups,
              found > kLookups ? found - kLookups : 0);

  measure("one slice of 8,192 keys, as between two turns", 8'192,
          [&] { static_cast<void>(identity.build(kNow + kEidWindow, 8'192)); });

  measure_whole_core(hits[0]);
  return found == kLookups && taken == 0 ? 0 : 1;
}
