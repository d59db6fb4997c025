// Configuration: what is taken, and what is refused with which path and reason.
#include "mgmt/daemon/config.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/bytes.h"
#include "mgmt/daemon/iscsi_name.h"
#include "mgmt/http/size_text.h"
#include "storage/engines.h"

namespace tidemark::mgmt {
namespace {

constexpr std::string_view kGood = R"({
  "volumes": [{"name": "a", "location": "memory:", "size": 4096}],
  "targets": [{"name": "iqn.2026-11.x:t", "luns": [{"lun": 0, "volume": "a"}],
               "access": [{"initiator": "iqn.2026-11.x:i"}]}]
})";

std::string with_volume(const std::string& members) {
  return R"({"targets": [], "volumes": [{)" + members + "}]}";
}
std::string with_target(const std::string& members) {
  return R"({"volumes": [{"name": "a", "location": "memory:", "size": 4096}], "targets": [{)" +
         members + "}]}";
}
std::string with_top(const std::string& members) {
  return "{" + members + R"(, "volumes": [], "targets": []})";
}

struct Bad {
  std::string text;
  std::string path;
  std::string reason;
};

std::vector<Bad> bad_configurations() {
  const std::string v = R"("name": "a", "location": "memory:", "size": 4096)";
  const std::string t = R"("name": "iqn.2026-11.x:t", "luns": [], "access": [])";
  return {
      {"[]", "", "must be an object"},
      {"{}", "volumes", "is missing"},
      {R"({"volumes": []})", "targets", "is missing"},
      {R"({"volumes": {}, "targets": []})", "volumes", "must be a list"},
      {R"({"volumes": [], "targets": 5})", "targets", "must be a list"},
      {R"({"volumes": [7], "targets": []})", "volumes[0]", "must be an object"},
      {R"({"volumes": [], "targets": ["t"]})", "targets[0]", "must be an object"},
      {with_top(R"("colour": 1)"), "colour", "is not known here"},
      {with_top(R"("volumes": [])"), "volumes", "appears twice"},
      {with_top(R"("xcopy": {"gather_ms": 101})"), "xcopy.gather_ms",
       "must be a whole number from 0 to 100"},
      {with_top(R"("xcopy": {})"), "xcopy.gather_ms", "is missing"},
      {with_top(R"("xcopy": {"gather": 1})"), "xcopy.gather", "is not known here"},
      {with_top(R"("portals": "127.0.0.1:3260")"), "portals", "must be a list"},
      {with_top(R"("portals": [])"), "portals", "must name one portal at least"},
      {with_top(R"("portals": ["127.0.0.1"])"), "portals[0]", "must be an address and a port"},
      {with_top(R"("portals": ["localhost:3260"])"), "portals[0]", "must be an address and a port"},
      {with_top(R"("portals": ["127.0.0.1:70000"])"), "portals[0]",
       "must be an address and a port"},
      {with_top(R"("portals": ["::1:3260"])"), "portals[0]", "must be an address and a port"},
      {with_top(R"("portals": ["127.0.0.1:1", 2])"), "portals[1]", "must be an address and a port"},
      {with_top(R"("portals": ["127.0.0.1:1", "127.0.0.1:1"])"), "portals[1]", "is given twice"},
      {with_top(R"("management": "127.0.0.1:8260")"), "management", "must be an object"},
      {with_top(R"("management": {})"), "management.listen", "is missing"},
      {with_top(R"("management": {"listen": 8260})"), "management.listen", "must be a string"},
      {with_top(R"("management": {"listen": "0.0.0.0:8260"})"), "management.listen",
       "must be a loopback address"},
      {with_top(R"("management": {"port": 1})"), "management.port", "is not known here"},
      {with_top(R"("isns": "10.0.0.1:3205")"), "isns", "must be an object"},
      {with_top(R"("isns": {})"), "isns.server", "is missing"},
      {with_top(R"("isns": {"server": "isns.example.com:3205"})"), "isns.server",
       "must be an address and a port"},
      {with_top(R"("isns": {"server": "10.0.0.1:3205", "registration_seconds": 9})"),
       "isns.registration_seconds", "must be a whole number from 10 to 86400"},
      {with_top(R"("isns": {"server": "10.0.0.1:3205", "esi": true})"), "isns.esi",
       "is not known here"},
      {with_top(R"("state_dir": "")"), "state_dir", "must not be empty"},
      {with_top(R"("state_dir": 3)"), "state_dir", "must be a string"},
      {with_top(R"("cores": 0)"), "cores", "must be a whole number from 1 to 64"},
      {with_top(R"("cores": 65)"), "cores", "must be a whole number from 1 to 64"},
      {with_top(R"("cores": "two")"), "cores", "must be a whole number from 1 to 64"},
      {with_top(R"("cores": 1.5)"), "cores", "must be a whole number from 1 to 64"},
      {with_top(R"("busy_poll_us": -1)"), "busy_poll_us",
       "must be a whole number from 0 to 1000000"},
      {with_top(R"("busy_poll_us": 1000001)"), "busy_poll_us",
       "must be a whole number from 0 to 1000000"},
      {with_top(R"("io_engine": "aio")"), "io_engine", "must be one of: auto, io_uring, threads"},
      {with_top(R"("io_engine": null)"), "io_engine", "must be a string"},
      {with_volume(R"("location": "memory:", "size": 512)"), "volumes[0].name", "is missing"},
      {with_volume(R"("name": "a b", "location": "memory:", "size": 512)"), "volumes[0].name",
       "must be 1 to 64 letters"},
      {with_volume(R"("name": "../x", "location": "memory:", "size": 512)"), "volumes[0].name",
       "must be 1 to 64 letters"},
      {with_volume(R"("name": "", "location": "memory:", "size": 512)"), "volumes[0].name",
       "must be 1 to 64 letters"},
      {with_volume(R"("name": "a")"), "volumes[0].location", "is missing"},
      {with_volume(R"("name": "a", "location": "/dev/sda")"), "volumes[0].location",
       "must be file:PATH, block:/PATH or memory:"},
      {with_volume(R"("name": "a", "location": "block:sda")"), "volumes[0].location",
       "must be file:PATH, block:/PATH or memory:"},
      {with_volume(R"("name": "a", "location": "file:")"), "volumes[0].location",
       "must be file:PATH, block:/PATH or memory:"},
      {with_volume(R"("name": "a", "location": "memory:")"), "volumes[0].size", "is missing"},
      {with_volume(R"("name": "a", "location": "memory:", "size": 0)"), "volumes[0].size",
       "must not be zero"},
      {with_volume(R"("name": "a", "location": "memory:", "size": -512)"), "volumes[0].size",
       "must be a size"},
      {with_volume(R"("name": "a", "location": "memory:", "size": "1 GB")"), "volumes[0].size",
       "must be a size"},
      {with_volume(R"("name": "a", "location": "memory:", "size": "99999999TiB")"),
       "volumes[0].size", "must be a size"},
      {with_volume(R"("name": "a", "location": "memory:", "size": "8388608TiB")"),
       "volumes[0].size", "must be less than 8EiB"},
      {with_volume(R"("name": "a", "location": "memory:", "size": 1000)"), "volumes[0].size",
       "must be a multiple of the block size, 512"},
      {with_volume(R"("name": "a", "location": "memory:", "size": 512, "block_size": 4096)"),
       "volumes[0].size", "must be a multiple of the block size, 4096"},
      {with_volume(v + R"(, "block_size": 1024)"), "volumes[0].block_size", "must be 512 or 4096"},
      {with_volume(v + R"(, "block_size": "512")"), "volumes[0].block_size",
       "must be a whole number"},
      {with_volume(v + R"(, "read_only": "yes")"), "volumes[0].read_only", "must be true or false"},
      {with_volume(v + R"(, "cache": "none")"), "volumes[0].cache",
       "must be one of: write-back, write-through"},
      {with_volume(v + R"(, "provisioning": "fat")"), "volumes[0].provisioning",
       "must be one of: thin, thick"},
      {with_volume(v + R"(, "removable": 1)"), "volumes[0].removable", "must be true or false"},
      {with_volume(v + R"(, "physical_block_size": 3000)"), "volumes[0].physical_block_size",
       "must be a power of two"},
      {with_volume(v + R"(, "physical_block_size": 256)"), "volumes[0].physical_block_size",
       "must be a whole number from 512 to 65536"},
      {with_volume(v + R"(, "lowest_aligned_lba": 8)"), "volumes[0].lowest_aligned_lba",
       "must be a whole number from 0 to 7"},
      {with_volume(v + R"(, "raid": 5)"), "volumes[0].raid", "is not known here"},
      {with_volume(v + "}, {" + v), "volumes[1].name", "is given twice: a"},
      {with_volume(R"("name": "a", "location": "file:x"}, {"name": "b", "location": "file:x")"),
       "volumes[1].location", "is given twice: file:x"},
      {with_target(R"("luns": [], "access": [])"), "targets[0].name", "is missing"},
      {with_target(R"("name": "main", "luns": [], "access": [])"), "targets[0].name",
       "must be an iSCSI name"},
      {with_target(R"("name": "iqn.2026-11.x:t", "access": [])"), "targets[0].luns", "is missing"},
      {with_target(R"("name": "iqn.2026-11.x:t", "luns": [])"), "targets[0].access", "is missing"},
      {with_target(t + R"(, "alias": "x")"), "targets[0].alias", "is not known here"},
      {with_target(t + "}, {" + t), "targets[1].name", "is given twice: iqn.2026-11.x:t"},
      {with_target(
           R"("name": "iqn.2026-11.x:t", "luns": [{"lun": 0, "volume": "b"}], "access": [])"),
       "targets[0].luns[0].volume", "there is no volume b"},
      {with_target(R"("name": "iqn.2026-11.x:t", "luns": [{"volume": "a"}], "access": [])"),
       "targets[0].luns[0].lun", "is missing"},
      {with_target(
           R"("name": "iqn.2026-11.x:t", "luns": [{"lun": 16384, "volume": "a"}], "access": [])"),
       "targets[0].luns[0].lun", "must be a whole number from 0 to 16383"},
      {with_target(R"("name": "iqn.2026-11.x:t", "access": [],
                      "luns": [{"lun": 1, "volume": "a"}, {"lun": 1, "volume": "a"}])"),
       "targets[0].luns[1].lun", "is given twice here: 1"},
      {with_target(R"("name": "iqn.2026-11.x:t", "luns": [], "access": ["*"])"),
       "targets[0].access[0]", "must be an object"},
      {with_target(R"("name": "iqn.2026-11.x:t", "luns": [], "access": [{}])"),
       "targets[0].access[0].initiator", "is missing"},
      {with_target(R"("name": "iqn.2026-11.x:t", "luns": [], "access": [{"initiator": "host"}])"),
       "targets[0].access[0].initiator", "must be an iSCSI name"},
  };
}

