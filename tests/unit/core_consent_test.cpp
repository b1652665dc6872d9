// What members decide, through the whole core (contract §4.2): at once, for good, and without a trace afterwards.
#include <gtest/gtest.h>

#include "support/core/open_box.hpp"

namespace tg {
namespace {

using namespace test;
constexpr auto kRevoked = ConsentStatus::revoked;
constexpr auto kGranted = ConsentStatus::granted;

class CoreConsent : public OpenBox {
 protected:
  std::vector<AckStatus> acks() const {
    std::vector<AckStatus> out;
    for (const auto& a : box.seen.shown<effect::PublishAck>()) out.push_back(a.ack.status);
    return out;
  }
  WallTime now() const { return at(box.now()).wall; }
  bool recognised() {
    box.pass(1h);
    return !box.enter(who).empty();
  }
};
using Acks = std::vector<AckStatus>;

TEST_F(CoreConsent, ARefusalEndsTheVisitTheCardAndRecognitionInOneStep) {
  const VisitId visit = box.enter_fitting(who);
  ASSERT_EQ(box.seen.tablet.size(), 1U);
  const auto before = box.seen.facts.size();
  box.consent("c-1", who, Purpose::recognition, kRevoked, now());
  EXPECT_TRUE(box.seen.tablet.empty());
  EXPECT_FALSE(box.core().identity().knows(who.member, now()));
  EXPECT_EQ(box.core().presence().visit(visit), nullptr);
  const auto ended = box.seen.all<fact::VisitEnded>();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].reason, EndReason::consent);
  std::size_t end_at = 0;
  for (std::size_t i = before; i < box.seen.facts.size(); ++i) {
    const auto& data = box.seen.facts[i].data;
    if (std::holds_alternative<fact::VisitEnded>(data)) end_at = i;
    EXPECT_FALSE(std::holds_alternative<fact::VisitZoneChanged>(data));
    EXPECT_FALSE(std::holds_alternative<fact::SuggestionCreated>(data));
  }
  ASSERT_EQ(box.seen.facts.size(), end_at + 2) << "its end is the last word about the visit";
  EXPECT_TRUE(std::holds_alternative<fact::ConsentApplied>(box.seen.facts.back().data));
  EXPECT_EQ(acks(), Acks{AckStatus::applied});
  box.hear(who, kFitting);
  box.pass(1h);
  EXPECT_EQ(box.seen.facts.size(), end_at + 2) << "nor anything later";
}

/// What a purpose allows, one column a use; each use has one gate, and no refusal opens or closes another's.
struct Uses {
  bool visit, visit_at_the_till, card, first_name, attribution;
  bool operator==(const Uses&) const = default;
};
struct Refused {
  Purpose purpose;
  Uses left;
};
constexpr Refused kRefusals[] = {
    {Purpose::recognition, {false, false, false, false, true}},
    {Purpose::associate_display, {true, true, true, false, true}},
    {Purpose::suggestion, {true, true, false, false, true}},
    {Purpose::attribution, {true, true, true, true, false}},
    {Purpose::sms, {true, true, true, true, true}},
    {Purpose::email, {true, true, true, true, true}},
};

/// Everything that the box does with a member, tried once.
Uses uses_of(const Profile& who, std::optional<Purpose> withdrawn = {}) {
  const auto opened = [&](Box& box) {
    box.cache.put(who);
    box.start();
    if (withdrawn) box.consent("c-1", who, *withdrawn, kRevoked, at(box.now()).wall);
  };
  Uses done{};
  Box radio;
  opened(radio);
  const VisitId visit = radio.enter_fitting(who);
  done.visit = !visit.empty();
  done.card = !radio.seen.tablet.empty();
  if (done.card) {
    radio.tap(visit, ActionKind::claim, "tap-1");
    done.first_name = radio.seen.tablet.at(visit).first_name.has_value();
  }
  Box till;
  opened(till);
  till.till(coat_ticket(at(till.now()).wall));
  done.visit_at_the_till = !till.seen.all<fact::VisitStarted>().empty();
  done.attribution = !till.seen.all<fact::AttributionCreated>().empty();
  return done;
}

