// GATT check-in through the whole core (contract §3.2): proofs, windows, repeats, leases and the word of the member.
#include <gtest/gtest.h>

#include "support/core/box.hpp"

namespace tg {
namespace {

using namespace test;
using Verdict = CheckinVerdict;

constexpr Challenge kNew{1, 2, 3, 4, 5, 6, 7, 8}, kOld{8, 7, 6, 5, 4, 3, 2, 1}, kExpired{9, 9, 9};

class CoreCheckin : public testing::Test {
 protected:
  Box box;
  const Profile who = camille();
  std::uint64_t requests = 0;

  void SetUp() override {
    box.cache.put(who);
    box.start();
  }
  /// What an app writes whose clock is `early` behind the box's.
  CheckinToken token(const Key128& key, const Challenge& challenge = kNew, CheckinKind kind = CheckinKind::arrive,
                     Seconds early = 0s) {
    Aes128 aes;
    CheckinToken out{kind, compute_eid(aes, key, static_cast<std::uint32_t>(unix_s(at(box.now()).wall - early))), {}};
    const Sha256 hmac = hmac_sha256(key, checkin_message(challenge, out));
    std::copy_n(hmac.begin(), out.mac.size(), out.mac.begin());
    return out;
  }
  CheckinToken token() { return token(who.keys[0].eid_key); }
  CheckinToken forget() { return token(who.keys[0].eid_key, kNew, CheckinKind::forget); }

