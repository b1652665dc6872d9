// When renewed credentials are noticed, and what a person is told before a certificate ends.
#include "runtime/credentials.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/x509.hpp"
#include "codec/status.hpp"

namespace tg {
namespace {

using namespace std::chrono_literals;
using News = Credentials::News;

constexpr WallTime kNow{1'795'000'000s};

class Files : public testing::Test {
 protected:
  Files() {
    std::filesystem::create_directories(folder);
    config.central.password_file = write("password", "first");
  }
  ~Files() override { std::filesystem::remove_all(folder); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
    return folder / name;
  }
  News look() { return credentials->look(Holder::central, config); }

  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "touchpoint-credentials";
  Config config;
  std::unique_ptr<Credentials> credentials;
};

TEST_F(Files, ARenewalIsToldOnceItsWriterHasFinished) {
  credentials = std::make_unique<Credentials>(config);
  EXPECT_EQ(look(), News::none);
  write("password", "second one");
  EXPECT_EQ(look(), News::none) << "it may still be written";
  write("password", "second one, whole");
  EXPECT_EQ(look(), News::none);
  EXPECT_EQ(look(), News::renewed);
  EXPECT_EQ(look(), News::none) << "told once";
}

TEST_F(Files, AFileThatGoesAndComesIsNews) {
  credentials = std::make_unique<Credentials>(config);
  std::filesystem::remove(*config.central.password_file);
  EXPECT_EQ(look(), News::none);
  EXPECT_EQ(look(), News::renewed);
}

TEST_F(Files, WhatIsNoCertificateFitsNoKeyAndIsNamed) {
  config.central.cert_file = write("cert.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  config.central.key_file = write("key.pem", "no key");
  credentials = std::make_unique<Credentials>(config);
  write("key.pem", "no key either");
  EXPECT_EQ(look(), News::none);
  EXPECT_EQ(look(), News::unusable);
  EXPECT_EQ(look(), News::none);
  const auto all = Credentials::read(config);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].key, "central.cert_file");
  EXPECT_FALSE(all[0].trouble.empty());
  EXPECT_EQ(urgency(all[0], kNow), Urgency::over);
  EXPECT_TRUE(certificate_ends("").empty());
}

TEST(Certificate, IsToldOfAMonthAWeekAndADayBeforeItsEnd) {
  struct Case {
    Seconds left;
    Urgency urgency;
    std::string text;
  };
  const Case cases[] = {{31 * 24h, Urgency::none, ""},
                        {30 * 24h, Urgency::in_a_month, "central.cert_file ends in 30 d"},
                        {7 * 24h, Urgency::in_a_week, "central.cert_file ends in 7 d"},
                        {47h, Urgency::in_a_week, "central.cert_file ends in 47 h"},
                        {24h, Urgency::tomorrow, "central.cert_file ends in 24 h"},
                        {1s, Urgency::tomorrow, "central.cert_file ends in 0 h"},
                        {0s, Urgency::over, "central.cert_file has ended"},
                        {-1h, Urgency::over, "central.cert_file has ended"}};
  for (const auto& c : cases) {
    const CertificateStatus certificate{"central.cert_file", kNow + c.left, ""};
    EXPECT_EQ(urgency(certificate, kNow), c.urgency) << c.left.count();
    EXPECT_EQ(certificate_text(certificate, kNow), c.text);
  }
}

}  // namespace
}  // namespace tg
