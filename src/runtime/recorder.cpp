#include "runtime/recorder.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "base/log.hpp"
#include "codec/journal_write.hpp"
#include "codec/messages.hpp"

namespace tg {
namespace {

constexpr std::string_view kOwnVisits = "journal/";  // no visit is called so: theirs are UUIDs
constexpr std::uint64_t kOwnRequests = std::uint64_t{1} << 63;
constexpr std::size_t kMostWaiting = 10'000;
constexpr std::size_t kMostRules = 2'000;
constexpr std::size_t kMostTickets = 4'096;
constexpr std::size_t kMostAssociates = 1'024;
constexpr int kArmTries = 10'000;
constexpr Millis kTickAfter{60'000};

Sha256 digest(std::string_view text) { return sha256(as_bytes(text)); }

std::set<std::string> owned_styles(const Profile& profile) {
  std::set<std::string> styles;
  for (const auto& purchase : profile.purchases) styles.insert(purchase.style);
  return styles;
}

}  // namespace

Recorder::Recorder(const Core& core, Ask ask, Write write)
    : core_(core), ask_(std::move(ask)), write_(std::move(write)) {}

bool Recorder::see(const Event& event, Stamp now) {
  at_ = std::max(at_, now.wall);
  const bool own = is_answer(event);
  if (over_) return own;
  drop_withdrawn(now.wall);
  if (!own) std::visit([this](const auto& e) { on(e); }, event);
  write_what_is_known();
  return own;
}

void Recorder::sighted(const effect::Sighted& s) {
  if (over_) return;
  const Place place = add({});
  const MemberId alias{know(s.member, place).alias};
  place->line = encode_journal_sighting(at_, core_.policy().receivers[s.receiver].id, alias, s.rssi);
  write_what_is_known();
}

/// A withdrawal names the member by an alias that goes with it; an arrival makes him known.
void Recorder::checked_in(const effect::CheckedIn& c) {
  if (over_) return;
  const event::CheckinSeen& proof = c.proof;
  const bool forget = proof.kind == CheckinKind::forget;
  const Place place = add({});
  const MemberId alias{forget ? alias_once(proof.member) : know(proof.member, place).alias};
  place->line = encode_journal_checkin(at_, core_.policy().receivers[proof.receiver].id, alias, proof.kind);
  if (forget) maybe_withdrawn_.push_back(proof.member);
  write_what_is_known();
}

void Recorder::tick(WallTime now) {
  at_ = std::max(at_, now);
  if (over_ || !entries_.empty() || at_ - written_at_ < kTickAfter) return;
  put(at_, encode_journal_tick(at_));
}

void Recorder::finish(WallTime now) {
  at_ = std::max(at_, now);
  write_what_is_known();
  if (!over_) put(at_, encode_journal_tick(at_));
  end();
}

// --- inputs ----------------------------------------------------------------------------------------------------------

void Recorder::on(const event::Restored& e) {
  salt_ = std::to_string(e.jitter_seed) + '|';
  add(encode_journal_start(at_));
}

void Recorder::on(const event::ReceiverChanged& e) {
  add(encode_journal_receiver(at_, core_.policy().receivers[e.receiver].id, e.hears));
}

void Recorder::on(const event::TicketArrived& e) {
  if (!e.ticket.loyalty) {
    add(encode_journal_ticket(at_, e.ticket));
    return;
  }
  effect::LoadTicketFacts question;
  question.request = kOwnRequests | ++questions_;
  question.key = e.ticket.key;
  question.loyalty = e.ticket.loyalty->id;
  for (const auto& line : e.ticket.lines) {
    if (!line.sku.empty()) question.skus.push_back(line.sku);
    if (!line.gtin.empty()) question.gtins.push_back(line.gtin);
  }
  asked_tickets_.emplace(question.request, TicketQuestion{e.ticket, add({}, true)});
  ask_(std::move(question));
}

/// A tap on a card that the recording does not have would have no effect in a replay either.
void Recorder::on(const event::ActionArrived& e) {
  const Visit* visit = core_.presence().visit(e.action.visit);
  const auto known = visit == nullptr || !visit->member ? members_.end() : members_.find(*visit->member);
  if (known == members_.end()) return;
  CardAction action = e.action;
  action.visit = VisitId{'@' + known->second.alias};
  if (action.suggestion) {
    const VisitCards* cards = core_.suggestions().cards(visit->id);
    std::int32_t rank = 0;  // names none
    if (cards != nullptr && cards->card) {
      for (const auto& s : cards->card->suggestions) rank = s.id == action.suggestion ? s.rank : rank;
    }
    action.suggestion = SuggestionId{'@' + std::to_string(rank)};
  }
  if (associates_.size() >= kMostAssociates) associates_.clear();
  auto& associate = associates_[action.associate];
  if (associate.empty()) associate = "a-" + std::to_string(associates_.size());
  action.associate = associate;
  add(encode_journal_action(at_, action));
}

void Recorder::on(const event::CommandArrived& e) {
  std::visit([&](const auto& body) { run(e.command.id, body); }, e.command.body);
}

void Recorder::on(const event::ForgetAsked& e) { run(e.command, EraseRequest{e.command.value, e.member}); }

void Recorder::run(const CommandId& id, const ConsentChange& change) {
  ConsentChange aliased = change;
  aliased.member = MemberId{alias_once(change.member)};
  add(encode_journal_consent(at_, CommandId{salted(id.value)}, aliased));
  const bool withdrawal = change.purpose == Purpose::recognition && change.record.status != ConsentStatus::granted;
  if (withdrawal) maybe_withdrawn_.push_back(change.member);  // unless the core holds a newer decision
}

void Recorder::run(const CommandId& id, const EraseRequest& request) {
  const MemberId alias{alias_once(request.member)};
  add(encode_journal_erase(at_, CommandId{salted(id.value)}, EraseRequest{salted(request.request_id), alias}));
  members_.erase(request.member);
}

/// Central changed data: those who are here are looked up again at once, the others when a line names them.
void Recorder::on(const event::CacheWritten& e) {
  if (e.status != AckStatus::applied || e.name == "consent") return;
  for (auto& [member, known] : members_) known.up_to_date = false;
  for (const Visit* visit : core_.presence().open_visits()) {
    if (visit->member && members_.contains(*visit->member)) (void)know(*visit->member, entries_.end());
  }
}

void Recorder::drop_withdrawn(WallTime now) {
  for (const auto& member : std::exchange(maybe_withdrawn_, {})) {
    if (!core_.identity().knows(member, now)) members_.erase(member);
  }
}

// --- answers ---------------------------------------------------------------------------------------------------------

bool Recorder::is_answer(const Event& event) {
  if (const auto* loaded = std::get_if<event::DossierLoaded>(&event)) {
    if (!loaded->visit.value.starts_with(kOwnVisits)) return false;
    answer(*loaded);
    return true;
  }
  const auto* facts = std::get_if<event::TicketFactsLoaded>(&event);
  if (facts == nullptr || (facts->request & kOwnRequests) == 0) return false;
  answer(*facts);
  return true;
}

void Recorder::answer(const event::DossierLoaded& e) {
  const auto question = asked_members_.extract(e.visit);
  if (question.empty()) return;
  const auto& [member, alias, place] = question.mapped();
  place->waits = false;
  const auto known = members_.find(member);
  if (known == members_.end() || known->second.alias != alias) return;  // forgotten meanwhile
  if (!e.dossier) {
    place->removed = alias;
    members_.erase(known);
    return;
  }
  place->profile = disguise(e.dossier->profile, known->second);
  place->items = e.dossier->items;
  place->rules = e.dossier->rules;
}

void Recorder::answer(const event::TicketFactsLoaded& e) {
  auto question = asked_tickets_.extract(e.request);
  if (question.empty()) return;
  auto& [ticket, place] = question.mapped();
  disguise(ticket, e.holder ? &know(e.holder->member, place) : nullptr);
  place->items = e.items;
  place->line = encode_journal_ticket(place->at, ticket);
  place->waits = false;
}

// --- aliases ---------------------------------------------------------------------------------------------------------

/// The member's alias; where the recording lacks his profile, room for it is made before `before`.
Recorder::Known& Recorder::know(const MemberId& member, Place before) {
  Known& known = members_[member];
  if (known.alias.empty()) known.alias = new_alias(member);
  if (known.up_to_date) return known;
  known.up_to_date = true;
  const WallTime at = before == entries_.end() ? at_ : before->at;
  const Place place = entries_.emplace(before, at, true);
  const VisitId visit{std::string(kOwnVisits) + std::to_string(++questions_)};
  asked_members_.emplace(visit, MemberQuestion{member, known.alias, place});
  ask_(effect::LoadDossier{visit, member});
  return known;
}

/// In the same hold-out arm as the member, so that a replay shows the same cards.
std::string Recorder::new_alias(const MemberId& member) {
  const bool arm = core_.in_holdout(member);
  for (int i = 0; i < kArmTries; ++i) {
    const MemberId alias{"j-" + std::to_string(++aliases_)};
    if (core_.in_holdout(alias) == arm) return alias.value;
  }
  return "j-" + std::to_string(++aliases_);
}

/// For a member who need not become known: the recording has nothing else of him.
std::string Recorder::alias_once(const MemberId& member) {
  const auto known = members_.find(member);
  return known == members_.end() ? new_alias(member) : known->second.alias;
}

std::string Recorder::number_of(Known& known, const std::string& number) {
  const auto [it, fresh] = known.numbers.try_emplace(number);
  if (fresh) it->second = known.alias + '-' + std::to_string(known.numbers.size());
  return it->second;
}

std::string Recorder::salted(std::string_view id) const { return hex(digest(salt_ + std::string(id))).substr(0, 16); }

Profile Recorder::disguise(Profile profile, Known& known) const {
  core_.overlay(profile);  // under the real name, for the last time
  profile.member = MemberId{known.alias};
  profile.keys.clear();
  profile.first_name.reset();
  for (auto& number : profile.loyalty) number = number_of(known, number);
  return profile;
}

void Recorder::disguise(Ticket& ticket, Known* holder) {
  const auto [it, fresh] = ticket_numbers_.try_emplace(ticket.content);
  if (fresh) {
    it->second = holder != nullptr ? number_of(*holder, ticket.loyalty->id) : "n-" + std::to_string(++aliases_);
    ticket_order_.push_back(ticket.content);
  }
  ticket.loyalty->id = it->second;
  if (ticket_order_.size() <= kMostTickets) return;
  ticket_numbers_.erase(ticket_order_.front());
  ticket_order_.pop_front();
}

// --- writing ---------------------------------------------------------------------------------------------------------

Recorder::Place Recorder::add(std::string line, bool waits) {
  const Place place = entries_.emplace(entries_.end(), at_, waits);
  place->line = std::move(line);
  return place;
}

void Recorder::write_what_is_known() {
  while (!over_ && !entries_.empty() && !entries_.front().waits) {
    const Entry entry = std::move(entries_.front());
    entries_.pop_front();
    write(entry);
  }
  if (entries_.size() <= kMostWaiting) return;
  log(LogLevel::warning, "journal", "the recording ends: too many lines wait for the cache");
  end();
}

void Recorder::write(const Entry& entry) {
  write_items(entry);
  write_rules(entry);
  write_profile(entry);
  if (!entry.line.empty()) put(entry.at, entry.line);
}

/// What is new or changed; with a profile, also what is gone of the styles that it names.
void Recorder::write_items(const Entry& entry) {
  std::vector<CatalogItem> changed;
  std::set<std::string> present, named;
  for (const auto& item : entry.items) {
    present.insert(item.variant);
    ItemWritten now{item.style, digest(encode_item(item))};
    ItemWritten& written = items_written_[item.variant];
    if (written.content == now.content) continue;
    written = std::move(now);
    changed.push_back(item);
  }
  std::vector<std::string> gone;
  if (entry.profile) {
    named = owned_styles(*entry.profile);
    for (const auto& intent : entry.profile->intents) named.insert(intent.style);
    for (const auto& rule : entry.rules) named.insert(rule.with);
  }
  for (const auto& [variant, item] : items_written_) {
    if (named.contains(item.style) && !present.contains(variant)) gone.push_back(variant);
  }
  for (const auto& variant : gone) items_written_.erase(variant);
  if (!changed.empty() || !gone.empty()) {
    put(entry.at, encode_journal_items(entry.at, items_revision_++, changed, gone));
  }
}

/// The rules of the styles that a profile owns take the place of those written for them; all are written again.
void Recorder::write_rules(const Entry& entry) {
  if (!entry.profile) return;
  const auto owned = owned_styles(*entry.profile);
  auto rules = rules_written_;
  if (rules.size() + entry.rules.size() > kMostRules) rules.clear();
  std::erase_if(rules, [&](const auto& rule) { return owned.contains(rule.first.first); });
  for (const auto& rule : entry.rules) rules[{rule.style, rule.with}] = encode_rule(rule);
  if (rules == rules_written_) return;
  rules_written_ = std::move(rules);
  put(entry.at, encode_journal_rules(entry.at, ++rules_revision_, rules_written_));
}

void Recorder::write_profile(const Entry& entry) {
  if (!entry.removed.empty() && profiles_written_.erase(entry.removed) > 0) {
    put(entry.at, encode_journal_removal(entry.at, profiles_revision_++, MemberId{entry.removed}));
  }
  if (!entry.profile) return;
  const Sha256 content = digest(encode_profile(*entry.profile));
  if (std::exchange(profiles_written_[entry.profile->member.value], content) == content) return;
  put(entry.at, encode_journal_profile(entry.at, profiles_revision_++, *entry.profile));
}

void Recorder::put(WallTime at, std::string_view line) {
  if (over_) return;
  written_at_ = at;
  if (!write_(line)) end();
}

/// Nothing of anybody stays behind.
void Recorder::end() {
  over_ = true;
  members_.clear();
  maybe_withdrawn_.clear();
  associates_.clear();
  ticket_numbers_.clear();
  ticket_order_.clear();
  entries_.clear();
  asked_members_.clear();
  asked_tickets_.clear();
  profiles_written_.clear();
  items_written_.clear();
  rules_written_.clear();
}

}  // namespace tg
