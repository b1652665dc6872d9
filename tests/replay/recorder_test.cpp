// A recording replays to the day it was taken from: the same visits, cards, tickets and outcomes under other names.
#include "runtime/recorder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "adapters/journal_file.hpp"
#include "cli/memory_store.hpp"
#include "cli/replay.hpp"
#include "codec/journal.hpp"
#include "codec/messages.hpp"
#include "codec/ticket_json.hpp"
#include "support/core/shop.hpp"

namespace tg::test {
namespace {

using Json = nlohmann::ordered_json;

Config shop_config() {
  Config c;
  const Policy p = shop_policy();
  c.store = p.store;
  c.gateway = p.gateway;
  c.zones = p.zones;
  for (const auto& r : p.receivers) {
    ReceiverConfig receiver;
    receiver.id = r.id.value;
    receiver.zone = r.zone.value;
    receiver.remote = r.remote;
    c.receivers.push_back(receiver);
  }
  c.suggestion.holdout_salt = p.store;
  c.suggestion.holdout_percent = 50;  // half of the members: aliases in the wrong arm would show
  c.journal_enabled = true;
  return c;
}

/// The daemon without its doors: adverts carry real tokens, and the recorder's questions are answered late.
class Shop {
 public:
  explicit Shop(const Config& config)
      : prefixes_{config.central_prefix(), config.local_prefix()},
        core_(config.policy()),
        store_(config.store, core_.policy().source(), prefixes_.central),
        recorder_(
            core_, [this](const Effect& question) { (void)store_.carry_out(question, late_); },
            [this](std::string_view line) {
              journal.emplace_back(line);
              return true;
            }) {
    event::Restored restored;
    restored.jitter_seed = 7;
    send(restored);
    send(event::LinkUp{Link::central});
    send(event::LinkUp{Link::local});
  }

  std::vector<std::string> sent, journal;

  void pass(Millis span) {
    const Millis end = now_ + span;
    for (;;) {
      const auto due = core_.next_deadline();
      if (!due || *due > at(end).mono) break;
      now_ = std::max(now_, *due - at(0ms).mono);
      send(event::DeadlineReached{});
    }
    now_ = end;
    recorder_.tick(at(now_).wall);
  }
  void send(const Event& event) {
    inbox_.push_back(event);
    drain();
  }
  void answer_recorder() {
    for (const auto& answer : std::exchange(late_, {})) send(answer);
  }
  void finish() {
    answer_recorder();
    recorder_.finish(at(now_).wall);
  }

  void hear(const Profile& who, std::uint16_t receiver) {
    Aes128 aes;
    const auto unix = static_cast<std::uint32_t>(unix_s(at(now_).wall));
    send(event::AdvertSeen{receiver, compute_eid(aes, who.keys.at(0).eid_key, unix), -60});
  }
  void check_in(const Profile& who, std::uint16_t receiver, CheckinKind kind) {
    constexpr Challenge kChallenge{1, 2, 3};
    Aes128 aes;
    const Key128& key = who.keys.at(0).eid_key;
    CheckinToken token{kind, compute_eid(aes, key, static_cast<std::uint32_t>(unix_s(wall()))), {}};
    const Sha256 hmac = hmac_sha256(key, checkin_message(kChallenge, token));
    std::copy_n(hmac.begin(), token.mac.size(), token.mac.begin());
    send(event::CheckinOffered{1, receiver, token, {kChallenge}});
  }
  void walk(const Profile& who, std::uint16_t receiver) {
    for (int i = 0; i < 12; ++i) {
      pass(1s);
      hear(who, receiver);
    }
  }
  void command(const std::string& id, const std::string& name, decltype(Command::body) body) {
    send(event::CommandArrived{{CommandId{id}, name, std::move(body)}});
  }
  void consent(const std::string& id, const Profile& who, Purpose purpose, ConsentStatus status) {
    command(id, "consent", ConsentChange{who.member, purpose, {status, at(now_).wall, std::nullopt, "2026-03"}});
  }
  void till(const Ticket& ticket) { send(event::TicketArrived{0, 0, ticket}); }
  void tap(const Profile& who, ActionKind kind, const std::string& id, bool on_first = false) {
    const VisitId visit = core_.presence().visit_of(who.member)->id;
    CardAction action{"t1", id, visit, {}, kind, {}, {}, "A12", at(now_).wall};
    const VisitCards* cards = core_.suggestions().cards(visit);
    ASSERT_TRUE(cards != nullptr && cards->card);
    if (on_first) action.suggestion = cards->card->suggestions.at(0).id;
    send(event::ActionArrived{action});
  }
  [[nodiscard]] WallTime wall() const { return at(now_).wall; }
  [[nodiscard]] const Core& core() const { return core_; }