TEST(Purposes, EachUseAsksForItsOwn) {
  constexpr Uses kAll{true, true, true, true, true};
  Profile granted = camille();
  for (const auto& [purpose, left] : kRefusals) grant(granted, purpose);
  EXPECT_EQ(uses_of(granted), kAll) << "else the rows below prove nothing";
  for (const auto& [purpose, left] : kRefusals) {
    Profile without = granted;
    without.consent.at(purpose).reset();
    EXPECT_EQ(uses_of(without), left) << "never granted: purpose " << static_cast<int>(purpose);
    EXPECT_EQ(uses_of(granted, purpose), left) << "withdrawn: purpose " << static_cast<int>(purpose);
    without.consent.at(purpose) = ConsentRecord{ConsentStatus::granted, kLongAgo, kOpening - 1s, ""};
    EXPECT_EQ(uses_of(without), left) << "run out: purpose " << static_cast<int>(purpose);
  }
}

TEST_F(CoreConsent, WhoIsInsideIsNotEvicted) {
  const Profile other = member("m-who-is-not-here", 2);
  box.replace_profiles("S1", {who, other});
  box.enter_fitting(who);
  box.send(event::EvictionDue{7, {who.member, other.member}});
  ASSERT_EQ(box.seen.evicted.size(), 1U);
  EXPECT_EQ(box.seen.evicted[0].round, 7U);
  EXPECT_EQ(box.seen.evicted[0].members, std::vector<MemberId>{other.member});
  EXPECT_TRUE(box.core().identity().knows(who.member, now()));
  EXPECT_FALSE(box.core().identity().knows(other.member, now()));
  EXPECT_EQ(box.seen.tablet.size(), 1U) << "her card stays";
}

TEST_F(CoreConsent, ARefusalOfSuggestionsTakesTheCardAndLeavesTheVisit) {
  const VisitId visit = box.enter_fitting(who);
  box.consent("c-1", who, Purpose::suggestion, kRevoked, now());
  EXPECT_TRUE(box.seen.tablet.empty());
  EXPECT_NE(box.core().presence().visit(visit), nullptr);
  box.walk(who, kFloor);
  box.walk(who, kFitting);
  EXPECT_TRUE(box.seen.tablet.empty());
  EXPECT_EQ(box.seen.all<fact::SuggestionSuppressed>().at(0).reason, SuppressReason::consent);
}

TEST_F(CoreConsent, ARefusalOfTheNameTakesItOffTheCard) {
  const VisitId visit = box.enter_fitting(who);
  box.tap(visit, ActionKind::claim, "a-1");
  ASSERT_EQ(box.seen.tablet.at(visit).first_name, "Camille");
  box.consent("c-1", who, Purpose::associate_display, kRevoked, now());
  EXPECT_EQ(box.seen.tablet.at(visit).first_name, std::nullopt);
}

TEST_F(CoreConsent, TheNewestDecisionWinsAndATieIsARefusal) {
  box.consent("c-1", who, Purpose::sms, kGranted, kOpening);
  box.consent("c-2", who, Purpose::sms, kRevoked, kOpening - 1ms);
  box.consent("c-3", who, Purpose::sms, kRevoked, kOpening);
  box.consent("c-4", who, Purpose::sms, kGranted, kOpening);
  box.consent("c-5", who, Purpose::sms, kGranted, kOpening + 1ms);
  EXPECT_EQ(acks(), (Acks{AckStatus::applied, AckStatus::rejected, AckStatus::applied, AckStatus::rejected,
                          AckStatus::applied}));
  EXPECT_EQ(box.seen.all<fact::ConsentApplied>().size(), 3U);
}

TEST_F(CoreConsent, ARefusalSurvivesALaterSnapshot) {
  box.consent("c-1", who, Purpose::recognition, kRevoked, kOpening);
  box.replace_profiles("S2", {who});  // whose grant is of long ago
  EXPECT_FALSE(recognised());
}

TEST_F(CoreConsent, ARefusalSurvivesARestart) {
  box.consent("c-1", who, Purpose::recognition, kRevoked, kOpening);
  box.crash();
  box.start();
  EXPECT_FALSE(recognised());
}