  /// nothing: no answer yet.
  std::optional<Verdict> offer(const CheckinToken& offered, std::uint16_t receiver = kEntrance) {
    box.send(event::CheckinOffered{++requests, receiver, offered, {kNew, kOld}});
    return answered(requests);
  }
  std::optional<Verdict> answered(std::uint64_t request) {
    for (const auto& a : box.seen.shown<effect::CheckinAnswered>()) {
      if (a.request == request) return a.verdict;
    }
    return std::nullopt;
  }
  const Visit* visit() { return box.core().presence().visit_of(who.member); }
  std::vector<fact::VisitStarted> started() { return box.seen.all<fact::VisitStarted>(); }
};

TEST_F(CoreCheckin, AProofOpensAVisitInTheZoneOfTheAdapter) {
  EXPECT_EQ(offer(token(), kFitting), Verdict::accepted);
  ASSERT_EQ(started().size(), 1U);
  EXPECT_EQ(started()[0].method, RecognitionMethod::checkin);
  EXPECT_EQ(started()[0].zone, ZoneId{"fitting"});
  EXPECT_EQ(box.seen.counters[effect::Counter::checkins_accepted], 1U);
}

TEST_F(CoreCheckin, ThePreviousChallengeStillCountsAndAnOlderOneDoesNot) {
  const Key128& key = who.keys[0].eid_key;
  EXPECT_EQ(offer(token(key, kExpired)), Verdict::refused);
  EXPECT_EQ(visit(), nullptr);
  EXPECT_EQ(offer(token(key, kOld)), Verdict::accepted);
}

TEST_F(CoreCheckin, AWrongHmacAndAStrangerAreRefusedAlikeAndLeaveNothing) {
  const Sha256 before = box.core().digest();
  CheckinToken wrong = token();
  for (std::size_t i = 0; i < wrong.mac.size(); ++i) {
    wrong = token();
    wrong.mac[i] ^= 1;
    EXPECT_EQ(offer(wrong), Verdict::refused) << "byte " << i;
  }
  EXPECT_EQ(offer(token(numbered_key(99))), Verdict::refused);
  CheckinToken mixed = token();
  mixed.kind = CheckinKind::forget;
  EXPECT_EQ(offer(mixed), Verdict::refused) << "an arrival is no withdrawal";
  EXPECT_EQ(box.core().digest(), before);
  EXPECT_TRUE(box.facts.rows.empty());
  EXPECT_EQ(box.seen.counters[effect::Counter::checkins_refused], 10U);
}

TEST_F(CoreCheckin, AStrangerCannotUseTheKeyOfZeros) { EXPECT_EQ(offer(token(Key128{})), Verdict::refused); }

TEST_F(CoreCheckin, AClockOneWindowOffIsForgivenAndTwoAreNot) {
  const Key128& key = who.keys[0].eid_key;
  const auto at_window = [&](int windows) {
    return offer(token(key, kNew, CheckinKind::arrive, windows * kEidWindow));
  };
  EXPECT_EQ(at_window(2), Verdict::refused);
  EXPECT_EQ(at_window(-2), Verdict::refused);
  EXPECT_EQ(at_window(1), Verdict::accepted);
  EXPECT_EQ(at_window(-1), Verdict::accepted);
}

TEST_F(CoreCheckin, AnyOfAMembersPhonesProves) {
  Profile two = who;
  two.keys.push_back(MemberKey{.eid_key = numbered_key(7)});
  box.replace_profiles("S2", {two});
  EXPECT_EQ(offer(token(numbered_key(7))), Verdict::accepted);
  EXPECT_EQ(offer(token()), Verdict::accepted);
  EXPECT_EQ(started().size(), 1U);
}

TEST_F(CoreCheckin, ATokenOfTwoMembersIsNobodys) {
  Profile twin = member("m-twin", 1);
  twin.keys = who.keys;
  box.replace_profiles("S2", {who, twin});
  EXPECT_EQ(offer(token()), Verdict::refused);
}

TEST_F(CoreCheckin, ARepeatSucceedsWithoutEffect) {
  const CheckinToken once = token();
  ASSERT_EQ(offer(once), Verdict::accepted);
  const auto lease = visit()->lease_until;
  box.pass(30s);
  EXPECT_EQ(offer(once), Verdict::accepted);
  EXPECT_EQ(offer(once, kFitting), Verdict::accepted) << "at another adapter neither";
  EXPECT_EQ(visit()->lease_until, lease);
  EXPECT_EQ(visit()->zone, ZoneId{"entrance"});
  EXPECT_EQ(box.seen.counters[effect::Counter::checkins_repeated], 2U);
}

TEST_F(CoreCheckin, ANewWriteRenewsTheLeaseAndAdvertsDoNotShortenIt) {
  ASSERT_EQ(offer(token()), Verdict::accepted);
  box.pass(5min);
  box.hear(who, kEntrance);
  box.pass(4min);
  ASSERT_NE(visit(), nullptr);
  EXPECT_EQ(visit()->state, VisitState::present) << "nine minutes without a word";
  ASSERT_EQ(offer(token(who.keys[0].eid_key, kOld)), Verdict::accepted);
  box.pass(9min);
  EXPECT_EQ(visit()->state, VisitState::present);
  box.pass(2min);
  EXPECT_EQ(visit()->state, VisitState::away);
  EXPECT_EQ(started().size(), 1U);
}

TEST_F(CoreCheckin, ThePhoneHearsOfItWhenItIsOnDisk) {
  box.commits = false;
  EXPECT_EQ(offer(token()), std::nullopt);
  EXPECT_EQ(offer(token()), std::nullopt) << "nor does a repeat overtake it";
  box.commit_all();
  EXPECT_EQ(answered(1), Verdict::accepted);
  EXPECT_EQ(answered(2), Verdict::accepted);
}

TEST_F(CoreCheckin, WhileNobodyCanBeRecognisedThePhoneIsAskedToComeLater) {
  box.send(event::ClockChanged{ClockState::implausible});
  EXPECT_EQ(offer(token()), Verdict::later);
  EXPECT_EQ(offer(token(numbered_key(99))), Verdict::later) << "whoever it is";
  box.send(event::ClockChanged{ClockState::synced});
  EXPECT_EQ(offer(token()), Verdict::accepted);
}

// --- forget ----------------------------------------------------------------------------------------------------------

TEST_F(CoreCheckin, AMemberWithdrawsOnTheSpot) {
  const VisitId seen = box.enter_fitting(who);
  ASSERT_EQ(box.seen.tablet.size(), 1U);
  ASSERT_EQ(offer(forget()), Verdict::accepted);
  EXPECT_TRUE(box.seen.tablet.empty());
  EXPECT_EQ(box.core().presence().visit(seen), nullptr);
  EXPECT_FALSE(box.core().identity().knows(who.member, at(box.now()).wall));
  EXPECT_EQ(box.seen.all<fact::VisitEnded>().at(0).reason, EndReason::consent);
  const auto applied = box.seen.all<fact::ConsentApplied>();
  ASSERT_EQ(applied.size(), 1U);
  EXPECT_EQ(applied[0].change.source, ConsentSource::device);
  EXPECT_EQ(applied[0].change.purpose, Purpose::recognition);
  EXPECT_EQ(applied[0].change.record.status, ConsentStatus::revoked);
  EXPECT_FALSE(applied[0].command.empty()) << "it is the event's partition";
  EXPECT_TRUE(box.seen.shown<effect::PublishAck>().empty()) << "no command of central was answered";
}

TEST_F(CoreCheckin, AWithdrawalIsRepeatedWithoutEffectAndNothingElseIsProvenAfterIt) {
  ASSERT_EQ(offer(forget()), Verdict::accepted);
  const auto rows = box.facts.rows.size();
  EXPECT_EQ(offer(forget()), Verdict::accepted);
  EXPECT_EQ(offer(token()), Verdict::refused);
  EXPECT_EQ(box.facts.rows.size(), rows);
}

TEST_F(CoreCheckin, AWithdrawalSurvivesRestartImportAndSnapshot) {
  ASSERT_EQ(offer(forget()), Verdict::accepted);
  box.replace_profiles("S2", {who});
  EXPECT_EQ(offer(token(who.keys[0].eid_key, kOld)), Verdict::refused);
  box.crash();
  box.start();
  EXPECT_EQ(offer(token(who.keys[0].eid_key, kOld)), Verdict::refused);
  EXPECT_TRUE(box.enter(who).empty());
}

TEST_F(CoreCheckin, AWithdrawalCountsEvenAgainstADecisionFromTheFuture) {
  const WallTime tomorrow = at(24h).wall;
  box.consent("c-1", who, Purpose::recognition, ConsentStatus::granted, tomorrow);
  ASSERT_EQ(offer(forget()), Verdict::accepted);
  Profile again = who;
  grant(again, Purpose::recognition, tomorrow);
  box.replace_profiles("S2", {again});
  EXPECT_FALSE(box.core().identity().knows(who.member, at(box.now()).wall)) << "on a tie, the refusal";
}

TEST_F(CoreCheckin, ANewGrantIsRecognisedAgain) {
  ASSERT_EQ(offer(forget()), Verdict::accepted);
  box.pass(1min);
  Profile again = who;
  grant(again, Purpose::recognition, at(box.now()).wall);
  box.replace_profiles("S2", {again});
  EXPECT_EQ(offer(token()), Verdict::accepted);
}

}  // namespace
}  // namespace tg
