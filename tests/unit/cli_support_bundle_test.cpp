// What of the system's own logs must not reach support.
#include <gtest/gtest.h>

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
    testing::Values(Line{"hci0: 4a:01:FE:22:33:44 is gone\n", "hci0: (radio address) is gone\n"},
                    Line{"/org/bluez/hci0/dev_4A_01_FE_22_33_44\n", "/org/bluez/hci0/dev_(radio address)\n"},
                    Line{"mail to kim.lee+shop@mail.example.org, now\n", "mail to (mail address), now\n"},
                    Line{"card 4111 1111 1111 1111 refused\n", "card redacted refused\n"},
                    Line{"at 12:04:05, 10 of 20 in 3.5 s, 127.0.0.1:1883\n",
                         "at 12:04:05, 10 of 20 in 3.5 s, 127.0.0.1:1883\n"},
                    Line{"2026-11-21T14:04:05+0100 box touchpointd[7]: start\nsecond\n",
                         "2026-11-21T14:04:05+0100 box touchpointd[7]: start\nsecond\n"},
                    Line{"", ""}));

}  // namespace
}  // namespace tg
