// Every finding of the doctor that is not fine comes with what to do about it.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/doctor.hpp"

namespace tg {
namespace {

constexpr auto kHealthy = R"({"version":"0.1.0","clock":"synced","members":5,"profiles_age_s":60,
  "links":{"central":{"up":true,"verified":true},"local":{"up":true,"verified":true}},
  "radio":[{"id":"hci0","scanning":true,"cause":null}],
  "ready":{"ready":true,"parts":{"radio":{"state":"ok"},"store":{"state":"ok"},"central":{"state":"ok"}}}})";

/// A healthy status with one member replaced.
std::vector<Check> with(const std::string& pointer, const Answer& value) {
  Answer status = parse_answer(kHealthy);
  status[Answer::json_pointer(pointer)] = value;
  return diagnose(status);
}

const Check* only_trouble(const std::vector<Check>& checks) {
  const Check* found = nullptr;
  for (const auto& check : checks) {
    if (check.health == Health::ok) continue;
    if (found != nullptr) return nullptr;
    found = &check;
  }
  return found;
}

TEST(Doctor, FindsNothingInAHealthyGateway) {
  for (const auto& check : diagnose(parse_answer(kHealthy))) {
    EXPECT_EQ(check.health, Health::ok) << check.what;
    EXPECT_EQ(check.remedy, "");
  }
}

struct Trouble {
  std::string pointer;
  Answer value;
  std::string what;
  Health health;
};

TEST(Doctor, NamesEachTroubleOnceWithARemedy) {
  const std::vector<Trouble> kTroubles{
      {"/clock", "unsynced", "clock", Health::warning},
      {"/clock", "implausible", "clock", Health::failed},
      {"/radio/0/scanning", false, "receiver hci0", Health::failed},
      {"/links/central/up", false, "central", Health::warning},
      {"/links/local/up", false, "local broker", Health::failed},
      {"/links/local/verified", false, "local broker", Health::warning},
      {"/ready/parts/store/state", "down", "database", Health::failed},
      {"/members", 0, "members", Health::warning},
      {"/profiles_age_s", 100'000, "members", Health::warning},
      {"/ready/parts/radio/state", "down", "radio", Health::failed},
      {"/ready/parts/peripheral", {{"state", "degraded"}}, "peripheral", Health::warning},
      {"/links/central/warnings", {"another client uses the same client id"}, "central", Health::warning},
      {"/certificates", Answer::array({{{"key", "central.cert_file"}, {"warning", "central.cert_file ends in 6 d"}}}),
       "certificate", Health::warning},
      {"/ready/parts/new_part", {{"state", "degraded"}}, "new_part", Health::warning},
  };
  for (const auto& trouble : kTroubles) {
    const auto checks = with(trouble.pointer, trouble.value);
    const Check* found = only_trouble(checks);
    ASSERT_NE(found, nullptr) << trouble.pointer << "\n" << view_checks(checks);
    EXPECT_EQ(found->what, trouble.what);
    EXPECT_EQ(found->health, trouble.health) << trouble.pointer;
    EXPECT_NE(found->remedy, "") << trouble.pointer;
  }
}

TEST(Doctor, SaysABrokenReceiverOnceAlthoughReadinessRepeatsIt) {
  Answer status = parse_answer(kHealthy);
  status["radio"][0]["scanning"] = false;
  status["ready"]["parts"]["radio"]["state"] = "down";
  const auto checks = diagnose(status);
  ASSERT_NE(only_trouble(checks), nullptr) << view_checks(checks);
}

TEST(Doctor, WarnsBeforeTheDiskIsFull) {
  EXPECT_EQ(diagnose_disk("/var/lib/touchpoint", 8ULL << 30U).health, Health::ok);
  EXPECT_EQ(diagnose_disk("/var/lib/touchpoint", 500ULL << 20U).health, Health::warning);
  EXPECT_EQ(diagnose_disk("/var/lib/touchpoint", 1ULL << 20U).health, Health::failed);
}

}  // namespace
}  // namespace tg