TEST(Config, BadConfigurationsAreRefusedByPathAndReason) {
  const std::vector<Bad> all = bad_configurations();
  EXPECT_GE(all.size(), 40u);
  for (const Bad& bad : all) {
    SCOPED_TRACE(bad.text);
    const Result<Config> parsed = parse_config(bad.text);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().field, bad.path);
    EXPECT_TRUE(parsed.error().message.starts_with(bad.reason)) << parsed.error().message;
  }
}

TEST(Config, SyntaxErrorsAreLocated) {
  const struct {
    std::string text;
    std::string place;
  } cases[] = {{"{", "line 1, column 2: "},
               {"{\n  \"volumes\": [,]\n}", "line 2, column 15: "},
               {"{\n// comment\n\"a\": 1 \"b\"}", "line 3, column 10: "},
               {"", "line 1, column 1: "},
               {"{} {}", "line 1, column 4: "}};
  for (const auto& bad : cases) {
    const Result<Config> parsed = parse_config(bad.text);
    ASSERT_FALSE(parsed) << bad.text;
    EXPECT_EQ(parsed.error().field, "");
    EXPECT_TRUE(parsed.error().message.starts_with(bad.place)) << parsed.error().message;
  }
}

TEST(Config, DefaultsFillWhatIsLeftOut) {
  const Result<Config> parsed = parse_config(kGood);
  ASSERT_TRUE(parsed) << parsed.error().field << parsed.error().message;
  const Config& config = parsed.value();
  EXPECT_EQ(config.portals, std::vector<target::PortalSpec>{{"127.0.0.1:3260"}});
  EXPECT_EQ(config.management, "127.0.0.1:8260");
  EXPECT_FALSE(config.isns) << "off";
  EXPECT_EQ(config.io_engine, storage::EngineChoice::automatic);
  EXPECT_GE(config.cores, 1);
  EXPECT_LE(config.cores, 2);
  EXPECT_EQ(config.volumes[0].block_size, 512u);
  EXPECT_FALSE(config.volumes[0].read_only);
  EXPECT_FALSE(config.volumes[0].write_through);
}

