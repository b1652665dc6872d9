#include "cli/replay.hpp"

#include <fstream>
#include <limits>
#include <ostream>

#include "codec/journal.hpp"

namespace tg {
namespace {

// Both clocks of a replay are the journal's.
Stamp stamp(WallTime at) { return {MonoTime{at.time_since_epoch()}, at}; }
WallTime wall(MonoTime t) { return WallTime{t.time_since_epoch()}; }

/// A recorded tap names "@<member>" for the visit that is open and "@<rank>" on its card (runtime/recorder): the ids of
/// the recording's run are not those of this one.
Event resolved(const event::ActionArrived& tap, const Core& core) {
  event::ActionArrived out = tap;
  if (!tap.action.visit.value.starts_with('@')) return out;
  const Visit* visit = core.presence().visit_of(MemberId{tap.action.visit.value.substr(1)});
  if (visit == nullptr) return out;
  out.action.visit = visit->id;
  const VisitCards* cards = core.suggestions().cards(visit->id);
  if (cards == nullptr || !cards->card) return out;
  for (const auto& s : cards->card->suggestions) {
    if (tap.action.suggestion == SuggestionId{'@' + std::to_string(s.rank)}) out.action.suggestion = s.id;
  }
  return out;
}

}  // namespace

Replay::Replay(const Config& config, std::ostream& out)
    : prefixes_{config.central_prefix(), config.local_prefix()},
      out_(out),
      core_(config.policy()),
      store_(config.store, core_.policy().source(), prefixes_.central) {}

void Replay::feed(const Event& event, WallTime at) {
  pass(at);
  const auto* tap = std::get_if<event::ActionArrived>(&event);
  step(tap == nullptr ? event : resolved(*tap, core_), at);
}

void Replay::pass(WallTime at) {
  if (!started_) {  // links are up from the first line on
    started_ = true;
    step(event::Restored{}, at);
    step(event::LinkUp{Link::central}, at);
    step(event::LinkUp{Link::local}, at);
  }
  while (const auto deadline = core_.next_deadline()) {
    if (wall(*deadline) > at) return;
    step(event::DeadlineReached{}, wall(*deadline));
  }
}

void Replay::step(const Event& event, WallTime at) {
  answers_.push_back(event);
  while (!answers_.empty()) {
    const Event next = std::move(answers_.front());
    answers_.pop_front();
    build_tables(at);
    Effects effects;
    core_.step(next, stamp(at), effects);
    carry_out(effects, at);
    build_tables(at);  // what waits for them happens now, not at the next line
  }
}

void Replay::build_tables(WallTime at) {
  Effects effects;
  while (core_.work(stamp(at), std::numeric_limits<std::size_t>::max(), effects)) {
  }
  carry_out(effects, at);
}

void Replay::carry_out(const Effects& effects, WallTime at) {
  for (const auto& effect : effects) {
    if (store_.carry_out(effect, answers_)) continue;
    const auto message = outgoing(effect, prefixes_);
    if (!message) continue;
    out_ << encode_replay_line(at, message->topic, message->payload) << '\n';
    if (message->token != 0) answers_.emplace_back(event::Delivered{message->token, 0});
  }
}

int run_replay(const std::string& config_path, const std::string& journal_path, std::ostream& out, std::ostream& err) {
  const auto config = load_config(config_path);
  if (!config) {
    for (const auto& problem : config.error())
      err << problem.file << ": " << problem.pointer << ": " << problem.what << '\n';
    return 1;
  }
  std::ifstream journal(journal_path);
  if (!journal) {
    err << journal_path << ": cannot be read\n";
    return 1;
  }
  Replay replay(*config, out);
  WallTime last = WallTime::min();
  std::string line;
  for (std::size_t number = 1; std::getline(journal, line); ++number) {
    if (line.empty()) continue;
    const auto input = decode_journal_line(line, replay.core().policy());
    if (!input || input->at < last) {
      err << journal_path << ": line " << number << ": "
          << (input ? std::string("/at: decreases; each line is at or after the one before it") : input.error().message)
          << '\n';
      return 1;
    }
    last = input->at;
    if (input->event && !std::holds_alternative<event::DeadlineReached>(*input->event)) {
      replay.feed(*input->event, input->at);
    } else {
      replay.pass(input->at);
    }
  }
  return 0;
}

}  // namespace tg
