// What of the system's own logs must not reach support.
#include <gtest/gtest.h>

#include "adapters/command_output.hpp"
#include "cli/support_bundle.hpp"

namespace tg {
namespace {

struct Line {
  const char* said;
  const char* kept;
};
class WithoutPersons : public testing::TestWithParam<Line> {};
TEST_P(WithoutPersons, WordsTakeThePlaceOfWhatNamesSomebody) {
  const auto [said, kept] = GetParam();
  EXPECT_EQ(without_persons(said), kept);
}
INSTANTIATE_TEST_SUITE_P(
    Lines, WithoutPersons,
    testing::Values(Line{"hci0: 00:1A:7D:DA:71:0f is gone\n", "hci0: (radio address) is gone\n"},
                    Line{"/org/bluez/hci0/dev_00_1A_7D_DA_71_0F\n", "/org/bluez/hci0/dev_(radio address)\n"},
                    Line{"mail to kim.lee+shop@mail.example.org, now\n", "mail to (mail address), now\n"},
                    Line{"card 4111 1111 1111 1111 refused\n", "card redacted refused\n"},
                    Line{"at 12:04:05, 10 of 20 in 3.5 s, 127.0.0.1:1883\n",
                         "at 12:04:05, 10 of 20 in 3.5 s, 127.0.0.1:1883\n"},
                    Line{"2026-11-21T14:04:05+0100 box touchpointd[7]: start\nsecond\n",
                         "2026-11-21T14:04:05+0100 box touchpointd[7]: start\nsecond\n"},
                    Line{"", ""}));

TEST(CommandOutput, IsWhatAProgramPrintsAndHasAnEnd) {
  EXPECT_EQ(command_output({"echo", "a b", "$HOME"}, Millis{20'000}, 100), "a b $HOME\n") << "no shell reads it";
  EXPECT_EQ(command_output({"echo", "0123456789"}, Millis{20'000}, 4), "789\n");
  EXPECT_NE(command_output({"ls", "/nowhere"}, Millis{20'000}, 1'000).find("No such file"), std::string::npos);
  EXPECT_TRUE(command_output({"no-such-program"}, Millis{20'000}, 100).starts_with("not to be had"));
  EXPECT_NE(command_output({"sleep", "600"}, Millis{20}, 100).find("(cut off)"), std::string::npos);
}

}  // namespace
}  // namespace tg
