#include "cli/memory_store.hpp"

#include <algorithm>

#include "codec/facts.hpp"
#include "core/matching.hpp"
#include "core/ticket_life.hpp"

namespace tg {
namespace {

template <class E>
concept StoreEffect = requires(E) {
  requires std::is_same_v<E, effect::Persist> || std::is_same_v<E, effect::ReadRows> ||
               std::is_same_v<E, effect::SurveyOutbox> || std::is_same_v<E, effect::ReviveRows> ||
               std::is_same_v<E, effect::EraseRows> || std::is_same_v<E, effect::LoadTicketFacts> ||
               std::is_same_v<E, effect::LoadDossier> || std::is_same_v<E, effect::LoadKeys> ||
               std::is_same_v<E, effect::WriteCache> || std::is_same_v<E, effect::EvictMembers> ||
               std::is_same_v<E, effect::ForgetMember> || std::is_same_v<E, effect::PatchConfig>;
};

event::MemberKeys keys_of(const Profile& profile) {
  const auto& recognition = profile.consent.at(Purpose::recognition);
  if (!recognition) return {profile.member, WallTime{}, {}, profile.keys};
  return {profile.member, recognition->at, recognition->until, profile.keys};
}

bool recognisable(const Profile& profile) {
  const auto& recognition = profile.consent.at(Purpose::recognition);
  return recognition && recognition->status == ConsentStatus::granted;
}

}  // namespace

bool MemoryStore::carry_out(const Effect& effect, std::deque<Event>& answers) {
  return std::visit(
      [&]<class E>(const E& e) {
        if constexpr (StoreEffect<E>) {
          on(e, answers);
          return true;
        } else {
          return false;
        }
      },
      effect);
}

// --- facts -----------------------------------------------------------------------------------------------------------

void MemoryStore::on(const effect::Persist& e, std::deque<Event>& answers) {
  for (const auto& op : e.ops) {
    if (const auto* append = std::get_if<row::AppendFact>(&op)) {
      const Fact& fact = append->fact;
      rows_[fact.sequence] = {fact.sequence, fact_topic(prefix_, fact.data), encode_fact(store_, source_, fact),
                              fact.expires_at};
    } else if (const auto* ticket = std::get_if<row::PutTicket>(&op)) {
      tickets_[ticket->ticket.id] = ticket->ticket;
      if (ticket->ticket.voids || ticket->ticket.returns || ticket->ticket.resumes) linking_.insert(ticket->ticket.id);
    } else if (const auto* verdict = std::get_if<row::PutVerdict>(&op)) {
      auto& rejected = rejected_[verdict->ticket];
      if (verdict->rejected) rejected.insert(verdict->member);
      if (!verdict->rejected) rejected.erase(verdict->member);
    } else if (const auto* done = std::get_if<row::MarkDelivered>(&op)) {
      delivered_.insert(done->sequences.begin(), done->sequences.end());
    }
  }
  answers.emplace_back(event::Committed{e.batch});
}

void MemoryStore::on(const effect::ReadRows& e, std::deque<Event>& answers) {
  event::RowsRead read;
  auto row = rows_.lower_bound(e.from);
  for (; row != rows_.end() && read.rows.size() < e.limit; ++row) {
    if (!delivered_.contains(row->first)) read.rows.push_back(row->second);
  }
  read.end = row == rows_.end();
  answers.emplace_back(std::move(read));
}

/// Acks are immediate: nothing waits long enough to die.
void MemoryStore::on(const effect::SurveyOutbox&, std::deque<Event>& answers) {
  answers.emplace_back(event::OutboxSurveyed{});
}

void MemoryStore::on(const effect::ReviveRows& e, std::deque<Event>& answers) {
  event::RowsRevived revived{e.command, e.name, 0, {}};
  for (Sequence s = e.from; s <= e.to && rows_.contains(s); ++s) {
    if (revived.first == 0) revived.first = s;
    delivered_.erase(s);
  }
  const Sequence held = rows_.empty() ? 0 : rows_.rbegin()->first;
  if (e.to > held) revived.gone.emplace_back(std::max(e.from, held + 1), e.to);
  answers.emplace_back(std::move(revived));
}

void MemoryStore::on(const effect::EraseRows& e, std::deque<Event>& answers) {
  for (auto& [id, ticket] : tickets_) {
    if (ticket.attribution && ticket.attribution->member == e.member) ticket.attribution->member.reset();
    if (ticket.named && ticket.named->member == e.member) ticket.named.reset();
  }
  answers.emplace_back(event::RowsErased{e.command, e.name, e.request_id, e.member, {}, {}});
}

/// Tickets that name others, in order of their ids.
void MemoryStore::find_links(const TicketId& returned, const effect::LoadTicketFacts& e,
                             event::TicketFactsLoaded& loaded) const {
  const auto names = [](const std::optional<TicketKey>& link, const std::optional<TicketId>& id) {
    return link && id && ticket_id(*link) == *id;
  };
  for (const TicketId& id : linking_) {
    const TicketRecord& ticket = tickets_.at(id);
    if (names(ticket.voids, e.id) && !loaded.voided_by) loaded.voided_by = ticket;
    if (names(ticket.resumes, e.id)) loaded.resumed_later = true;
    if (names(ticket.returns, e.returns)) loaded.siblings.push_back(ticket);
    if (names(ticket.returns, returned)) loaded.returned_by.push_back(ticket);
  }
}

void MemoryStore::on(const effect::LoadTicketFacts& e, std::deque<Event>& answers) {
  const auto stored = [&](const TicketId& id) {
    const auto it = tickets_.find(id);
    return it == tickets_.end() ? std::optional<TicketRecord>{} : it->second;
  };
  event::TicketFactsLoaded loaded;
  loaded.request = e.request;
  loaded.known = stored(e.id);
  if (e.voids) loaded.target = stored(*e.voids);
  if (e.returns) loaded.original = stored(*e.returns);
  if (e.resumes) loaded.resumed = stored(*e.resumes);
  find_links(loaded.target ? loaded.target->id : e.id, e, loaded);
  for (const MemberId& member : members_named(loaded)) {
    if (const auto it = profiles_.find(member); it != profiles_.end()) loaded.members.push_back(it->second);
  }
  loaded.catalogue = !items_.empty();
  const auto holder = std::find_if(profiles_.begin(), profiles_.end(), [&](const auto& entry) {
    const auto& numbers = entry.second.loyalty;
    const auto& orders = entry.second.collect;
    if (e.loyalty) return std::find(numbers.begin(), numbers.end(), *e.loyalty) != numbers.end();
    return e.collect && std::any_of(orders.begin(), orders.end(), [&](const auto& o) { return o.order == *e.collect; });
  });
  if (holder != profiles_.end()) loaded.holder = holder->second;
  if (e.member && profiles_.contains(*e.member)) loaded.member = profiles_.at(*e.member);
  if (const auto no = rejected_.find(e.id); no != rejected_.end())
    loaded.rejected.assign(no->second.begin(), no->second.end());
  for (const auto& [variant, item] : items_) {
    const bool named = std::find(e.skus.begin(), e.skus.end(), variant) != e.skus.end() ||
                       (!item.gtin.empty() && std::find(e.gtins.begin(), e.gtins.end(), item.gtin) != e.gtins.end());
    if (named) loaded.items.push_back(item);
  }
  answers.emplace_back(std::move(loaded));
}

// --- cache -----------------------------------------------------------------------------------------------------------

void MemoryStore::on(const effect::LoadDossier& e, std::deque<Event>& answers) {
  const auto it = profiles_.find(e.member);
  if (it == profiles_.end()) {
    answers.emplace_back(event::DossierLoaded{e.visit, std::nullopt});
    return;
  }
  Dossier dossier{it->second, {}, {}};
  std::set<std::string> styles;
  for (const auto& intent : it->second.intents) styles.insert(intent.style);
  for (const auto& purchase : it->second.purchases) styles.insert(purchase.style);
  for (const auto& rule : rules_) {
    const bool owned = std::any_of(it->second.purchases.begin(), it->second.purchases.end(),
                                   [&](const Purchase& p) { return p.style == rule.style; });
    if (owned) dossier.rules.push_back(rule);
  }
  std::stable_sort(dossier.rules.begin(), dossier.rules.end(), [](const ComplementRule& a, const ComplementRule& b) {
    return a.score_permille > b.score_permille;
  });
  for (const auto& rule : dossier.rules) styles.insert(rule.with);
  for (const auto& [variant, item] : items_) {
    if (styles.contains(item.style)) dossier.items.push_back(item);
  }
  for (const auto& [id, scenario] : scenarios_) {
    if (!scenario.enabled) dossier.scenarios_off.insert(id);
  }
  answers.emplace_back(event::DossierLoaded{e.visit, std::move(dossier)});
}

void MemoryStore::on(const effect::LoadKeys&, std::deque<Event>& answers) {
  event::KeysLoaded loaded;
  loaded.first = loaded.last = true;
  for (const auto& [member, profile] : profiles_) {
    if (recognisable(profile)) loaded.members.push_back(keys_of(profile));
  }
  answers.emplace_back(std::move(loaded));
}

void MemoryStore::on(const effect::WriteCache& e, std::deque<Event>& answers) {
  auto written = std::visit([this](const auto& body) { return write(body); }, e.body);
  written.command = e.command;
  written.name = e.name;
  answers.emplace_back(std::move(written));
}

event::CacheWritten MemoryStore::write(const SnapshotPart& part) {
  Set& set = sets_[part.set];
  event::CacheWritten written;
  if (!part.snapshot.empty() && part.snapshot == set.held && part.revision == set.revision) {
    written.status = AckStatus::duplicate;
    written.revision = set.revision;
    return written;
  }
  if (set.staging != part.snapshot) {
    set.staging = part.snapshot;
    set.parts.clear();
  }
  set.parts.insert_or_assign(part.part, part);
  written.status = AckStatus::accepted;
  if (static_cast<std::int32_t>(set.parts.size()) < part.parts) {
    for (std::int32_t number = 1; number <= part.parts; ++number) {
      if (!set.parts.contains(number)) written.missing.push_back(number);
    }
    return written;
  }
  take_over(part.set);
  set.held = part.snapshot;
  set.revision = part.revision;
  written.revision = part.revision;
  written.status = AckStatus::applied;
  written.profiles_replaced = part.set == DataSet::profiles;
  return written;
}

void MemoryStore::take_over(DataSet which) {
  Set& set = sets_[which];
  if (which == DataSet::profiles) profiles_.clear();
  if (which == DataSet::catalog) items_.clear();
  if (which == DataSet::complements) rules_.clear();
  if (which == DataSet::scenarios) scenarios_.clear();
  for (const auto& [number, part] : std::exchange(set.parts, {})) upsert(*part.rows);
  set.staging.clear();
}

void MemoryStore::upsert(const DataRows& rows) {
  for (const auto& [profile, body] : rows.profiles) profiles_.insert_or_assign(profile.member, profile);
  for (const auto& item : rows.items) items_.insert_or_assign(item.variant, item);
  rules_.insert(rules_.end(), rows.rules.begin(), rows.rules.end());
  for (const auto& scenario : rows.scenarios) scenarios_.insert_or_assign(scenario.id, scenario);
}

event::CacheWritten MemoryStore::write(const Delta& delta) {
  Set& set = sets_[delta.set];
  event::CacheWritten written;
  written.revision = set.revision;
  if (delta.to_revision == set.revision) {
    written.status = AckStatus::duplicate;
    return written;
  }
  if (delta.from_revision != set.revision) {
    written.status = AckStatus::rejected;
    written.reason = "gap";
    return written;
  }
  upsert(*delta.upserts);
  for (const auto& [profile, body] : delta.upserts->profiles) {
    if (recognisable(profile)) {
      written.upserted.push_back(keys_of(profile));
    } else {
      written.removed.push_back(profile.member);
    }
  }
  for (const auto& name : delta.removes) {
    if (delta.set == DataSet::profiles) {
      written.removed.emplace_back(name);
      profiles_.erase(MemberId{name});
    } else {
      items_.erase(name);
    }
  }
  set.revision = delta.to_revision;
  written.revision = set.revision;
  return written;
}

event::CacheWritten MemoryStore::write(const ConsentChange& change) {
  const auto it = profiles_.find(change.member);
  if (it != profiles_.end()) {
    auto& held = it->second.consent.at(change.purpose);
    const bool refusal = change.record.status != ConsentStatus::granted;
    if (!held || change.record.at > held->at || (change.record.at == held->at && refusal)) held = change.record;
    if (change.purpose == Purpose::recognition && refusal) it->second.keys.clear();
  }
  return {};
}

/// Never asked for: this store has no limit.
void MemoryStore::on(const effect::EvictMembers&, std::deque<Event>&) {}

void MemoryStore::on(const effect::PatchConfig& e, std::deque<Event>& answers) {
  answers.emplace_back(event::ConfigPatched{e.command, e.name, "a replay keeps the configuration that it was given"});
}

void MemoryStore::on(const effect::ForgetMember& e, std::deque<Event>& answers) {
  profiles_.erase(e.member);
  answers.emplace_back(event::MemberForgotten{e.command, e.name, e.request_id, e.member});
}

}  // namespace tg
