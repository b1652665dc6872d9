#include "sim/till_day.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <queue>

#include "codec/text.hpp"
#include "sim/geometry.hpp"
#include "sim/random.hpp"

namespace tg::sim {
namespace {

using Ms = std::int64_t;
constexpr Ms kOpening = 1'763'713'200'000;  // 2025-11-21T08:20:00Z
constexpr Ms kDay = 86'400'000;
constexpr Ms kOpenFor = 10 * 3'600'000;
constexpr std::size_t kGoods = 300;
constexpr std::size_t kTills = 2;

// A shop of 14 m by 10 m: door at the left, two tills at the right, 2.6 m apart, fitting rooms above.
constexpr Point kDoor{0, 5}, kFloor{7, 5}, kFitting{7, 9};
constexpr std::array<Point, kTills> kTill{{{12.5, 3.2}, {12.5, 5.8}}};
struct Station {
  const char* id;
  const char* zone;
  Point place;
};
constexpr std::array<Station, 5> kStations{{{"rx-door", "entrance", kDoor},
                                            {"rx-floor", "floor", kFloor},
                                            {"rx-fitting", "fitting", kFitting},
                                            {"rx-till-1", "till-1", kTill[0]},
                                            {"rx-till-2", "till-2", kTill[1]}}};

struct Spot {
  Ms from, to;
  Point place;
};
struct Person {
  bool recognised = false, consents = true;
  std::string member;
  std::vector<std::string> intents;
  double pocket_db = 0;
  std::vector<Spot> walk;
};
struct Party {
  Ms arrives = 0;
  std::vector<Person> people;
  bool buys = false, loiters = false;
  std::size_t till = 0, payer = 0;
};

std::string number(const char* form, std::size_t n) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), form, n);
  return text.data();
}
std::string sku(std::size_t n) { return number("SKU-%04zu", n); }
std::string quoted(const std::string& text) { return '"' + text + '"'; }
std::string iso(Ms at) { return format_time(wall_ms(at)); }

class Days {
 public:
  explicit Days(const TillDayOptions& o) : o_(o), random_(o.seed) {}

  TillDays run() {
    make_catalogue();
    std::vector<std::vector<Party>> days;
    for (std::size_t d = 0; d < o_.days; ++d) days.push_back(make_parties(d));
    make_profiles();
    for (std::size_t d = 0; d < o_.days; ++d) live(days[d], d);
    std::stable_sort(out_.events.begin(), out_.events.end(),
                     [](const TillEvent& a, const TillEvent& b) { return a.at < b.at; });
    add(end(), "tick", "{}");
    return std::move(out_);
  }

 private:
  /// Long after the last visit.
  [[nodiscard]] Ms end() const { return kOpening + static_cast<Ms>(o_.days - 1) * kDay + kOpenFor + 6 * 3'600'000; }
  void add(Ms at, const std::string& kind, const std::string& body) {
    out_.events.push_back({at, "{\"at\":" + std::to_string(at) + ",\"" + kind + "\":" + body + '}'});
  }

  /// A few goods are everywhere, most are rare.
  std::size_t any_goods() { return static_cast<std::size_t>(std::pow(random_.fraction(), 2.2) * kGoods); }

