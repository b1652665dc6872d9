// Random journals: the same one gives the same bytes, a shortened one a prefix, and no number is missing (contract §8).
#include <gtest/gtest.h>

#include <sstream>

#include "cli/replay.hpp"
#include "codec/journal.hpp"
#include "support/core/dice.hpp"

namespace tg {
namespace {

using test::Dice;
using test::for_all;

const Config& config() {
  static const auto loaded = load_config(std::string(TOUCHPOINT_SOURCE_DIR) + "/tests/replay/gateway.json");
  return *loaded;
}

struct Line {
  WallTime at;
  Event event;
};
using Journal = std::vector<Line>;

struct Replayed {
  std::string output;
  Sha256 digest;
  Sequence last = 0;
};
Replayed run(const Journal& journal, std::size_t lines) {
  std::ostringstream out;
  Replay replay(config(), out);
  for (std::size_t i = 0; i < lines; ++i) {
    if (std::holds_alternative<event::DeadlineReached>(journal[i].event)) {
      replay.pass(journal[i].at);
    } else {
      replay.feed(journal[i].event, journal[i].at);
    }
  }
  return {out.str(), replay.core().digest(), replay.core().outbox().last()};
}

/// Writes a journal line by line while it replays it, so that taps can name visits that are open then.
class Author {
 public:
  explicit Author(Dice& dice) : dice_(dice) {}
  Journal write(int lines) {
    add(catalogue());
    add(snapshot());
    for (int i = 0; i < lines; ++i) {
      ms_ += dice_.one_in(15) ? dice_.between(10'000, 500'000) : dice_.between(0, 4'000);
      add(anything());
    }
    ms_ += 3'600'000;
    add(R"("tick":{})");
    return std::move(journal_);
  }

 private:
  void add(const std::string& body) {
    const std::string line = "{\"at\":" + std::to_string(ms_) + ',' + body + '}';
    const auto decoded = decode_journal_line(line, replay_.core().policy());
    ASSERT_TRUE(decoded) << decoded.error().message << '\n' << line;
    journal_.push_back({decoded->at, *decoded->event});
    replay_.feed(*decoded->event, decoded->at);
  }
  std::string number(std::uint32_t below) { return std::to_string(dice_.below(below)); }
  std::string who() { return "m-" + number(4); }
  std::string instant(std::uint32_t below_s) {
    const std::uint32_t s = dice_.below(below_s);
    const auto two = [](std::uint32_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    return "2025-11-21T08:" + two(s / 60) + ':' + two(s % 60) + 'Z';
  }

  std::string command(const std::string& name, const std::string& payload) {
    return R"("command":{"name":")" + name + R"(","payload":{"command_id":"c)" + std::to_string(++commands_) + "\"," +
           payload + "}}";
  }
  std::string catalogue() {
    std::string items;
    for (int i = 0; i < 5; ++i) {
      const std::string style = "STYLE-" + std::to_string(i);
      items += (i == 0 ? "" : ",") + std::string(R"({"variant":")") + style + R"(-V","style":")" + style +
               R"(","name":"Name","category":"c)" + std::to_string(i % 3) +
               R"(","size":null,"color":"Red","price_minor":1000,"currency":"EUR","stock":)" + number(4) + "}";
    }
    return command("catalog.snapshot", R"("snapshot":"K","revision":1,"part":1,"parts":1,"items":[)" + items + "]");
  }
  std::string snapshot() {
    std::string profiles;
    for (int i = 0; i < 4; ++i) {
      if (dice_.one_in(5)) continue;
      std::string consent;
      for (const char* purpose : {"recognition", "suggestion", "attribution", "associate_display"}) {
        if (dice_.one_in(6)) continue;
        consent += (consent.empty() ? "\"" : ",\"") + std::string(purpose) + R"(":{"status":"granted","at":")" +
                   instant(3000) + R"("})";
      }
      profiles += (profiles.empty() ? "" : ",") + std::string(R"({"member":"m-)") + std::to_string(i) +
                  R"(","keys":[{"eid_key":"0011223344556677889900000000000)" + std::to_string(i) +
                  R"("}],"loyalty":["299000)" + std::to_string(i) + R"("],"first_name":"N","consent":{)" + consent +
                  R"(},"intents":[{"style":"STYLE-)" + number(5) + R"(","kind":"viewed","count":2},{"style":"STYLE-)" +
                  number(5) + R"(","kind":"cart","count":1}]})";
    }
    const std::string revision = std::to_string(++revision_);
    return command("profiles.snapshot", R"("snapshot":"S)" + revision + R"(","revision":)" + revision +
                                            R"(,"part":1,"parts":1,"profiles":[)" + profiles + "]");
  }
  std::string ticket() {
    const std::string total = number(2) == "0" ? "10.00" : "20.00";
    const bool is_void = dice_.one_in(6);
    return R"("ticket":{"workstation":"POS1","business_day":"2025-11-21","sequence":")" + number(12) +
           R"(","revision":)" + number(3) + R"(,"type":")" + (is_void ? "void" : "sale") + R"(","ended_at":")" +
           instant(3000) + R"(","currency":"EUR","total":")" + total + R"(","loyalty":{"id":"299000)" + number(5) +
           R"(","entry":"scanned"},"lines":[{"n":1,"sku":"STYLE-)" + number(5) +
           R"(-V","qty":"1","unit_price":"10.00","net":"10.00","kind":"sale"}],"tenders":[{"kind":"cash","amount":")" +
           total + R"("}],"links":{"voids":)" +
           (is_void ? R"({"workstation":"POS1","business_day":"2025-11-21","sequence":")" + number(12) + "\"}"
                    : "null") +
           R"(,"returns":null,"resumes":null}})";
  }
  std::string tap() {
    static constexpr const char* kActions[] = {
        "claim", "release", "seen", "refused", "sold", "other_size", "do_not_disturb", "not_this_customer", "undo"};
    taps_ += dice_.below(2);  // now and then the same id again
    const auto shown = replay_.core().suggestions().shown();
    if (shown.empty()) return R"("tick":{})";
    const Card& card = *shown[dice_.below(static_cast<std::uint32_t>(shown.size()))];
    const std::string suggestion = card.suggestions.empty() ? "null" : '"' + dice_.of(card.suggestions).id.value + '"';
    return R"("action":{"device":"t1","payload":{"v":1,"id":"a-)" + std::to_string(taps_) + R"(","visit":")" +
           card.visit.value + R"(","suggestion":)" + suggestion + R"(,"action":")" + dice_.of(kActions) +
           R"(","undoes":"a-)" + std::to_string(taps_ - 1) + R"(","associate":"A)" + number(2) +
           R"(","at":"2025-11-21T08:21:00Z"}})";
  }
  std::string anything() {
    static constexpr const char* kReceivers[] = {"hci0", "rx-floor", "rx-fitting", "rx-fitting", "rx-street"};
    switch (dice_.below(20)) {
      case 0:
        if (dice_.one_in(2)) return R"("tick":{})";
        return R"("receiver":{"id":")" + std::string(dice_.of(kReceivers)) + R"(","hears":)" +
               (dice_.one_in(2) ? "true}" : "false}");
      case 1:
        return ticket();
      case 2:
        return ticket();
      case 3:
        return tap();
      case 4:
        return tap();
      case 5:
        return R"("checkin":{"member":")" + who() + R"(","receiver":"hci0")" +
               (dice_.one_in(8) ? R"(,"forget":true})" : "}");
      case 6:
        if (dice_.one_in(3)) return snapshot();
        return command("consent", R"("member":")" + who() + R"(","purpose":")" +
                                      (dice_.one_in(2) ? "recognition" : "suggestion") + R"(","status":")" +
                                      (dice_.one_in(2) ? "granted" : "revoked") + R"(","at":")" + instant(3000) +
                                      R"(","version":"1")");
      case 7:
        if (dice_.one_in(6)) return command("erase", R"("request_id":"r","member":")" + who() + "\"");
        return R"("advert":{"receiver":"hci0","eid":"0000000000000000","rssi":-40})";
      default:
        return R"("sighting":{"receiver":")" + std::string(dice_.of(kReceivers)) + R"(","member":")" + who() +
               R"(","rssi":-)" + std::to_string(dice_.between(45, 85)) + "}";
    }
  }

  Dice& dice_;
  std::ostringstream unread_;
  Replay replay_{config(), unread_};
  Journal journal_;
  std::uint64_t ms_ = 1'763'713'200'000;
  int commands_ = 0, revision_ = 0;
  std::uint32_t taps_ = 1;
};

