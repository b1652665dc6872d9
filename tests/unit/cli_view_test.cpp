// What an operator reads: aligned, honest about what is missing, and never steered by foreign bytes.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/layout.hpp"
#include "cli/views.hpp"
#include "codec/text.hpp"

namespace tg {
namespace {

const WallTime kNow = *parse_time("2026-11-21T12:00:00Z");

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Layout, KeepsControlCharactersFromTheTerminal) {
  EXPECT_EQ(printable("POS1\x1b[31m\n"), "POS1?[31m?");
  EXPECT_EQ(printable("\xC2\x9B"), "??");  // the same escape as one 8-bit character
  EXPECT_EQ(printable("\xFFMode d'été"), "?Mode d'été");
  EXPECT_EQ(printable("\xE2\x82"), "??");  // cut in the middle of a character
}

TEST(Layout, AlignsByCharactersNotBytes) {
  Table table({"ZONE", "N"});
  table.add({"entrée", "1"});
  table.add({"sol", "2"});
  EXPECT_EQ(table.text(), "ZONE    N\nentrée  1\nsol     2\n");
}

TEST(Layout, WritesFiguresForPeople) {
  EXPECT_EQ(duration_text(59), "59 s");
  EXPECT_EQ(duration_text(60), "1 min");
  EXPECT_EQ(duration_text(3'900), "1 h 5 min");
  EXPECT_EQ(duration_text(180'000), "2 d 2 h");
  EXPECT_EQ(duration_text(-5), "0 s");
  EXPECT_EQ(count_text(1'000'000), "1,000,000");
  EXPECT_EQ(count_text(-1'234), "-1,234");
  EXPECT_EQ(count_text(100), "100");
  EXPECT_EQ(count_of(1, "profile"), "1 profile");
  EXPECT_EQ(money_text(24'900, "EUR"), "249.00 EUR");
  EXPECT_EQ(money_text(-5, "EUR"), "-0.05 EUR");
  EXPECT_EQ(money_text(500, "JPY"), "500 JPY");
}

TEST(Layout, WrapsAtSpacesAndKeepsLongWords) {
  EXPECT_EQ(wrapped("one two three", 2, 9), "  one two\n  three\n");
  EXPECT_EQ(wrapped("a-very-long-word end", 0, 6), "a-very-long-word\nend\n");
  EXPECT_EQ(wrapped("", 2), "");
}

TEST(StatusView, TellsTheCauseOfWhatIsDown) {
  const auto text = view_status(parse_answer(R"({"version":"0.1.0","store":"paris-042","gateway":"gw-1",
        "members":1,"profiles_age_s":null,"links":{"central":{"up":false,"verified":false,"last_error":"no route"},
        "local":{"up":true,"verified":false,"last_error":null}},"radio":[{"id":"hci0","scanning":false,"cause":"no adapter"},
        {"id":"hci1","scanning":true,"beacon":true,"checkin":true,"cause":null},
        {"id":"rx-a","remote":true,"scanning":true,"cause":null},
        {"id":"rx-b","remote":true,"scanning":false,"cause":"it has left the local broker"}],
        "ready":{"ready":false,"parts":{"radio":{"state":"down","cause":"no adapter"},"store":{"state":"down","cause":"disk full"}}}})"),
                                kNow);
  EXPECT_TRUE(says(text, "not ready: radio down: no adapter; store down: disk full\n")) << text;
  EXPECT_TRUE(says(text, "paris-042 / gw-1\n")) << text;
  EXPECT_TRUE(says(text, "1 member, no profiles received yet")) << text;
  EXPECT_TRUE(says(text, "down: no route")) << text;
  EXPECT_TRUE(says(text, "up, delivery unverified")) << text;
  EXPECT_TRUE(says(text, "hci0 not scanning: no adapter\n")) << text;
  EXPECT_TRUE(says(text, "hci1 scanning, beacon, check-in\n")) << text;
  EXPECT_TRUE(says(text, "rx-a reporting\n")) << text;
  EXPECT_TRUE(says(text, "rx-b not reporting: it has left the local broker\n")) << text;
  EXPECT_TRUE(says(text, "not writable: disk full")) << text;
}

TEST(StatusView, SurvivesAnAnswerOfAnotherShape) {
  EXPECT_TRUE(parse_answer("[1]").is_null());
  EXPECT_TRUE(parse_answer("{").is_null());
  for (const char* odd : {"{}", R"({"links":3,"radio":{"a":1},"ready":[1],"members":"x","store":null,"outbox":[]})"}) {
    EXPECT_FALSE(view_status(parse_answer(odd), kNow).empty());
    EXPECT_FALSE(view_visits(parse_answer(odd), kNow).empty());
    EXPECT_FALSE(view_explain(parse_answer(odd), kNow).empty());
    EXPECT_FALSE(view_outbox(parse_answer(odd), kNow).empty());
    EXPECT_FALSE(view_tickets(parse_answer(odd), kNow).empty());
  }
}

TEST(VisitsView, ShowsAgesNotInstants) {
  const auto text =
      view_visits(parse_answer(R"({"visits":[{"visit":"v-1","zone":"fitting","state":"present","method":"eid",
        "started_at":"2026-11-21T11:48:00.000Z","last_sighting":"2026-11-21T11:59:58.000Z","card":"new","tickets":0}]})"),
                  kNow);
  EXPECT_TRUE(says(text, "v-1    fitting  present  eid     12 min ago  2 s ago    new   0")) << text;
}

TEST(ExplainView, PutsSuppressionReasonsIntoWords) {
  const auto text = view_explain(parse_answer(R"({"visit":"v-1","suppressed":["no_size","brand_new_reason"]})"), kNow);
  EXPECT_TRUE(says(text, "no_size: the member's size is not known well enough")) << text;
  EXPECT_TRUE(says(text, "  brand_new_reason\n")) << text;
}

TEST(TicketsView, ShowsVoidsAndAttribution) {
  const auto text = view_tickets(
      parse_answer(R"({"tickets":[{"key":{"workstation":"POS1","sequence":"118"},"type":"sale","total_minor":24900,
        "currency":"EUR","totals":"mismatch","attribution":{"class":"certain","method":"loyalty"},"voided":true}]})"),
      kNow);
  EXPECT_TRUE(says(text, "voided sale  249.00 EUR  mismatch  certain by loyalty")) << text;
}

}  // namespace
}  // namespace tg