  void make_catalogue() {
    std::string items;
    for (std::size_t n = 0; n < kGoods; ++n) {
      items += (n == 0 ? "" : ",") + std::string(R"({"variant":")") + sku(n) + R"(","style":"ST-)" +
               std::to_string(n / 3) + R"(","name":"Goods","category":"coat","size":"U","stock":5,)" +
               R"("price_minor":2500,"currency":"EUR"})";
    }
    add(kOpening - 60'000, "command",
        R"({"name":"catalog.snapshot","payload":{"command_id":"cat","snapshot":"C1","revision":1,"part":1,"parts":1,)"
        R"("items":[)" +
            items + "]}}");
  }

  std::vector<Party> make_parties(std::size_t day) {
    std::vector<Party> parties;
    for (std::size_t i = 0; i < o_.parties; ++i) {
      Party p;
      const double hour = random_.chance(0.4) ? random_.between(0.45, 0.6) : random_.fraction();  // the lunch rush
      p.arrives = kOpening + static_cast<Ms>(day) * kDay + static_cast<Ms>(hour * 0.95 * kOpenFor);
      const std::size_t people = random_.chance(o_.couples) ? 2 : 1;
      for (std::size_t n = 0; n < people; ++n) p.people.push_back(make_person());
      p.buys = random_.chance(o_.buys);
      p.loiters = !p.buys && random_.chance(0.08);
      p.till = random_.chance(0.6) ? 0 : 1;
      p.payer = people == 2 && random_.chance(0.5) ? 1 : 0;
      parties.push_back(std::move(p));
    }
    std::stable_sort(parties.begin(), parties.end(),
                     [](const Party& a, const Party& b) { return a.arrives < b.arrives; });
    return parties;
  }

  Person make_person() {
    Person person;
    person.recognised = random_.chance(o_.recognised);
    person.pocket_db = random_.normal(4);
    person.member = number("m-%05zu", ++members_);
    person.consents = !random_.chance(0.08);
    if (random_.chance(o_.has_intents)) {
      const auto count = static_cast<std::size_t>(random_.between_ms(1, 5));
      for (std::size_t n = 0; n < count; ++n) person.intents.push_back(sku(any_goods()));
    }
    if (person.recognised) profiles_.push_back(person);
    return person;
  }

  void make_profiles() {
    std::string list;
    const std::string granted = R"({"status":"granted","at":"2025-01-01T00:00:00Z","version":"1"})";
    for (const auto& p : profiles_) {
      std::string intents;
      for (const auto& i : p.intents) {
        intents += (intents.empty() ? "" : ",") + std::string(R"({"style":"ST-)") +
                   std::to_string(std::stoul(i.substr(4)) / 3) + R"(","variant":")" + i +
                   R"(","kind":"viewed","count":2,"last":"2025-11-20T18:00:00Z"})";
      }
      list += (list.empty() ? "" : ",") + std::string(R"({"member":")") + p.member + R"(","loyalty":[")" +
              card_of(p.member) + R"("],"consent":{"recognition":)" + granted + R"(,"suggestion":)" + granted +
              (p.consents ? R"(,"attribution":)" + granted : std::string{}) + "},\"intents\":[" + intents + "]}";
    }
    add(kOpening - 30'000, "command",
        R"({"name":"profiles.snapshot","payload":{"command_id":"pro","snapshot":"P1","revision":1,"part":1,"parts":1,)"
        R"("profiles":[)" +
            list + "]}}");
  }
  static std::string card_of(const std::string& member) { return "2990" + member.substr(2) + "0001"; }

  // --- one day -------------------------------------------------------------------------------------------------------

  void live(std::vector<Party>& parties, std::size_t day) {
    std::array<Ms, kTills> free_at{};
    std::array<Ms, kTills> clock{};
    for (auto& error : clock) error = random_.between_ms(-10'000, 10'000);
    struct Arrival {
      Ms at;
      std::size_t party;
      bool operator>(const Arrival& o) const { return at > o.at; }
    };
    std::priority_queue<Arrival, std::vector<Arrival>, std::greater<>> at_till;
    for (std::size_t i = 0; i < parties.size(); ++i) at_till.push({browse(parties[i]), i});
    std::vector<std::pair<Ms, std::size_t>> paid;  // ticket's index at the till's end of it
    for (; !at_till.empty(); at_till.pop()) {
      const auto [at, i] = at_till.top();
      Party& p = parties[i];
      if (!p.buys) {
        leave(p, p.loiters ? loiter(p, at) : at);
        continue;
      }
      const Ms begins = std::max(at, free_at[p.till]) + random_.between_ms(2'000, 6'000);
      const Ms ends = begins + random_.between_ms(25'000, 120'000);
      free_at[p.till] = ends + random_.between_ms(1'000, 5'000);
      queue_up(p, at, begins);
      stand(p, begins, ends + random_.between_ms(3'000, 25'000), kTill[p.till], 0.8);
      ring_up(p, day, ends, clock[p.till]);
      paid.emplace_back(ends, out_.tickets.size() - 1);
      after_paying(p);
    }
    for (const auto& [ends, ticket] : paid) out_.tickets[ticket].nearest = nearest(parties, ends, out_.tickets[ticket]);
    const Ms fails = kOpening + static_cast<Ms>(day) * kDay + kOpenFor / 2;
    if (o_.deaf == Deaf::till_told) {
      add(fails, "receiver", R"({"id":"rx-till-1","hears":false})");
      add(fails + kOpenFor, "receiver", R"({"id":"rx-till-1","hears":true})");
    }
    for (const auto& p : parties) {
      for (const auto& person : p.people) {
        if (person.recognised) advertise(person, fails);
      }
    }
  }

  /// Together, half a metre apart.
  void stand(Party& p, Ms from, Ms to, Point place, double spread) {
    for (auto& person : p.people) {
      const Point aside{random_.normal(spread / 2), random_.normal(spread / 2)};
      if (!person.walk.empty() && person.walk.back().to < from) person.walk.back().to = from;
      person.walk.push_back({from, to, place + aside});
    }
  }

  /// Returns when they come to the tills, or want to leave.
  Ms browse(Party& p) {
    Ms at = p.arrives;
    const auto stay = [&](Point place, double spread, Ms least, Ms most) {
      const Ms until = at + random_.between_ms(least, most);
      stand(p, at, until, place, spread);
      at = until;
    };
    stay(kDoor, 1, 10'000, 30'000);
    for (std::int64_t n = random_.between_ms(1, 5); n > 0; --n)
      stay({random_.between(2, 11), random_.between(1, 8)}, 0.6, 30'000, 180'000);
    if (random_.chance(0.3)) stay(kFitting, 1, 90'000, 360'000);
    return at;
  }

  /// Stands at the counter without buying: a question, a return counter, a friend who works there.
  Ms loiter(Party& p, Ms at) {
    const Ms until = at + random_.between_ms(30'000, 240'000);
    stand(p, at, until, kTill[p.till], 1.2);
    return until;
  }

  void queue_up(Party& p, Ms from, Ms until) {
    while (from < until) {
      const Ms left = until - from;
      const double place = std::min(5.0, static_cast<double>(left) / 75'000.0) * 0.9 + 0.9;
      const Ms step = std::min<Ms>(left, 20'000);
      stand(p, from, from + step, kTill[p.till] + Point{-place, 0}, 0.4);
      from += step;
    }
  }

  void after_paying(Party& p) {
    const Ms now = p.people.front().walk.back().to;
    const double how = random_.fraction();
    if (how < 0.65) return leave(p, now);
    const Ms until = now + (how < 0.9 ? random_.between_ms(60'000, 600'000) : random_.between_ms(1'200'000, 2'400'000));
    stand(p, now, until, {random_.between(2, 11), random_.between(1, 8)}, 0.8);
    leave(p, until);
  }

  void leave(Party& p, Ms at) { stand(p, at, at + random_.between_ms(8'000, 25'000), kDoor, 1); }

  // --- the till ------------------------------------------------------------------------------------------------------

  void ring_up(const Party& p, std::size_t day, Ms ends, Ms clock) {
    const Person& payer = p.people[p.payer];
    std::vector<std::string> goods;
    const bool wanted = !payer.intents.empty() && random_.chance(o_.buys_intent);
    if (wanted)
      goods.push_back(
          payer.intents[static_cast<std::size_t>(random_.fraction() * static_cast<double>(payer.intents.size()))]);
    for (std::int64_t n = random_.between_ms(wanted ? 0 : 1, 2); n > 0; --n) goods.push_back(sku(any_goods()));
    if (random_.chance(0.5)) goods.push_back("BAG");
    std::optional<std::string> card;
    if (payer.recognised && random_.chance(o_.shows_card)) card = card_of(payer.member);
    if (!payer.recognised && random_.chance(0.3)) card = card_of(payer.member);  // a member without the app
    if (!payer.recognised && !profiles_.empty() && random_.chance(o_.lent_card))
      card = card_of(random_.of(profiles_).member);
    PaidTicket ticket{number("POS%zu", p.till + 1),
                      iso(kOpening + static_cast<Ms>(day) * kDay).substr(0, 10),
                      std::to_string(++sequence_),
                      {},
                      {},
                      card.has_value(),
                      false};
    if (payer.recognised && payer.consents) ticket.buyer = payer.member;
    const bool late = random_.chance(0.03);
    const Ms delay = late ? random_.between_ms(3'600'000, 30 * 3'600'000) : random_.between_ms(1'000, 20'000);
    const Ms sent = std::min(ends + delay, end());
    add(sent, "ticket", ticket_json(ticket, "sale", ends + clock, goods, card, {}));
    ticket.voided = random_.chance(0.02);
    if (ticket.voided) {
      PaidTicket voiding = ticket;
      voiding.sequence = std::to_string(++sequence_);
      const Ms later = std::min(sent + random_.between_ms(20'000, 3'600'000), end());
      add(later, "ticket", ticket_json(voiding, "void", later, {}, {}, ticket.sequence));
    }
    out_.tickets.push_back(std::move(ticket));
  }

  static std::string ticket_json(const PaidTicket& t, const std::string& type, Ms ended,
                                 const std::vector<std::string>& goods, const std::optional<std::string>& card,
                                 const std::string& voids) {
    std::string lines;
    for (std::size_t n = 0; n < goods.size(); ++n) {
      lines += (n == 0 ? "" : ",") + std::string("{\"n\":") + std::to_string(n + 1) + ",\"sku\":" + quoted(goods[n]) +
               R"(,"qty":"1","unit_price":"25.00","net":"25.00","kind":"sale"})";
    }
    const std::string total = quoted(std::to_string(25 * goods.size()) + ".00");
    const std::string key = "\"workstation\":" + quoted(t.workstation) + ",\"business_day\":" + quoted(t.day);
    return '{' + key + ",\"sequence\":" + quoted(t.sequence) + ",\"revision\":0,\"type\":" + quoted(type) +
           ",\"ended_at\":" + quoted(iso(ended)) + R"(,"currency":"EUR","total":)" + total +
           R"(,"tax":"0.00","rounding":"0.00","loyalty":)" +
           (card ? "{\"id\":" + quoted(*card) + R"(,"entry":"scanned"})" : "null") + R"(,"status":"final","lines":[)" +
           lines + R"(],"tenders":[{"kind":"card","amount":)" + total + R"(}],"links":{"voids":)" +
           (voids.empty() ? "null" : '{' + key + ",\"sequence\":" + quoted(voids) + '}') +
           R"(,"returns":null,"resumes":null}})";
  }

  // --- the radio -----------------------------------------------------------------------------------------------------

  static std::optional<Point> place_of(const Person& person, Ms at) {
    for (const auto& spot : person.walk) {
      if (spot.from <= at && at < spot.to) return spot.place;
    }
    return std::nullopt;
  }

  static std::optional<std::string> nearest(const std::vector<Party>& parties, Ms at, const PaidTicket& ticket) {
    const Point till = kTill.at(ticket.workstation == "POS1" ? 0 : 1);
    std::optional<std::string> best;
    double metres = 1e9;
    for (const auto& p : parties) {
      for (const auto& person : p.people) {
        const auto place = person.recognised ? place_of(person, at - 5'000) : std::nullopt;
        if (!place || length(*place - till) >= metres) continue;
        metres = length(*place - till);
        best = person.member;
      }
    }
    return best;
  }

  /// One advert a second; bodies, pockets, fading, and minutes in which a phone says nothing.
  void advertise(const Person& person, Ms fails) {
    Ms silent_until = 0;
    std::array<double, kStations.size()> shadow{};
    const Ms end = person.walk.back().to;
    for (Ms at = person.walk.front().from + random_.between_ms(0, 900); at < end;
         at += random_.between_ms(900, 1'200)) {
      if (random_.chance(0.002)) silent_until = at + random_.between_ms(15'000, 90'000);
      if (at < silent_until) continue;
      if (random_.chance(0.1)) {
        for (auto& s : shadow) s = random_.normal(4);
      }
      const auto place = place_of(person, at);
      if (!place) continue;
      for (std::size_t r = 0; r < kStations.size(); ++r) {
        if (o_.deaf == Deaf::floor && r == 1 && at > fails) continue;
        const bool till_fails = o_.deaf == Deaf::till_told || o_.deaf == Deaf::till_untold;
        if (till_fails && r == 3 && at > fails && at < fails + kOpenFor) continue;
        const double metres = std::max(0.5, length(*place - kStations[r].place));
        const double dbm = -56 - 22 * std::log10(metres) + shadow[r] + random_.normal(4) + person.pocket_db;
        if (dbm < -92 || random_.chance(0.35)) continue;
        add(at, "sighting",
            "{\"receiver\":" + quoted(kStations[r].id) + ",\"member\":" + quoted(person.member) +
                ",\"rssi\":" + std::to_string(static_cast<int>(dbm)) + '}');
      }
    }
  }

  const TillDayOptions o_;
  Random random_;
  TillDays out_;
  std::vector<Person> profiles_;
  std::size_t members_ = 0, sequence_ = 100;
};

}  // namespace

TillDays make_till_days(const TillDayOptions& options) { return Days(options).run(); }

Config till_configuration() {
  Config c;
  c.store = "paris-042";
  c.gateway = "gw-1";
  c.timezone = "Europe/Paris";
  c.languages = {"fr"};
  c.admin_socket = c.runtime_dir + "/admin.sock";
  c.central.url = c.local.url = "mqtt://127.0.0.1:1883";
  c.central.client_id = "paris-042-gw-1";
  c.local.client_id = "paris-042-gw-1-local";
  c.suggestion.holdout_salt = c.store;
  c.zones = {{ZoneId{"entrance"}, ZoneKind::entrance, {}, {}},
             {ZoneId{"floor"}, ZoneKind::floor, {}, {}},
             {ZoneId{"fitting"}, ZoneKind::fitting, {}, {}},
             {ZoneId{"till-1"}, ZoneKind::till, {"POS1"}, {}},
             {ZoneId{"till-2"}, ZoneKind::till, {"POS2"}, {}}};
  for (const auto& s : kStations) {
    ReceiverConfig r;
    r.id = s.id;
    r.zone = s.zone;
    r.remote = true;
    c.receivers.push_back(r);
  }
  return c;
}

}  // namespace tg::sim