 private:
  void drain() {
    while (!inbox_.empty()) {
      const Event event = std::move(inbox_.front());
      inbox_.pop_front();
      Effects effects;
      while (core_.work(at(now_), 1'000'000, effects)) {
      }
      if (!recorder_.see(event, at(now_))) core_.step(event, at(now_), effects);
      for (const auto& effect : effects) carry_out(effect);
    }
  }
  void carry_out(const Effect& effect) {
    if (const auto* sighted = std::get_if<effect::Sighted>(&effect)) return recorder_.sighted(*sighted);
    if (const auto* checkin = std::get_if<effect::CheckedIn>(&effect)) return recorder_.checked_in(*checkin);
    if (store_.carry_out(effect, inbox_)) return;
    const auto message = outgoing(effect, prefixes_);
    if (!message) return;
    sent.push_back(encode_replay_line(at(now_).wall, message->topic, message->payload));
    if (message->token != 0) inbox_.emplace_back(event::Delivered{message->token, 0});
  }

  const Prefixes prefixes_;
  Core core_;
  MemoryStore store_;
  Recorder recorder_;
  std::deque<Event> inbox_, late_;
  Millis now_{0};
};

/// Numbers what is called otherwise in each run by the order of its appearance, and blanks what a recording leaves out.
class Plain {
 public:
  std::vector<std::string> operator()(const std::vector<std::string>& lines) {
    std::vector<std::string> out;
    for (const auto& line : lines) {
      if (line.find("/ack/") != std::string::npos) continue;
      Json json = Json::parse(line);
      blank(json);
      out.push_back(number_ids(json.dump()));
    }
    return out;
  }

