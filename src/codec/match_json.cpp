// Bodies of the facts file, part "matching": traces, purchases that wait, what was learnt; and the calibration report.
// Fields are only ever added.
#include "codec/match_json.hpp"

#include "codec/fact_data.hpp"
#include "codec/json_write.hpp"
#include "codec/names.hpp"
#include "codec/readers.hpp"
#include "core/match_learning.hpp"

namespace tg {
namespace {

constexpr std::int64_t kMaxMs = std::int64_t{1} << 53;
constexpr std::int64_t kMaxCount = std::int64_t{1} << 32;
constexpr std::size_t kMany = 10'000;
constexpr auto kTieNames = std::to_array<Named<ItemTie>>({{ItemTie::style, "style"},
                                                          {ItemTie::intent, "intent"},
                                                          {ItemTie::suggested, "suggested"},
                                                          {ItemTie::tried, "tried"}});
constexpr auto kStageNames = std::to_array<Named<CaseStage>>(
    {{CaseStage::first, "first"}, {CaseStage::last, "last"}, {CaseStage::closed, "closed"}});
constexpr auto kRefusalNames = [] {
  std::array<Named<Refusal>, kRefusalCount> out{};
  for (std::size_t i = 0; i < kRefusalCount; ++i) out[i] = {static_cast<Refusal>(i), kRefusalWords[i]};
  return out;
}();
constexpr std::array kTillTieNames{"elsewhere",  "unheard",     "brief_weak",  "brief_clear",
                                   "stays_weak", "stays_clear", "leaves_weak", "leaves_clear"};
constexpr std::array kExitTieNames{"soon", "later", "much_later"};
constexpr std::array kItemTieNames{"style", "intent", "suggested", "tried"};

WallTime read_ms(const Cursor& c) { return wall_ms(c.integer(0, kMaxMs)); }
template <class Named>
std::optional<Named> read_optional_id(const Cursor& c) {
  return c.present() ? std::optional<Named>(c.text()) : std::nullopt;
}
std::uint32_t read_count(const Cursor& c) { return static_cast<std::uint32_t>(c.integer(0, kMaxCount - 1)); }

TraceStay read_stay(const Cursor& c) {
  return {.zone = ZoneId{c.at("zone").text()},
          .from = read_ms(c.need("from_ms")),
          .to = read_ms(c.need("to_ms")),
          .margin_db = c.at("margin_db").int32(-200, 200)};
}
TiedItem read_tied(const Cursor& c) {
  return {.variant = c.at("variant").text(),
          .style = c.at("style").text(),
          .tie = c.need("tie").choice(kTieNames, ItemTie::style),
          .suggestion = read_optional_id<SuggestionId>(c.at("suggestion")),
          .sold = c.at("sold").flag()};
}

template <std::size_t N>
void read_counts(const Cursor& c, std::array<std::uint32_t, N>& into) {
  std::size_t i = 0;
  c.each(N, [&](const Cursor& n) { into.at(i++) = read_count(n); });
}
Json score_json(const ClassScore& s) { return Json::array({s.right, s.wrong}); }
void read_score(const Cursor& c, ClassScore& into) {
  std::array<std::uint32_t, 2> both{};
  read_counts(c, both);
  into = {both[0], both[1]};
}

double rounded(double value) { return static_cast<double>(static_cast<std::int64_t>(value * 1000 + 0.5)) / 1000; }
Json quotient(double part, double whole) { return whole > 0 ? Json(rounded(part / whole)) : Json(); }

Json class_report(const ClassScore& s, std::uint32_t buyers_present) {
  const double n = s.right + s.wrong;
  return {{"n", s.right + s.wrong},
          {"right", s.right},
          {"precision", quotient(s.right, n)},
          {"recall", quotient(s.right, buyers_present)}};
}

template <std::size_t N, class Weight>
Json weights_report(const std::array<const char*, N>& names, const TieCounts<N>& counts, Weight&& weight) {
  Json out = Json::array();
  for (std::size_t i = 0; i < N; ++i) {
    out.push_back({{"evidence", names.at(i)},
                   {"buyers", counts.m.at(i)},
                   {"others", counts.u.at(i)},
                   {"likelihood_ratio", rounded(weight(i))}});
  }
  return out;
}

Json reliability_report(const MatchLearning& l) {
  Json out = Json::array();
  for (std::size_t i = 0; i < l.bins.size(); ++i) {
    const auto& bin = l.bins.at(i);
    out.push_back({{"from", static_cast<double>(i) / 10},
                   {"n", bin.n},
                   {"mean_p", quotient(static_cast<double>(bin.p_permille) / 1000, bin.n)},
                   {"right", quotient(bin.right, bin.n)}});
  }
  return out;
}

}  // namespace

std::string encode_trace(const VisitTrace& t) {
  Json stays = Json::array(), items = Json::array(), tickets = Json::array();
  for (const auto& s : t.stays) {
    stays.push_back(
        {{"zone", s.zone.value}, {"from_ms", unix_ms(s.from)}, {"to_ms", unix_ms(s.to)}, {"margin_db", s.margin_db}});
  }
  for (const auto& i : t.items) {
    items.push_back({{"variant", i.variant},
                     {"style", i.style},
                     {"tie", name_of(kTieNames, i.tie)},
                     {"suggestion", or_null(i.suggestion)},
                     {"sold", i.sold}});
  }
  for (const auto& ticket : t.tickets) tickets.push_back(ticket.value);
  return dump({{"visit", t.visit.value},
               {"member", t.member.value},
               {"started_ms", unix_ms(t.started_at)},
               {"heard_ms", unix_ms(t.last_heard)},
               {"ended", t.ended},
               {"unlinked", t.unlinked},
               {"stays", std::move(stays)},
               {"items", std::move(items)},
               {"orders", t.orders},
               {"tickets", std::move(tickets)}});
}

Result<VisitTrace> decode_trace(std::string_view json) {
  Document doc(json);
  const Cursor c = doc.root();
  VisitTrace t{.visit = VisitId{c.need("visit").text()},
               .member = MemberId{c.need("member").text()},
               .started_at = read_ms(c.need("started_ms")),
               .last_heard = read_ms(c.need("heard_ms")),
               .ended = c.at("ended").flag(),
               .consented = true,  // others are not written
               .unlinked = c.at("unlinked").flag(),
               .stays = c.at("stays").list(kMany, read_stay),
               .items = c.at("items").list(kMany, read_tied),
               .orders = c.at("orders").list(kMany, [](const Cursor& o) { return o.text(); }),
               .tickets = c.at("tickets").list(kMany, [](const Cursor& id) { return TicketId{id.text()}; })};
  return doc.finish(std::move(t));
}

std::string encode_case(const MatchCase& p) {
  Json goods = Json::array();
  for (const auto& line : p.ticket.lines) goods.push_back(line.sku);
  return dump({{"key", key_json(p.ticket.key)},
               {"begun_ms", p.ticket.begun_at ? Json(unix_ms(*p.ticket.begun_at)) : Json()},
               {"ended_ms", unix_ms(p.ticket.ended_at)},
               {"goods", std::move(goods)},
               {"stage", name_of(kStageNames, p.stage)},
               {"due_ms", unix_ms(p.due)},
               {"refusal", name_of(kRefusalNames, p.refusal)},
               {"has_number", p.has_number},
               {"truth", or_null(p.truth)},
               {"given", or_null(p.given)},
               {"visit", or_null(p.visit)},
               {"certain", p.certain}});
}

Result<MatchCase> decode_case(std::string_view json) {
  Document doc(json);
  const Cursor c = doc.root();
  MatchCase p;
  const Cursor key = c.need("key");
  p.ticket.key = {key.need("store").text(), key.need("workstation").text(), key.need("business_day").text(),
                  key.need("sequence").text()};
  if (const Cursor begun = c.at("begun_ms"); begun.present()) p.ticket.begun_at = read_ms(begun);
  p.ticket.ended_at = read_ms(c.need("ended_ms"));
  c.at("goods").each(kMany, [&](const Cursor& name) {
    p.ticket.lines.emplace_back();
    p.ticket.lines.back().sku = name.text();
  });
  p.stage = c.need("stage").choice(kStageNames, CaseStage::closed);
  p.due = read_ms(c.need("due_ms"));
  p.refusal = c.at("refusal").choice(kRefusalNames, Refusal::none);
  p.has_number = c.at("has_number").flag();
  p.truth = read_optional_id<MemberId>(c.at("truth"));
  p.given = read_optional_id<MemberId>(c.at("given"));
  p.visit = read_optional_id<VisitId>(c.at("visit"));
  p.certain = c.at("certain").flag();
  return doc.finish(std::move(p));
}

std::string encode_learning(const MatchLearning& l) {
  Json bins = Json::array(), candidates = Json::array();
  for (const auto& bin : l.bins) bins.push_back(Json::array({bin.n, bin.right, bin.p_permille}));
  for (const auto& score : l.by_candidates) candidates.push_back(score_json(score));
  return dump({{"till_m", l.till.m},
               {"till_u", l.till.u},
               {"exit_m", l.exit.m},
               {"exit_u", l.exit.u},
               {"tied", l.tied},
               {"untied", l.untied},
               {"anonymous", l.anonymous},
               {"nobody_permille", l.nobody_permille},
               {"risk_permille", l.risk_permille},
               {"probable_told", l.probable_told},
               {"probable_risk_permille", l.probable_risk_permille},
               {"crowds", l.crowds},
               {"present", l.present},
               {"judged", l.judged},
               {"buyers_present", l.buyers_present},
               {"squared_error_ppm", l.squared_error_ppm},
               {"with_candidate", l.with_candidate},
               {"probable", score_json(l.probable)},
               {"possible", score_json(l.possible)},
               {"by_candidates", std::move(candidates)},
               {"bins", std::move(bins)}});
}

Result<MatchLearning> decode_learning(std::string_view json) {
  Document doc(json);
  const Cursor c = doc.root();
  MatchLearning l;
  read_counts(c.at("till_m"), l.till.m);
  read_counts(c.at("till_u"), l.till.u);
  read_counts(c.at("exit_m"), l.exit.m);
  read_counts(c.at("exit_u"), l.exit.u);
  read_counts(c.at("tied"), l.tied);
  read_counts(c.at("untied"), l.untied);
  l.anonymous = read_count(c.at("anonymous"));
  l.nobody_permille = static_cast<std::uint64_t>(c.at("nobody_permille").integer(0, kMaxMs));
  l.risk_permille = static_cast<std::uint64_t>(c.at("risk_permille").integer(0, kMaxMs));
  l.probable_told = read_count(c.at("probable_told"));
  l.probable_risk_permille = static_cast<std::uint64_t>(c.at("probable_risk_permille").integer(0, kMaxMs));
  l.crowds = read_count(c.at("crowds"));
  l.present = static_cast<std::uint64_t>(c.at("present").integer(0, kMaxMs));
  l.judged = read_count(c.at("judged"));
  l.buyers_present = read_count(c.at("buyers_present"));
  l.squared_error_ppm = static_cast<std::uint64_t>(c.at("squared_error_ppm").integer(0, kMaxMs));
  l.with_candidate = read_count(c.at("with_candidate"));
  read_score(c.at("probable"), l.probable);
  read_score(c.at("possible"), l.possible);
  std::size_t i = 0;
  c.at("by_candidates").each(kCandidateBins, [&](const Cursor& s) { read_score(s, l.by_candidates.at(i++)); });
  i = 0;
  c.at("bins").each(kReliabilityBins, [&](const Cursor& b) {
    std::array<std::uint32_t, 3> three{};
    read_counts(b, three);
    l.bins.at(i++) = {three[0], three[1], three[2]};
  });
  return doc.finish(std::move(l));
}

std::string encode_match_report(const MatchLearning& l) {
  const MatchWeights weights(l);
  Json candidates = Json::array(), items = Json::array();
  for (std::size_t i = 0; i < kCandidateBins; ++i) {
    const auto& score = l.by_candidates.at(i);
    candidates.push_back({{"candidates", i + 1},
                          {"n", score.right + score.wrong},
                          {"precision", quotient(score.right, score.right + score.wrong)}});
  }
  for (std::size_t i = 0; i < kItemTieCount; ++i) {
    items.push_back({{"evidence", kItemTieNames.at(i)},
                     {"bought", l.tied.at(i)},
                     {"not_bought", l.untied.at(i)},
                     {"share", rounded(weights.share_bought(static_cast<ItemTie>(i)))}});
  }
  return dump({{"model", kMatchModel},
               {"measured_on",
                {{"numbered_purchases", l.judged},
                 {"buyers_present", l.buyers_present},
                 {"with_candidate", l.with_candidate},
                 {"anonymous_purchases", l.anonymous}}},
               {"brier", quotient(static_cast<double>(l.squared_error_ppm) / 1'000'000, l.with_candidate)},
               {"probable", class_report(l.probable, l.buyers_present)},
               {"possible", class_report(l.possible, l.buyers_present)},
               {"probable_withheld", weights.probable_withheld()},
               {"by_candidates", std::move(candidates)},
               {"reliability", reliability_report(l)},
               {"nobody", rounded(weights.nobody())},
               {"usual_crowd", rounded(weights.usual_crowd())},
               {"till", weights_report(kTillTieNames, l.till,
                                       [&](std::size_t i) { return weights.till(static_cast<TillTie>(i)); })},
               {"exit", weights_report(kExitTieNames, l.exit,
                                       [&](std::size_t i) { return weights.exit(static_cast<ExitTie>(i)); })},
               {"items", std::move(items)}});
}

}  // namespace tg
