// The audit log: sealed in the transaction of what it tells of, and it shows when somebody touched it.
#include <gtest/gtest.h>

#include "adapters/sqlite_db.hpp"
#include "unit/facts_probe.hpp"

namespace tg::test {
namespace {

class SqliteAudit : public testing::Test {
 protected:
  const TempDir dir;

  /// Three entries: a refusal, an erasure and an import.
  void write_three() {
    Inbox inbox;
    const auto facts = opened(settings(dir), inbox);
    facts->start();
    Fact refusal = visit_started(1);
    refusal.data = fact::ConsentApplied{{MemberId("m-7f3a"),
                                         Purpose::recognition,
                                         {ConsentStatus::revoked, kNoon, std::nullopt, ""},
                                         ConsentSource::device},
                                        CommandId("c-1")};
    Fact erasure = visit_started(2);
    erasure.data = fact::EraseCompleted{"r-1", {{"visit", 3}, {"ticket", 1}}, CommandId("c-2")};
    facts->persist({1, {row::AppendFact{refusal}, row::AppendFact{erasure}, row::AppendFact{visit_started(3)}}});
    facts->persist({2, {row::Audit{{kNoon, "data", CommandId("c-3"), "profiles.snapshot, revision 7"}}}});
    ASSERT_TRUE(inbox.committed(2));
  }
  void tamper(const std::string& sql) {
    auto db = Db::open({dir / "facts.db", 0, 4096});
    ASSERT_TRUE(db);
    db->script(sql);
    ASSERT_TRUE(db->ok()) << db->error().text;
  }
  nlohmann::json verify() {
    Inbox inbox;
    const auto facts = opened(settings(dir), inbox);
    facts->start();
    return inspected(*facts, "audit");
  }
};

TEST_F(SqliteAudit, EachEntryIsSealedAndFoundIntactAfterARestart) {
  EXPECT_EQ(verify().at("entries"), 0);
  write_three();
  const auto log = verify();
  EXPECT_EQ(log.at("entries"), 3);
  EXPECT_EQ(log.at("intact"), true);
  EXPECT_EQ(log.at("seal").get<std::string>().size(), 64U);
}

TEST_F(SqliteAudit, TheWordsSayWhatWasDoneAndNotToWhom) {
  write_three();
  auto db = Db::open({dir / "facts.db", 0, 4096});
  ASSERT_TRUE(db);
  std::vector<std::string> told;
  Query entries(*db, "SELECT action || ': ' || command || ': ' || detail FROM audit ORDER BY n");
  while (entries.next()) told.emplace_back(entries.text(0));
  EXPECT_EQ(told, (std::vector<std::string>{"consent: c-1: recognition revoked by device", "erase: c-2: 4 rows",
                                            "data: c-3: profiles.snapshot, revision 7"}));
}

TEST_F(SqliteAudit, AChangedOrMissingEntryBreaksTheChainThere) {
  struct Hand {
    const char* sql;
    int broken_at;
  };
  for (const Hand& hand :
       {Hand{"UPDATE audit SET detail = 'recognition granted by device' WHERE n = 1", 1},
        Hand{"UPDATE audit SET at = at + 1 WHERE n = 2", 2}, Hand{"DELETE FROM audit WHERE n = 2", 2},
        Hand{"UPDATE audit SET command = '' WHERE n = 3", 3}}) {
    SCOPED_TRACE(hand.sql);
    write_three();
    tamper(hand.sql);
    const auto log = verify();
    EXPECT_EQ(log.at("intact"), false);
    EXPECT_EQ(log.at("broken_at"), hand.broken_at);
    tamper("DELETE FROM audit; DELETE FROM outbox");
  }
}

TEST_F(SqliteAudit, ACutOffEndShowsInTheNewestSeal) {
  write_three();
  const auto before = verify().at("seal");
  tamper("DELETE FROM audit WHERE n = 3");
  const auto after = verify();
  EXPECT_EQ(after.at("intact"), true);
  EXPECT_NE(after.at("seal"), before);
}

}  // namespace
}  // namespace tg::test
