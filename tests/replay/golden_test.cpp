// Journals with the output that was read through and approved (contract §8): every build gives these bytes.
// After an intended change: touchpointctl replay --config tests/replay/gateway.json X.ndjson > X.expected, and read the
// diff.
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cli/replay.hpp"

namespace tg {
namespace {

const std::string kHere = std::string(TOUCHPOINT_SOURCE_DIR) + "/tests/replay/";
const std::string kConfig = kHere + "gateway.json";

std::vector<std::string> lines_of(std::istream& in) {
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, GivesTheApprovedBytes) {
  std::stringstream out, err;
  ASSERT_EQ(run_replay(kConfig, kHere + GetParam() + ".ndjson", out, err), 0) << err.str();
  std::ifstream file(kHere + GetParam() + ".expected");
  ASSERT_TRUE(file) << "no approved output";
  const auto expected = lines_of(file), actual = lines_of(out);
  for (std::size_t i = 0; i < std::min(expected.size(), actual.size()); ++i) {
    ASSERT_EQ(actual[i], expected[i]) << "line " << i + 1;
  }
  EXPECT_EQ(actual.size(), expected.size());
}
INSTANTIATE_TEST_SUITE_P(Journals, Golden, testing::Values("whole_visit", "decisions", "tills", "intervals"),
                         [](const auto& test) { return test.param; });

TEST(GoldenErrors, NameTheLine) {
  const auto complaint = [](const std::string& journal) {
    const auto path = std::filesystem::temp_directory_path() / ("touchpoint-journal-" + std::to_string(::getpid()));
    std::ofstream(path) << journal;
    std::stringstream out, err;
    EXPECT_EQ(run_replay(kConfig, path, out, err), 1);
    std::filesystem::remove(path);
    return err.str();
  };
  EXPECT_NE(complaint("{\"at\":5,\"tick\":{}}\n{\"at\":4,\"tick\":{}}\n").find("line 2"), std::string::npos);
  EXPECT_NE(complaint("{\"at\":5,\"tick\":{}}\nnonsense\n").find("line 2"), std::string::npos);
  EXPECT_NE(
      complaint("{\"at\":5,\"sighting\":{\"receiver\":\"no-such\",\"member\":\"m\",\"rssi\":-60}}\n").find("line 1"),
      std::string::npos);
  std::stringstream out, err;
  EXPECT_EQ(run_replay(kConfig, "/nonexistent/journal", out, err), 1);
  EXPECT_EQ(run_replay("/nonexistent/config", kHere + "tills.ndjson", out, err), 1);
}

}  // namespace
}  // namespace tg
