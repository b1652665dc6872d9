// `touchpointctl calibrate` (contract §7) on a walk past two equal receivers, one of which hears 8 dB too much.
#include "cli/calibrate.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tg {
namespace {

constexpr std::int64_t kStartMs = 1'763'713'200'000;
constexpr const char* kConfig = R"({"store":{"id":"s","gateway":"g","timezone":"UTC","languages":["en"]},
"central":{"url":"mqtt://127.0.0.1:1883"},
"zones":[{"id":"hall","kind":"floor","area":[[0,0],[12,0],[12,12],[0,12]]}],
"radio":{"receivers":[{"id":"a","remote":true,"zone":"hall","x_m":0,"y_m":0},{"id":"b","remote":true,"zone":"hall","x_m":12,"y_m":0},
{"id":"c","remote":true,"zone":"hall","x_m":0,"y_m":12},{"id":"loud","remote":true,"zone":"hall","x_m":12,"y_m":12}]}})";

class Calibrate : public testing::Test {
 protected:
  Calibrate() { std::filesystem::create_directory(folder_); }
  ~Calibrate() override { std::filesystem::remove_all(folder_); }
  std::string written(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("touchpoint-calibrate-" + std::to_string(::getpid()));
  std::stringstream out_, err_;
};

TEST_F(Calibrate, FindsTheReceiverThatHearsTooMuch) {
  std::string walk;
  for (int i = 0; i < 600; ++i) {  // twice around a circle through the hall, 5 min
    const double x = 6 + 4 * std::cos(i * 0.02), y = 6 + 4 * std::sin(i * 0.02);
    const auto heard = [&](const char* id, double rx, double ry, double more) {
      walk += "{\"at\":" + std::to_string(kStartMs + 500 * i) + ",\"sighting\":{\"receiver\":\"" + id +
              "\",\"member\":\"m\",\"rssi\":" +
              std::to_string(std::lround(-60 + more - 17 * std::log10(std::hypot(x - rx, y - ry)))) + "}}\n";
    };
    heard("a", 0, 0, 0), heard("b", 12, 0, 0), heard("c", 0, 12, 0), heard("loud", 12, 12, 8);
  }
  ASSERT_EQ(run_calibrate(written("gateway.json", kConfig), written("walk.ndjson", walk), out_, err_), 0) << err_.str();
  const auto offset = [&](const std::string& id) {
    const auto at = out_.str().find("\"offset_db\": ", out_.str().find("\"id\": \"" + id + '"'));
    return std::stoi(out_.str().substr(at + 13));
  };
  EXPECT_LE(offset("loud"), -3);
  EXPECT_LE(offset("loud"), offset("a") - 5);
  EXPECT_LE(offset("loud"), offset("b") - 5);
  written("gateway.json", kConfig);
  std::filesystem::create_directory(folder_ / "conf.d");
  written("conf.d/calibrated.json", out_.str());
  EXPECT_EQ(run_calibrate(folder_ / "gateway.json", folder_ / "walk.ndjson", out_, err_), 0) << "the drop-in loads";
}

TEST_F(Calibrate, NeedsAMapAndAJournal) {
  std::string flat = kConfig;
  flat.replace(flat.find(",\"area\""), flat.find("}]", flat.find(",\"area\"")) - flat.find(",\"area\""), "");
  EXPECT_EQ(run_calibrate(written("flat.json", flat), written("walk.ndjson", ""), out_, err_), 1);
  EXPECT_NE(err_.str().find("has no map"), std::string::npos);
  EXPECT_EQ(run_calibrate(written("gateway.json", kConfig), folder_ / "none", out_, err_), 1);
  EXPECT_EQ(run_calibrate(folder_ / "gateway.json", written("bad.ndjson", "{}\n"), out_, err_), 1);
  EXPECT_NE(err_.str().find("line 1"), std::string::npos);
}

}  // namespace
}  // namespace tg
