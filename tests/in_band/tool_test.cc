// `tidemark --via` does by vendor commands what it does by the management port, and prints the
// same.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/in_band/in_band_host.h"
#include "tests/system/process.h"

namespace tidemark::in_band {
namespace {

using nlohmann::json;
using system_test::Finished;

class ToolInBand : public InBand {
 protected:
  Finished in_band(std::vector<std::string> words, int lun = kSource) {
    words.insert(words.begin(), {TIDEMARK_PATH, "--via", daemon_.lun_url(lun)});
    return system_test::run_program(words);
  }
  Finished by_port(std::vector<std::string> words) {
    words.insert(words.begin(), {TIDEMARK_PATH, "--target", daemon_.management_url()});
    return system_test::run_program(words);
  }
  static json parsed(const Finished& finished) {
    EXPECT_EQ(finished.status, 0) << finished.output;
    return json::parse(finished.output, nullptr, false);
  }
  /// What differs, as paths; rates are told to a whole byte in-band.
  static std::vector<std::string> differences(json one, json other) {
    for (json* copy : {&one, &other}) (*copy)["rate"] = 0;
    std::vector<std::string> paths;
    for (const json& step : json::diff(one, other)) paths.push_back(step["path"]);
    return paths;
  }
};

TEST_F(ToolInBand, CopiesAndShowsTheSame) {
  const Finished copied = in_band({"copy", "start", "source", "copy", "--watch"});
  EXPECT_EQ(copied.status, 0) << copied.output;
  EXPECT_NE(copied.output.find("completed"), std::string::npos) << copied.output;
  EXPECT_EQ(host_.read(kCopy, 0, 1 << 20), first(0, 1 << 20));
  const json here = parsed(in_band({"--json", "copy", "show", "1"}));
  const json there = parsed(by_port({"--json", "copy", "show", "1"}));
  EXPECT_EQ(differences(here, there), std::vector<std::string>{}) << here.dump(1) << "\n"
                                                                  << there.dump(1);
  EXPECT_EQ(in_band({"copy", "list"}).output, by_port({"copy", "list"}).output);
  EXPECT_EQ(in_band({"copy", "map", "1"}).output, by_port({"copy", "map", "1"}).output);
}

TEST_F(ToolInBand, SteersACopy) {
  ASSERT_EQ(in_band({"copy", "start", "source", "copy", "--rate-limit", "1MiB"}).status, 0);
  const auto state = [&] { return parsed(in_band({"--json", "copy", "show", "1"}))["state"]; };
  EXPECT_EQ(in_band({"copy", "pause", "1"}).status, 0);
  EXPECT_EQ(state(), "paused");
  EXPECT_EQ(in_band({"copy", "resume", "1"}).status, 0);
  EXPECT_EQ(state(), "copying");
  EXPECT_EQ(in_band({"copy", "cancel", "1"}).status, 0);
  EXPECT_EQ(state(), "cancelled");
  EXPECT_EQ(in_band({"copy", "resume", "1"}).status, 1);
}

TEST_F(ToolInBand, SaysWhyNot) {
  const Finished unknown = in_band({"copy", "start", "source", "hidden"});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_NE(unknown.output.find("destination"), std::string::npos) << unknown.output;
  EXPECT_EQ(in_band({"copy", "show", "77"}).status, 1);
  const Finished volumes = in_band({"volume", "list"});
  EXPECT_EQ(volumes.status, 1);
  EXPECT_NE(volumes.output.find("in band"), std::string::npos) << volumes.output;
  EXPECT_EQ(
      system_test::run_program({TIDEMARK_PATH, "--via", "carrier-pigeon", "copy", "list"}).status,
      2);
  EXPECT_EQ(
      system_test::run_program({TIDEMARK_PATH, "--via", "sg:/dev/no-such-node", "copy", "list"})
          .status,
      3);
}

}  // namespace
}  // namespace tidemark::in_band
