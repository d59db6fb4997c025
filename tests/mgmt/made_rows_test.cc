// What was made through the port is added to what the file says, or left out and told.
#include "mgmt/daemon/made_rows.h"

#include <gtest/gtest.h>

namespace tidemark::mgmt {
namespace {

constexpr const char* kMain = "iqn.2026-11.dev.tidemark:main";  // of the default configuration
constexpr const char* kNew = "iqn.2026-11.dev.tidemark:new";

storage::VolumeSpec volume(const std::string& name, const std::string& location = "memory:") {
  storage::VolumeSpec spec;
  spec.name = name;
  spec.location = location;
  spec.size = 4096;
  return spec;
}

TEST(MadeRows, AreAddedToWhatTheFileSays) {
  MadeRows rows;
  rows[MadeKey::volume("v")] = made_volume(volume("v"));
  rows[MadeKey::target(kNew)] = made_target(kNew);
  rows[MadeKey::lun(kNew, 3)] = made_lun({3, "v"});
  rows[MadeKey::lun(kMain, 7)] = made_lun({7, "v"});
  AccessConfig access;
  access.initiator = "iqn.2026-11.a:*";
  access.luns = {{0, "source"}};
  access.copy_commands = true;
  rows[MadeKey::access(kNew, access.initiator)] = made_access(access);
  const MadeConfig made = with_made(default_config(), rows);
  EXPECT_TRUE(made.misfits.empty());
  EXPECT_EQ(made.config.volumes.size(), 3u);
  EXPECT_EQ(made.config.targets[0].luns.back(), (LunConfig{7, "v"}));
  ASSERT_EQ(made.config.targets.size(), 2u);
  EXPECT_EQ(made.config.targets[1].luns, (std::vector<LunConfig>{{3, "v"}}));
  EXPECT_EQ(made.config.targets[1].access, std::vector<AccessConfig>{access});
}

TEST(MadeRows, ARowOfBeforeThereWasARightToCopyCommandsDoesNotGrantIt) {
  const MadeConfig made = with_made(default_config(), {{MadeKey::access(kMain, "iqn.2026-11.a:b"),
                                                        R"({"initiator": "iqn.2026-11.a:b"})"}});
  EXPECT_TRUE(made.misfits.empty());
  EXPECT_EQ(made.config.targets[0].access.back().initiator, "iqn.2026-11.a:b");
  for (const AccessConfig& access : made.config.targets[0].access)
    EXPECT_FALSE(access.copy_commands);
}

std::string misfit(const MadeKey& key, const std::string& row) {
  const MadeConfig made = with_made(default_config(), {{key, row}});
  EXPECT_EQ(made.config.volumes, default_config().volumes);
  EXPECT_EQ(made.config.targets, default_config().targets);
  return made.misfits.size() == 1 ? made.misfits[0].message : "";
}

TEST(MadeRows, WhatDoesNotFitIsLeftOutAndTold) {
  EXPECT_EQ(
      misfit(MadeKey::volume("source"), made_volume(volume("source"))),
      "volume source, made through the management port: there is another volume of that name");
  EXPECT_EQ(misfit(MadeKey::volume("v"), made_volume(volume("v", "file:volumes/source.img"))),
            "volume v, made through the management port: volume source is at "
            "file:volumes/source.img too");
  EXPECT_EQ(misfit(MadeKey::lun(kMain, 3), made_lun({3, "gone"})),
            "lun 3 of iqn.2026-11.dev.tidemark:main, made through the management port: volume: "
            "there is no volume gone");
  EXPECT_NE(misfit(MadeKey::lun(kMain, 0), made_lun({0, "copy"})).find("given twice"),
            std::string::npos);
  EXPECT_NE(misfit(MadeKey::lun("iqn.none", 0), made_lun({0, "copy"})).find("no target iqn.none"),
            std::string::npos);
  EXPECT_NE(misfit(MadeKey::target(kMain), made_target(kMain)).find("another target"),
            std::string::npos);
  EXPECT_NE(
      misfit(MadeKey::access(kMain, "*"), made_access({.initiator = "*", .auth = {}, .luns = {}}))
          .find("given twice"),
      std::string::npos);
  EXPECT_NE(misfit(MadeKey::volume("v"), "{").find("line 1"), std::string::npos);
}

TEST(MadeRows, AGrownVolumeKeepsAllButItsSize) {
  storage::VolumeSpec spec = volume("v");
  const std::string row = with_size(made_volume(spec), 8192);
  const MadeConfig made = with_made(default_config(), {{MadeKey::volume("v"), row}});
  spec.size = 8192;
  EXPECT_EQ(made.config.volumes.back(), spec);
}

}  // namespace
}  // namespace tidemark::mgmt