/// The sequences in the order of the output.
std::vector<Sequence> sequences(const std::string& output) {
  static constexpr std::string_view kKey = "\"sequence\":\"000";
  std::vector<Sequence> out;
  std::istringstream in(output);
  for (std::string line; std::getline(in, line);) {
    const auto topic = line.find("/event/");
    const auto at = line.find(kKey);
    if (topic == std::string::npos || at == std::string::npos || topic > at) continue;
    out.push_back(std::stoull(line.substr(at + kKey.size() - 3, 20)));
  }
  return out;
}

TEST(RandomJournals, SameBytesPrefixesAndNoGap) {
  std::size_t events = 0;
  for_all(30, [&](Dice& dice) {
    const Journal journal = Author(dice).write(150);
    if (testing::Test::HasFailure()) return;
    const auto whole = run(journal, journal.size());
    const auto again = run(journal, journal.size());
    EXPECT_EQ(whole.output, again.output);
    EXPECT_EQ(whole.digest, again.digest);
    for (int cut = 0; cut < 3; ++cut) {
      const std::size_t lines = dice.below(static_cast<std::uint32_t>(journal.size()));
      EXPECT_TRUE(whole.output.starts_with(run(journal, lines).output)) << "cut after line " << lines;
    }
    const auto numbers = sequences(whole.output);
    ASSERT_EQ(numbers.size(), whole.last);
    for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], i + 1);
    events += numbers.size();
  });
  if (std::getenv("TOUCHPOINT_SEED") != nullptr || HasFailure()) return;
  EXPECT_GT(events, 1000U) << "journals in which nothing happens";
}

}  // namespace
}  // namespace tg
