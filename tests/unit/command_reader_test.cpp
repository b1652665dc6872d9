// Commands become events in a thread of their own, in order, and never far ahead of the disk.
#include "adapters/command_reader.hpp"

#include <vector>

#include "unit/store_probe.hpp"

namespace tg::test {
namespace {

/// One part of about `bytes`.
std::string part(int number, std::size_t bytes) {
  return R"({"command_id":"c-)" + std::to_string(number) + R"(","snapshot":"S","revision":1,"part":)" +
         std::to_string(number) + R"(,"parts":99,"profiles":[{"member":"m-)" + std::to_string(number) +
         R"(","consent":{},"ignored":")" + std::string(bytes, 'x') + R"("}]})";
}

class CommandReaderTest : public testing::Test {
 protected:
  void SetUp() override { reader_.start(); }
  std::optional<Command> next() {
    auto arrived = inbox_.take<event::CommandArrived>();
    return arrived ? std::optional(std::move(arrived->command)) : std::nullopt;
  }

  Inbox inbox_;
  CommandReader reader_{inbox_.post()};
};

TEST_F(CommandReaderTest, WhatIsNotUnderstoodIsToldToo) {
  ASSERT_TRUE(reader_.read("consent", "{"));
  const auto command = next();
  ASSERT_TRUE(command);
  EXPECT_EQ(command->name, "consent");
  EXPECT_TRUE(std::holds_alternative<BadCommand>(command->body));
}

TEST_F(CommandReaderTest, CommandsArriveInTheirOrder) {
  for (int i = 1; i <= 50; ++i) ASSERT_TRUE(reader_.read("profiles.snapshot", part(i, 10)));
  for (int i = 1; i <= 50; ++i) {
    const auto command = next();
    ASSERT_TRUE(command);
    EXPECT_EQ(command->id.value, "c-" + std::to_string(i));
  }
}

/// A slow disk must not make the rows of a whole import pile up in memory.
TEST_F(CommandReaderTest, NothingIsReadFarAheadOfWhoWritesIt) {
  constexpr int kParts = 12;
  for (int i = 1; i <= kParts; ++i) ASSERT_TRUE(reader_.read("profiles.snapshot", part(i, 1 << 20)));
  std::vector<Command> held;
  for (int i = 0; i < 4; ++i) {  // more than 4 MiB
    auto command = next();
    ASSERT_TRUE(command) << i;
    held.push_back(std::move(*command));
  }
  ASSERT_TRUE(reader_.read("consent", "{"));
  EXPECT_FALSE(inbox_.take<event::CommandArrived>(std::chrono::milliseconds{200}));
  held.clear();
  int more = 0;
  while (const auto command = next()) {
    ++more;
    if (command->name == "consent") break;
  }
  EXPECT_EQ(more, kParts - 4 + 1) << "it goes on by itself when rows are let go";
}

TEST_F(CommandReaderTest, TooMuchAtOnceIsRefusedAndTakesNothing) {
  int taken = 0;
  while (taken < 100 && reader_.read("profiles.snapshot", part(taken + 1, 1 << 20))) ++taken;
  EXPECT_LE(taken, 30) << "16 MiB unread, 4 MiB ahead and what was read meanwhile and let go";
  while (const auto command = next()) {
    if (command->id.value == "c-" + std::to_string(taken)) break;
  }
  EXPECT_TRUE(reader_.read("consent", "{"));
}

/// The last owner of rows may be another thread, after the reader is gone.
TEST(CommandReader, RowsOutliveTheReader) {
  Inbox inbox;
  std::optional<Command> kept;
  {
    CommandReader reader(inbox.post());
    reader.start();
    ASSERT_TRUE(reader.read("profiles.snapshot", part(1, 100)));
    auto arrived = inbox.take<event::CommandArrived>();
    ASSERT_TRUE(arrived);
    kept = std::move(arrived->command);
  }
  const auto& rows = std::get<SnapshotPart>(kept->body).rows;
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->profiles.size(), 1U);
}

}  // namespace
}  // namespace tg::test