TEST(Config, EverythingCanBeSet) {
  const Result<Config> parsed = parse_config(R"({
    "portals": ["0.0.0.0:3260", "[::1]:860"],
    "management": {"listen": "[::1]:9000"},
    "state_dir": "/s", "cores": 64, "busy_poll_us": 50, "io_engine": "threads",
    "isns": {"server": "10.0.0.9:3205", "registration_seconds": 10},
    "xcopy": {"gather_ms": 7},
    "volumes": [{"name": "a", "location": "block:/dev/vda", "size": "1GiB", "block_size": 4096,
                 "read_only": true, "cache": "write-through"}],
    "targets": [{"name": "eui.02004567A425678D", "luns": [{"lun": 16383, "volume": "a"}],
                 "access": [{"initiator": "naa.52004567BA64678D"}, {"initiator": "*"}]}]
  })");
  ASSERT_TRUE(parsed) << parsed.error().field << parsed.error().message;
  const Config& config = parsed.value();
  EXPECT_EQ(config.portals.size(), 2u);
  EXPECT_EQ(config.management, "[::1]:9000");
  EXPECT_EQ(config.cores, 64);
  EXPECT_EQ(config.busy_poll_us, 50u);
  EXPECT_EQ(config.io_engine, storage::EngineChoice::threads);
  EXPECT_EQ(config.xcopy.gather, std::chrono::milliseconds(7));
  EXPECT_EQ(config.volumes[0].size, kGiB);
  EXPECT_TRUE(config.volumes[0].read_only);
  EXPECT_TRUE(config.volumes[0].write_through);
  EXPECT_EQ(config.isns, (IsnsConfig{"10.0.0.9:3205", 10}));
  EXPECT_EQ(config.targets[0].luns[0].lun, 16383);
  EXPECT_EQ(config.targets[0].access.size(), 2u);
}