TEST_F(CoreConsent, ANewGrantWaitsForAProfileWithKeys) {
  box.consent("c-1", who, Purpose::recognition, kRevoked, kOpening);
  box.consent("c-2", who, Purpose::recognition, kGranted, kOpening + 1min);
  EXPECT_FALSE(recognised());
  Profile again = who;
  grant(again, Purpose::recognition, kOpening + 1min);
  box.replace_profiles("S2", {again});
  EXPECT_TRUE(recognised());
}

TEST_F(CoreConsent, AProfileGrantedAfterTheRefusalIsRecognised) {
  box.consent("c-1", who, Purpose::recognition, kRevoked, kOpening);
  Profile again = who;
  grant(again, Purpose::recognition, kOpening + 1ms);
  box.replace_profiles("S2", {again});
  EXPECT_TRUE(recognised());
}

TEST_F(CoreConsent, ARepeatedCommandIsADuplicateAlsoAfterARestart) {
  box.consent("c-1", who, Purpose::sms, kGranted, kOpening);
  box.consent("c-1", who, Purpose::sms, kGranted, kOpening);
  box.crash();
  box.start();
  box.consent("c-1", who, Purpose::sms, kGranted, kOpening);
  EXPECT_EQ(acks(), (Acks{AckStatus::applied, AckStatus::duplicate, AckStatus::duplicate}));
  EXPECT_EQ(box.seen.all<fact::ConsentApplied>().size(), 1U);
}

TEST_F(CoreConsent, TheAckWaitsForTheCommitTheEffectDoesNot) {
  box.enter_fitting(who);
  box.commits = false;
  box.consent("c-1", who, Purpose::recognition, kRevoked, now());
  EXPECT_FALSE(box.core().identity().knows(who.member, now()));
  EXPECT_TRUE(acks().empty());
  box.commit_all();
  EXPECT_EQ(acks(), Acks{AckStatus::applied});
}

// --- who is no longer in the profiles --------------------------------------------------------------------------------

TEST_F(CoreConsent, WhoIsNotInASnapshotIsRemoved) {
  box.enter(who);
  box.replace_profiles("S2", {member("m-2", 2)});
  const auto ended = box.seen.all<fact::VisitEnded>();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].reason, EndReason::removed);
  EXPECT_FALSE(recognised());
}

TEST_F(CoreConsent, ASnapshotDoesNotDisturbWhoIsInIt) {
  const VisitId visit = box.enter_fitting(who);
  box.replace_profiles("S2", {who, member("m-2", 2)});
  EXPECT_NE(box.core().presence().visit(visit), nullptr);
  EXPECT_EQ(box.seen.tablet.size(), 1U);
}

TEST_F(CoreConsent, AnImportIsAnsweredWhenItsMembersAreRecognised) {
  const Profile other = member("m-2", 2);
  box.loads = false;
  box.replace_profiles("S2", {who, other});
  EXPECT_TRUE(acks().empty()) << "on disk, but his token is still a stranger's";
  box.loads = true;
  box.load_all();
  EXPECT_EQ(acks(), Acks{AckStatus::applied});
  Aes128 aes;
  const auto seconds = static_cast<std::uint32_t>(unix_s(now()));
  box.send(event::AdvertSeen{kEntrance, compute_eid(aes, other.keys.at(0).eid_key, seconds), -60});
  EXPECT_EQ(box.seen.counters[effect::Counter::adverts_matched], 1U);
}

TEST_F(CoreConsent, OfTwoImportsAtOnceEachIsAnsweredWithItsOwnKeys) {
  box.loads = false;
  box.replace_profiles("S2", {who});
  box.replace_profiles("S3", {who, member("m-2", 2)});
  box.load_all();
  EXPECT_EQ(acks(), (Acks{AckStatus::applied, AckStatus::applied}));
}

TEST_F(CoreConsent, ADeltaAddsAndRemovesAtOnce) {
  box.enter(who);
  auto rows = std::make_shared<DataRows>();
  const Profile other = member("m-2", 2);
  rows->profiles.push_back({other, {}});
  box.command("d-1", "profiles.delta", Delta{DataSet::profiles, 0, 1, rows, {who.member.value}});
  EXPECT_EQ(box.seen.all<fact::VisitEnded>().at(0).reason, EndReason::removed);
  EXPECT_FALSE(box.enter(other).empty());
}

