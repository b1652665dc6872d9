// Journal lines (contract §8).
#include "codec/journal.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"

namespace tg {
namespace {

Policy policy() {
  Policy p;
  p.store = "paris-042";
  p.receivers = {{ReceiverId{"hci0"}, ZoneId{"entrance"}}, {ReceiverId{"rx-fitting"}, ZoneId{"fitting"}, true}};
  return p;
}

template <class E>
E read(std::string_view line) {
  const auto decoded = decode_journal_line(line, policy());
  EXPECT_TRUE(decoded) << decoded.error().message;
  if (!decoded || !std::holds_alternative<E>(*decoded->event)) {
    ADD_FAILURE() << "another event: " << line;
    return {};
  }
  return std::get<E>(*decoded->event);
}

std::string why_not(std::string_view line) {
  const auto decoded = decode_journal_line(line, policy());
  return decoded ? "accepted" : decoded.error().message;
}

TEST(Journal, ReadsTheContractsLines) {
  const auto sighting = read<event::SightingSeen>(
      R"({"at":1763713201000,"sighting":{"receiver":"rx-fitting","member":"m-7f3a","rssi":-71}})");
  EXPECT_EQ(sighting.receiver, 1);
  EXPECT_EQ(sighting.member, MemberId{"m-7f3a"});
  EXPECT_EQ(sighting.rssi, -71);

  const auto advert = read<event::AdvertSeen>(
      R"({"at":1763713201250,"advert":{"receiver":"hci0","eid":"3343935576051e04","rssi":-70}})");
  EXPECT_EQ(advert.receiver, 0);
  EXPECT_EQ(hex(advert.eid), "3343935576051e04");

  const auto checkin =
      read<event::CheckinSeen>(R"({"at":1763713202000,"checkin":{"member":"m-7f3a","receiver":"hci0"}})");
  EXPECT_EQ(checkin.member, MemberId{"m-7f3a"});
  EXPECT_EQ(checkin.kind, CheckinKind::arrive);
  const auto forget =
      read<event::CheckinSeen>(R"({"at":1763713202000,"checkin":{"member":"m-7f3a","receiver":"hci0","forget":true}})");
  EXPECT_EQ(forget.kind, CheckinKind::forget);
  (void)read<event::DeadlineReached>(R"({"at":1763713900000,"tick":{}})");
  const auto receiver =
      read<event::ReceiverChanged>(R"({"at":1763713900000,"receiver":{"id":"rx-fitting","hears":false}})");
  EXPECT_EQ(receiver.receiver, 1);
  EXPECT_FALSE(receiver.hears);

  const auto action = read<event::ActionArrived>(
      R"({"at":1763713270000,"action":{"device":"t1","payload":{"v":1,"id":"a-1","visit":"v-1","action":"claim","associate":"A12"}}})");
  EXPECT_EQ(action.action.device, "t1");
  EXPECT_EQ(action.action.kind, ActionKind::claim);

  const auto ticket = read<event::TicketArrived>(
      R"({"at":1763713260000,"ticket":{"workstation":"POS1","business_day":"2026-11-21","sequence":"118","type":"sale",
          "ended_at":"2026-11-21T15:04:05+01:00","currency":"EUR","total":"0.00","lines":[],"tenders":[]}})");
  EXPECT_EQ(ticket.ticket.key.store, "paris-042");
}

TEST(Journal, ACommandMayComeWithoutItsId) {
  const auto arrived = read<event::CommandArrived>(
      R"({"at":1,"command":{"name":"profiles.snapshot","payload":{"revision":1,"profiles":[{"member":"m-1","consent":{}}]}}})");
  EXPECT_EQ(arrived.command.id, CommandId{"journal"});
  ASSERT_TRUE(std::holds_alternative<SnapshotPart>(arrived.command.body));
}

TEST(Journal, ACommandThatTheDaemonWouldRejectIsRejectedAgain) {
  const auto arrived = read<event::CommandArrived>(R"({"at":1,"command":{"name":"profiles.snapshot","payload":{}}})");
  ASSERT_TRUE(std::holds_alternative<BadCommand>(arrived.command.body));
  EXPECT_EQ(std::get<BadCommand>(arrived.command.body).reason, "/revision: is required");
}

TEST(Journal, RefusesWhatItCannotPlace) {
  EXPECT_EQ(why_not(R"({"at":1,"sighting":{"receiver":"hci9","member":"m-1","rssi":-71}})"),
            "/sighting/receiver: a receiver of the configuration is allowed");
  EXPECT_EQ(why_not(R"({"at":1,"sighting":{"receiver":"hci0","member":"m 1","rssi":-71}})"),
            "/sighting/member: 1 to 60 of A-Z a-z 0-9 . _ - @ is allowed");
  EXPECT_EQ(why_not(R"({"tick":{},"at":-5})"), "/at: an integer from 0 to 7258118399999 is allowed");
  const std::string kinds =
      "/: \"at\" and exactly one of command, sighting, advert, checkin, receiver, ticket, action, tick are allowed";
  EXPECT_EQ(why_not(R"({"at":1})"), kinds);
  EXPECT_EQ(why_not(R"({"at":1,"tock":{}})"), kinds);
  EXPECT_EQ(why_not(R"({"at":1,"tick":{},"checkin":{"member":"m-1","receiver":"hci0"}})"), kinds);
  EXPECT_EQ(why_not(R"({"at":1,"ticket":{}})"), "/ticket/workstation: is required");
  EXPECT_NE(why_not("# a comment"), "accepted");
}

TEST(Replay, LinesCarryThePayloadByteForByte) {
  EXPECT_EQ(encode_replay_line(wall_ms(1763713201000), "touchpoint/v1/s/tablet/card/v-1", R"({"b":1.0,"a":2})"),
            R"({"at":1763713201000,"topic":"touchpoint/v1/s/tablet/card/v-1","payload":{"b":1.0,"a":2}})");
  EXPECT_EQ(encode_replay_line(wall_ms(5), "t", ""), R"({"at":5,"topic":"t","payload":null})");
}

}  // namespace
}  // namespace tg