TEST(Config, TheShippedFileSaysWhatTheEmbeddedOneSays) {
  const Config embedded = default_config();
  const Result<Config> read = read_config(TIDEMARK_CONF_FILE);
  ASSERT_TRUE(read) << read.error().field << read.error().message;
  const Config& shipped = read.value();
  EXPECT_EQ(shipped.portals, embedded.portals);
  EXPECT_EQ(shipped.management, embedded.management);
  EXPECT_EQ(shipped.state_dir, embedded.state_dir);
  EXPECT_EQ(shipped.cores, embedded.cores);
  EXPECT_EQ(shipped.io_engine, embedded.io_engine);
  ASSERT_EQ(shipped.volumes.size(), embedded.volumes.size());
  for (size_t i = 0; i < shipped.volumes.size(); ++i) {
    EXPECT_EQ(shipped.volumes[i].name, embedded.volumes[i].name);
    EXPECT_EQ(shipped.volumes[i].location, embedded.volumes[i].location);
    EXPECT_EQ(shipped.volumes[i].size, embedded.volumes[i].size);
    EXPECT_EQ(shipped.volumes[i].block_size, embedded.volumes[i].block_size);
    EXPECT_EQ(shipped.volumes[i].read_only, embedded.volumes[i].read_only);
    EXPECT_EQ(shipped.volumes[i].write_through, embedded.volumes[i].write_through);
  }
  ASSERT_EQ(shipped.targets.size(), 1u);
  ASSERT_EQ(embedded.targets.size(), 1u);
  EXPECT_EQ(shipped.targets[0].name, embedded.targets[0].name);
  EXPECT_EQ(shipped.targets[0].access, embedded.targets[0].access);
  ASSERT_EQ(shipped.targets[0].luns.size(), embedded.targets[0].luns.size());
  for (size_t i = 0; i < shipped.targets[0].luns.size(); ++i) {
    EXPECT_EQ(shipped.targets[0].luns[i].lun, embedded.targets[0].luns[i].lun);
    EXPECT_EQ(shipped.targets[0].luns[i].volume, embedded.targets[0].luns[i].volume);
  }
}

