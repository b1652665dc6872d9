// Both database files as plain maps, for tests of the core: what was committed can be looked at, crashed and restored.
// Owner thread: the test. Never answers by itself: the one who drives the core decides when an answer arrives.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "codec/facts.hpp"
#include "core/effects.hpp"
#include "core/events.hpp"
#include "core/matching.hpp"
#include "core/ticket_life.hpp"
#include "support/core/shop.hpp"

namespace tg::test {

/// The facts file: what survives a crash.
struct FactsFile {
  struct Row {
    Fact fact;
    bool delivered = false;
    bool set_aside = false;
    [[nodiscard]] bool waits() const { return !delivered && !set_aside; }
  };
  std::map<Sequence, Row> rows;
  Sequence last = 0;  ///< outlives the rows
  std::map<VisitId, Visit> visits;
  std::map<VisitId, VisitCards> cards;
  std::map<TicketId, TicketRecord> tickets;
  std::set<TicketId> linking;  ///< those that name another
  std::map<std::string, TillNumbers> tills;
  std::map<std::pair<MemberId, Purpose>, ConsentChange> consents;
  std::map<VisitId, VisitTrace> traces;
  std::map<TicketId, MatchCase> purchases;
  std::map<std::pair<TicketId, MemberId>, bool> verdicts;
  MatchLearning learnt;
  std::map<std::string, std::uint32_t> goods;
  std::vector<std::string> actions;
  std::vector<CommandId> commands;
  Cells figures;
  std::map<VisitId, VisitShare> shares;
  std::optional<Interval> interval;

  void write(const row::PutVisit& op) { visits[op.visit.id] = op.visit; }
  void write(const row::PutCards& op) { cards[op.cards.visit] = op.cards; }
  void write(const row::PutTicket& op) {
    tickets[op.ticket.id] = op.ticket;
    if (op.ticket.voids || op.ticket.returns || op.ticket.resumes) linking.insert(op.ticket.id);
  }
  void write(const row::PutTillNumbers& op) {
    tills[op.numbers.workstation + '|' + op.numbers.business_day + '|' + op.numbers.prefix] = op.numbers;
  }
  void write(const row::PutConsent& op) { consents[{op.change.member, op.change.purpose}] = op.change; }
  void write(const row::PutAction& op) { actions.push_back(op.id); }
  void write(const row::PutCommand& op) { commands.push_back(op.id); }
  void write(const row::AppendFact& op) {
    last = op.fact.sequence;
    rows[last] = {op.fact};
  }
  void write(const row::MarkDelivered& op) {
    for (const Sequence s : op.sequences) rows[s].delivered = true;
  }
  void write(const row::DropFacts& op) {
    for (const Sequence s : op.sequences) rows.erase(s);
  }
  void write(const row::SetAside& op) { rows[op.sequence].set_aside = true; }
  void write(const row::PutTrace& op) { traces.insert_or_assign(op.trace.visit, op.trace); }
  void write(const row::DropTrace& op) { traces.erase(op.visit); }
  void write(const row::PutCase& op) { purchases.insert_or_assign(op.ticket, op.purchase); }
  void write(const row::DropCase& op) { purchases.erase(op.ticket); }
  void write(const row::PutVerdict& op) { verdicts[{op.ticket, op.member}] = op.rejected; }
  void write(const row::PutLearning& op) { learnt = op.learnt; }
  void write(const row::PutGoods& op) {
    for (const auto& [name, n] : op.counts) goods[name] = n;
  }
  void write(const row::PutFigures& op) {
    for (const auto& [cell, difference] : op.rows.differences) {
      if ((figures[cell] += difference) == 0) figures.erase(cell);
    }
    for (const auto& [visit, share] : op.rows.visits) shares.insert_or_assign(visit, share);
    if (op.rows.interval) interval = op.rows.interval->zones.empty() ? std::nullopt : op.rows.interval;
  }
  void write(const row::Audit&) {}
  void write(const row::Purge&) {}
  void write(const effect::Persist& batch) {
    for (const auto& op : batch.ops) std::visit([this](const auto& o) { write(o); }, op);
  }