TEST_F(CoreConsent, WithoutRecognitionThereIsNoVisitWhateverIsHeard) {
  Profile p = who;
  p.consent.at(Purpose::recognition).reset();
  box.replace_profiles("S2", {p});
  EXPECT_FALSE(recognised());
  box.send(event::AdvertSeen{kEntrance, eid_of("3343935576051e04"), -60});
  EXPECT_TRUE(box.seen.all<fact::VisitStarted>().empty());
}

// --- a consent that ends by itself -----------------------------------------------------------------------------------

TEST_F(CoreConsent, AConsentThatRunsOutEndsTheVisitAtThatSecond) {
  Profile p = who;
  p.consent.at(Purpose::recognition)->until = now() + 90s;
  box.replace_profiles("S2", {p});
  ASSERT_FALSE(box.enter(p).empty());
  for (int i = 0; i < 85; ++i) {
    box.pass(1s);
    box.hear(p, kEntrance);
  }
  EXPECT_TRUE(box.seen.all<fact::VisitEnded>().empty());
  for (int i = 0; i < 85; ++i) {
    box.pass(1s);
    box.hear(p, kEntrance);
  }
  ASSERT_EQ(box.seen.all<fact::VisitEnded>().size(), 1U);
  EXPECT_EQ(box.seen.all<fact::VisitEnded>()[0].reason, EndReason::consent);
  EXPECT_EQ(box.seen.all<fact::VisitStarted>().size(), 1U);
}

// --- erasure ---------------------------------------------------------------------------------------------------------

TEST_F(CoreConsent, AnErasureEndsEverythingAndThenSaysSo) {
  box.enter_fitting(who);
  box.command("e-1", "erase", EraseRequest{"r-1", who.member});
  EXPECT_TRUE(box.seen.tablet.empty());
  EXPECT_EQ(box.seen.all<fact::VisitEnded>().at(0).reason, EndReason::erased);
  EXPECT_FALSE(box.cache.profiles.contains(who.member));
  const auto completed = box.seen.all<fact::EraseCompleted>();
  ASSERT_EQ(completed.size(), 1U);
  EXPECT_EQ(completed[0].request_id, "r-1");
  EXPECT_EQ(acks(), Acks{AckStatus::applied});
  EXPECT_FALSE(recognised());
}

TEST_F(CoreConsent, WhatWasReadBeforeAnErasureNamesNobodyAfterIt) {
  box.loads = box.answers_erasure = false;
  box.till(coat_ticket(now(), "118"));
  box.command("e-1", "erase", EraseRequest{"r-1", who.member});
  event::TicketFactsLoaded late;
  late.request = 1;
  late.holder = who;
  box.send(late);
  box.send(event::KeysLoaded{{{who.member, kOpening, {}, who.keys}}, false, false});
  EXPECT_EQ(box.seen.all<fact::TicketRecorded>().size(), 1U);
  EXPECT_TRUE(box.seen.all<fact::AttributionCreated>().empty());
  EXPECT_FALSE(box.core().identity().knows(who.member, now()));
}

TEST_F(CoreConsent, AnErasureThatACrashInterruptedIsDoneWhenItIsRepeated) {
  box.enter(who);
  box.answers_erasure = false;
  box.command("e-1", "erase", EraseRequest{"r-1", who.member});
  box.crash();
  box.answers_erasure = true;
  box.start();
  box.command("e-1", "erase", EraseRequest{"r-1", who.member});
  EXPECT_EQ(acks(), Acks{AckStatus::applied}) << "not: duplicate of something that never happened";
  EXPECT_EQ(box.seen.all<fact::EraseCompleted>().size(), 1U);
}

TEST_F(CoreConsent, AForgottenMemberAtTheDeskIsErasedToo) {
  box.enter(who);
  box.send(event::ForgetAsked{CommandId{"desk-1"}, who.member});
  EXPECT_EQ(box.seen.all<fact::EraseCompleted>().size(), 1U);
  EXPECT_FALSE(recognised());
}

}  // namespace
}  // namespace tg