TEST(Config, AMissingFileIsAnIoError) {
  const Result<Config> read = read_config("/nonexistent/tidemark.json");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, ErrorKind::io);
  EXPECT_EQ(read.error().message, "cannot be read: No such file or directory");
}

TEST(Config, RelativeFilesLieInTheStateDirectory) {
  EXPECT_EQ(resolve_location("file:volumes/a", "/s"), "file:/s/volumes/a");
  EXPECT_EQ(resolve_location("file:/a", "/s"), "file:/a");
  EXPECT_EQ(resolve_location("block:/dev/x", "/s"), "block:/dev/x");
  EXPECT_EQ(resolve_location("memory:", "/s"), "memory:");
}

TEST(IscsiName, RightAndWrong) {
  for (const char* name :
       {"iqn.2026-11.dev.tidemark:main", "iqn.2001-04.com.example", "eui.02004567A425678D",
        "naa.52004567BA64678D", "naa.62004567BA64678D0123456789ABCDEF"})
    EXPECT_TRUE(is_iscsi_name(name)) << name;
  for (const char* name : {"", "iqn.", "iqn.2026-11", "iqn.2026-11.", "iqn.2026-13.x:y",
                           "iqn.2026-11.x:", "iqn.2026-11.X:y", "iqn.2026-11.x:a b", "eui.0200",
                           "eui.02004567A425678G", "naa.5", "wwn.52004567BA64678D"})
    EXPECT_FALSE(is_iscsi_name(name)) << name;
  EXPECT_FALSE(is_iscsi_name("iqn.2026-11.x:" + std::string(223, 'a')));
}

TEST(SizeText, ReadsBinaryUnitsOnly) {
  EXPECT_EQ(parse_size("0").value(), 0u);
  EXPECT_EQ(parse_size("4096").value(), 4096u);
  EXPECT_EQ(parse_size("64KiB").value(), 64 * kKiB);
  EXPECT_EQ(parse_size("256MiB").value(), 256 * kMiB);
  EXPECT_EQ(parse_size("2TiB").value(), 2048 * kGiB);
  for (const char* text : {"", "KiB", "1KB", "1kib", "1 KiB", "-1", "+1", "1.5GiB", "0x10",
                           "18446744073709551616", "16777216TiB"})
    EXPECT_FALSE(parse_size(text)) << text;
}

TEST(SizeText, WritesTheShortestExactForm) {
  EXPECT_EQ(size_text(0), "0");
  EXPECT_EQ(size_text(1000), "1000");
  EXPECT_EQ(size_text(4096), "4KiB");
  EXPECT_EQ(size_text(256 * kMiB), "256MiB");
  EXPECT_EQ(size_text(1025 * kMiB), "1025MiB");
}

}  // namespace
}  // namespace tidemark::mgmt