 private:
  void blank(Json& json) {
    static const std::set<std::string> kPersons = {"member", "claimed_by"};
    static const std::set<std::string> kLost = {"first_name", "cache_age_s", "request_id"};
    for (auto& [key, value] : json.items()) {
      if (kPersons.contains(key) && value.is_string()) value = number(value.get<std::string>());
      if (kLost.contains(key)) value = nullptr;
      const bool command = value.is_string() && value.get<std::string>().starts_with("command/");
      if (command) value = "command", json["partitionkey"] = nullptr;
      if (value.is_structured()) blank(value);
    }
  }
  std::string number_ids(const std::string& text) {
    static const std::regex kUuid("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    std::string out;
    std::sregex_iterator it(text.begin(), text.end(), kUuid);
    std::size_t from = 0;
    for (; it != std::sregex_iterator{}; ++it) {
      out += text.substr(from, static_cast<std::size_t>(it->position()) - from) + number(it->str());
      from = static_cast<std::size_t>(it->position() + it->length());
    }
    return out + text.substr(from);
  }
  std::string number(const std::string& name) {
    return '#' + std::to_string(numbers_.try_emplace(name, numbers_.size()).first->second);
  }
  std::map<std::string, std::size_t> numbers_;
};

std::vector<std::string> replayed(const Config& config, const std::vector<std::string>& journal) {
  std::ostringstream out;
  Replay replay(config, out);
  WallTime last{};
  for (const auto& line : journal) {
    const auto input = decode_journal_line(line, replay.core().policy());
    if (!input) {
      ADD_FAILURE() << input.error().message << ": " << line;
      continue;
    }
    EXPECT_GE(input->at, last) << line;
    last = input->at;
    const bool tick = std::holds_alternative<event::DeadlineReached>(*input->event);
    tick ? replay.pass(input->at) : replay.feed(*input->event, input->at);
  }
  std::vector<std::string> lines;
  std::istringstream in(out.str());
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += line + '\n';
  return out;
}

DataRows rows_of(std::initializer_list<Profile> profiles) {
  DataRows rows;
  for (const auto& profile : profiles) rows.profiles.push_back(profile_row(profile));
  return rows;
}

SnapshotPart snapshot(DataSet set, DataRows rows) {
  return {set, "S", 1, 1, 1, std::make_shared<DataRows>(std::move(rows))};
}
Delta delta(DataSet set, std::int64_t from, DataRows upserts, std::vector<std::string> removes = {}) {
  return {set, from, from + 1, std::make_shared<DataRows>(std::move(upserts)), std::move(removes)};
}

const Profile kCamille = camille();
const Profile kNoor = member("m-noor", 11);
const Profile kAlex = member("m-alex", 12);
const Profile kSam = member("m-sam", 13);

void send_data(Shop& shop) {
  shop.command("c-1", "profiles.snapshot", snapshot(DataSet::profiles, rows_of({kCamille, kNoor, kAlex, kSam})));
  shop.command("c-2", "catalog.snapshot", snapshot(DataSet::catalog, {{}, shelf(), {}}));
  shop.command("c-3", "complements.snapshot", snapshot(DataSet::complements, {{}, {}, rules()}));
}

Ticket ticket_of(const std::string& number, const std::string& sequence, WallTime ended_at) {
  Ticket ticket = coat_ticket(ended_at, sequence);
  ticket.loyalty->id = number;
  ticket.content = ticket_content(ticket);
  return ticket;
}

/// A member of the arm that sees cards: arms depend on the salt only.
Profile shown_member(const Shop& shop) {
  for (const auto& who : {kCamille, kNoor, kAlex, kSam}) {
    if (!shop.core().in_holdout(who.member)) return who;
  }
  return kCamille;
}

void spend_a_day(Shop& shop) {
  send_data(shop);
  const Profile buyer = shown_member(shop);
  for (int i = 0; i < 2; ++i) {
    for (const auto& who : {kCamille, kNoor, kAlex, kSam}) shop.hear(who, kEntrance);
    shop.pass(200ms);
  }
  shop.answer_recorder();  // all four came in before the recorder had looked anybody up
  DataRows sold_out{{}, {coat("NAVY", "42", 1)}, {}};
  shop.command("c-4", "catalog.delta", delta(DataSet::catalog, 1, std::move(sold_out), {"GATE-COAT-CAMEL-42"}));
  for (const auto& who : {kCamille, kNoor, kAlex, kSam}) shop.walk(who, kFitting);
  shop.answer_recorder();
  shop.tap(buyer, ActionKind::claim, "tap-1");
  shop.tap(buyer, ActionKind::tried, "tap-2", true);
  shop.pass(5s);
  const Ticket bought = ticket_of(buyer.loyalty[0], "118", shop.wall());
  shop.till(bought);
  shop.till(bought);  // sent again
  const Ticket stranger = ticket_of("2990009999999", "119", shop.wall());
  shop.till(stranger);
  shop.till(stranger);
  Ticket cancelled = void_of(stranger, "120", shop.wall());
  cancelled.content = ticket_content(cancelled);
  shop.till(cancelled);
  shop.answer_recorder();
  shop.command("c-5", "profiles.delta", delta(DataSet::profiles, 1, {}, {kAlex.member.value}));
  shop.consent("c-6", kSam, Purpose::recognition, ConsentStatus::revoked);
  shop.command("c-7", "erase", EraseRequest{"r-1", kNoor.member});
  shop.answer_recorder();
  shop.hear(kSam, kFitting);
  shop.pass(20min);
  shop.finish();
}

TEST(Recorder, ARecordingReplaysToTheSameDay) {
  const Config config = shop_config();
  Shop shop(config);
  spend_a_day(shop);
  const auto lived = Plain{}(shop.sent);
  for (const char* part :
       {"visit.started", "tablet/card", "\"claimed\"", "\"tried\"", "attribution.created", "\"sold\"", "ticket.voided",
        "\"holdout\"", "consent.applied", "erase.completed", "\"removed\""}) {
    EXPECT_NE(joined(lived).find(part), std::string::npos) << "the day lacks " << part;
  }
  const auto again = Plain{}(replayed(config, shop.journal));
  for (std::size_t i = 0; i < std::min(again.size(), lived.size()); ++i) ASSERT_EQ(again[i], lived[i]) << "line " << i;
  EXPECT_EQ(again.size(), lived.size());
}

TEST(Recorder, ARecordingTellsNobody) {
  Shop shop(shop_config());
  spend_a_day(shop);
  const std::string journal = joined(shop.journal);
  for (const auto& who : {kCamille, kNoor, kAlex, kSam}) {
    EXPECT_EQ(journal.find(who.member.value), std::string::npos);
    EXPECT_EQ(journal.find(*who.first_name), std::string::npos);
    EXPECT_EQ(journal.find(who.loyalty[0]), std::string::npos);
    EXPECT_EQ(journal.find(hex(who.keys[0].eid_key)), std::string::npos);
  }
  for (const char* secret : {"2990009999999", "A12", "eid", "\"c-6\"", "\"r-1\""}) {
    EXPECT_EQ(journal.find(secret), std::string::npos) << secret;
  }
}

TEST(Recorder, AfterAWithdrawalTheMemberIsSomebodyElse) {
  const auto last_alias = [](const Shop& shop) {
    for (auto line = shop.journal.rbegin(); line != shop.journal.rend(); ++line) {
      const Json json = Json::parse(*line);
      if (json.contains("sighting")) return json["sighting"]["member"].get<std::string>();
    }
    return std::string("nobody");
  };
  Shop shop(shop_config());
  send_data(shop);
  shop.hear(kCamille, kEntrance);
  shop.answer_recorder();
  const std::string before = last_alias(shop);
  EXPECT_NE(before, "nobody");
  shop.consent("c-8", kCamille, Purpose::recognition, ConsentStatus::revoked);
  shop.pass(1s);
  shop.consent("c-9", kCamille, Purpose::recognition, ConsentStatus::granted);
  Profile again = kCamille;
  grant(again, Purpose::recognition, shop.wall());
  shop.command("c-10", "profiles.delta", delta(DataSet::profiles, 1, rows_of({again})));
  shop.hear(kCamille, kEntrance);
  shop.answer_recorder();
  EXPECT_NE(last_alias(shop), before);
  EXPECT_NE(last_alias(shop), "nobody");
}

TEST(Recorder, ACheckinAndAWithdrawalOverGattReplayAlike) {
  const Config config = shop_config();
  Shop shop(config);
  send_data(shop);
  const Profile guest = shown_member(shop);
  shop.check_in(guest, kFitting, CheckinKind::arrive);
  shop.answer_recorder();
  shop.pass(90s);
  shop.check_in(kAlex, kEntrance, CheckinKind::arrive);
  shop.check_in(guest, kEntrance, CheckinKind::forget);
  shop.check_in(guest, kEntrance, CheckinKind::forget);  // heard again, without effect
  shop.answer_recorder();
  shop.pass(20min);
  shop.finish();
  const auto lived = Plain{}(shop.sent);
  for (const char* part : {"\"method\":\"checkin\"", "\"source\":\"device\"", "\"end_reason\":\"consent\""}) {
    EXPECT_NE(joined(lived).find(part), std::string::npos) << part;
  }
  EXPECT_EQ(Plain{}(replayed(config, shop.journal)), lived);
  for (const auto& secret : {guest.member.value, kAlex.member.value, std::string("eid"), std::string("challenge")}) {
    EXPECT_EQ(joined(shop.journal).find(secret), std::string::npos) << secret;
  }
}

TEST(Recorder, ADeadReceiverHoldsTheSameVisitsAgain) {
  const Config config = shop_config();
  Shop shop(config);
  send_data(shop);
  shop.walk(kCamille, kFitting);
  shop.walk(kAlex, kFloor);
  shop.answer_recorder();
  shop.send(event::ReceiverChanged{kFitting, false});
  shop.pass(10min);
  EXPECT_NE(shop.core().presence().visit_of(kCamille.member), nullptr) << "held";
  EXPECT_EQ(shop.core().presence().visit_of(kAlex.member), nullptr) << "left";
  shop.send(event::ReceiverChanged{kFitting, true});
  shop.walk(kCamille, kFitting);
  shop.pass(20min);
  shop.finish();
  EXPECT_EQ(Plain{}(replayed(config, shop.journal)), Plain{}(shop.sent));
}

TEST(Recorder, QuietTimesAreRecordedToo) {
  Shop shop(shop_config());
  for (int i = 0; i < 600; ++i) shop.pass(1s);
  const auto ticks = std::count_if(shop.journal.begin(), shop.journal.end(),
                                   [](const auto& line) { return line.find("\"tick\"") != std::string::npos; });
  EXPECT_EQ(ticks, 10);
}

TEST(JournalFile, KeepsTheFormerOneAndStopsAtItsLimit) {
  const auto directory = std::filesystem::temp_directory_path() / ("journal-" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  const auto read = [&](const char* name) {
    std::ifstream in(directory / name);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  ASSERT_TRUE((*JournalFile::open(directory, 4096))->append("first"));
  auto file = JournalFile::open(directory, 10);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_TRUE((*file)->append("1234"));
  EXPECT_TRUE((*file)->append("6789"));
  EXPECT_FALSE((*file)->append("x"));
  EXPECT_EQ(read("journal.ndjson"), "1234\n6789\n");
  EXPECT_EQ(read("journal.1.ndjson"), "first\n");
  struct stat status {};
  ASSERT_EQ(::stat((directory / "journal.ndjson").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace tg::test