  [[nodiscard]] event::RowsRead read(const effect::ReadRows& asked) const {
    event::RowsRead out;
    auto it = rows.lower_bound(asked.from);
    for (; it != rows.end() && out.rows.size() < asked.limit; ++it) {
      const Fact& fact = it->second.fact;
      if (!it->second.waits()) continue;
      const Sequence behind =
          asked.backlog == 0 ? 0 : newest_waiting(fact_partition("paris-042", fact.data), asked.backlog, it->first);
      out.rows.push_back({it->first, "event", fact.id, fact.expires_at, fact_kind(fact.data).cls, behind,
                          std::holds_alternative<fact::OutboxDropped>(fact.data)});
    }
    out.end = it == rows.end();
    return out;
  }
  [[nodiscard]] Sequence newest_waiting(const std::string& partition, Sequence from, Sequence before) const {
    Sequence found = 0;
    for (auto it = rows.lower_bound(from); it != rows.end() && it->first < before; ++it) {
      if (it->second.waits() && fact_partition("paris-042", it->second.fact.data) == partition) found = it->first;
    }
    return found;
  }
  event::RowsRevived revive(const effect::ReviveRows& asked) {
    event::RowsRevived out{asked.command, asked.name, 0, {}};
    for (Sequence s = asked.from; s <= asked.to; ++s) {
      const auto it = rows.find(s);
      if (it != rows.end()) {
        it->second.delivered = it->second.set_aside = false;
        if (out.first == 0) out.first = s;
      } else if (!out.gone.empty() && out.gone.back().second + 1 == s) {
        out.gone.back().second = s;
      } else {
        out.gone.emplace_back(s, s);
      }
    }
    return out;
  }
  [[nodiscard]] event::OutboxSurveyed survey(const effect::SurveyOutbox& asked) const {
    event::OutboxSurveyed out;
    for (const auto& [sequence, row] : rows) {
      if (!row.waits()) continue;
      ++out.rows;
      const bool dead = asked.now && row.fact.expires_at && *row.fact.expires_at <= *asked.now;
      if (dead && fact_kind(row.fact.data).cls == DeliveryClass::perishable) out.expired.push_back(sequence);
    }
    return out;
  }
  [[nodiscard]] event::Restored restored() const {
    event::Restored out;
    out.last_sequence = last;
    for (const auto& [sequence, row] : rows) {
      if (!row.waits()) continue;
      ++out.undelivered;
      if (out.first_undelivered == 0) out.first_undelivered = sequence;
    }
    for (const auto& [id, visit] : visits) {
      if (visit.state == VisitState::ended) continue;
      out.open_visits.push_back(visit);
      if (const auto it = cards.find(id); it != cards.end()) out.cards.push_back(it->second);
    }
    for (const auto& [key, change] : consents) out.consents.push_back(change);
    for (const auto& [id, trace] : traces) out.traces.push_back(trace);
    for (const auto& [id, purchase] : purchases) out.purchases.push_back(purchase);
    out.learnt = learnt;
    out.goods.assign(goods.begin(), goods.end());
    out.action_ids = actions;
    out.command_ids = commands;
    for (const auto& [name, numbers] : tills) out.tills.push_back(numbers);
    out.figures = {interval, {shares.begin(), shares.end()}};
    return out;
  }
  [[nodiscard]] std::optional<TicketRecord> ticket(const TicketId& id) const {
    const auto it = tickets.find(id);
    return it == tickets.end() ? std::nullopt : std::optional{it->second};
  }
};

/// The cache file: what central can send again.
struct CacheFile {
  std::map<MemberId, Profile> profiles;
  std::vector<CatalogItem> items = shelf();
  std::vector<ComplementRule> complements = rules();
  std::optional<WallTime> profiles_updated_at;

  void put(const Profile& profile) { profiles.insert_or_assign(profile.member, profile); }
  [[nodiscard]] std::vector<event::MemberKeys> keys() const {
    std::vector<event::MemberKeys> out;
    for (const auto& [id, profile] : profiles) {
      const auto& recognition = profile.consent.at(Purpose::recognition);
      if (recognition && recognition->status == ConsentStatus::granted)
        out.push_back({id, recognition->at, recognition->until, profile.keys});
    }
    return out;
  }
  [[nodiscard]] std::optional<Profile> holder(const std::optional<std::string>& number) const {
    for (const auto& [id, profile] : profiles) {
      for (const auto& own : profile.loyalty) {
        if (number == own) return profile;
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<Dossier> dossier(const MemberId& member) const {
    const auto it = profiles.find(member);
    return it == profiles.end() ? std::nullopt : std::optional{Dossier{it->second, items, complements}};
  }
};

/// What the facts lane, then the cache lane, would find for a ticket now.
inline event::TicketFactsLoaded ticket_facts(const FactsFile& facts, const CacheFile& cache,
                                             const effect::LoadTicketFacts& asked) {
  event::TicketFactsLoaded out;
  out.request = asked.request;
  out.known = facts.ticket(asked.id);
  if (asked.voids) out.target = facts.ticket(*asked.voids);
  if (asked.returns) out.original = facts.ticket(*asked.returns);
  if (asked.resumes) out.resumed = facts.ticket(*asked.resumes);
  const auto names = [](const std::optional<TicketKey>& link, const std::optional<TicketId>& id) {
    return link && id && ticket_id(*link) == *id;
  };
  for (const TicketId& id : facts.linking) {
    const TicketRecord& ticket = facts.tickets.at(id);
    if (names(ticket.voids, asked.id) && !out.voided_by) out.voided_by = ticket;
    if (names(ticket.resumes, asked.id)) out.resumed_later = true;
    if (names(ticket.returns, asked.returns)) out.siblings.push_back(ticket);
    if (names(ticket.returns, out.target ? out.target->id : asked.id)) out.returned_by.push_back(ticket);
  }
  for (const MemberId& member : members_named(out)) {
    if (const auto it = cache.profiles.find(member); it != cache.profiles.end()) out.members.push_back(it->second);
  }
  out.catalogue = !cache.items.empty();
  out.holder = cache.holder(asked.loyalty);
  if (asked.member && cache.profiles.contains(*asked.member)) out.member = cache.profiles.at(*asked.member);
  for (const auto& [key, rejected] : facts.verdicts) {
    if (rejected && key.first == asked.id) out.rejected.push_back(key.second);
  }
  const std::set<std::string> skus(asked.skus.begin(), asked.skus.end());
  for (const auto& item : cache.items) {
    if (skus.contains(item.variant)) out.items.push_back(item);
  }
  return out;
}

}  // namespace tg::test
