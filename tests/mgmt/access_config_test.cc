// Configuration of who may use what: portals, targets, access rows, CHAP, redirection, discovery.
// What is taken, and what is refused with which path and reason.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "mgmt/daemon/config.h"
#include "mgmt/daemon/iscsi_name.h"
#include "mgmt/daemon/secrets.h"
#include "tests/mgmt/temporary_directory.h"

namespace tidemark::mgmt {
namespace {

std::string with_top(const std::string& members) {
  return "{" + members + R"(, "volumes": [], "targets": []})";
}
std::string with_access(const std::string& rows, const std::string& more = {}) {
  return R"({"volumes": [{"name": "a", "location": "memory:", "size": 4096}],
             "targets": [{"name": "iqn.2026-11.x:t", "luns": [], "access": [)" +
         rows + "]" + more + "}]}";
}
std::string with_chap(const std::string& members) {
  return with_access(R"({"initiator": "*", "chap": {)" + members + "}}");
}

struct Bad {
  std::string text;
  std::string path;
  std::string reason;
};

std::vector<Bad> bad_configurations() {
  const std::string row = R"({"initiator": "iqn.2026-11.x:i")";
  const std::string proof = R"({"user": "u", "secret_file": "/s"})";
  const std::string at = "targets[0].access[0]";
  return {
      {with_top(R"("portals": [{}])"), "portals[0].address", "is missing"},
      {with_top(R"("portals": [{"address": 3260}])"), "portals[0].address", "must be a string"},
      {with_top(R"("portals": [{"address": "host:3260"}])"), "portals[0].address",
       "must be an address and a port"},
      {with_top(R"("portals": [{"address": "127.0.0.1:1", "tag": 1}])"), "portals[0].tag",
       "is not known here"},
      {with_top(R"("portals": [{"address": "127.0.0.1:1", "group": 65536}])"), "portals[0].group",
       "must be a whole number from 0 to 65535"},
      {with_top(R"("portals": [{"address": "127.0.0.1:1", "group": -1}])"), "portals[0].group",
       "must be a whole number from 0 to 65535"},
      {with_top(R"("portals": [{"address": "127.0.0.1:1", "advertise": "10.0.0.1"}])"),
       "portals[0].advertise", "must be a host and a port"},
      {with_top(R"("portals": [{"address": "127.0.0.1:1", "advertise": "a b:3260"}])"),
       "portals[0].advertise", "must be a host and a port"},
      {with_top(R"("portals": [{"address": "127.0.0.1:1", "advertise": "host:0"}])"),
       "portals[0].advertise", "must be a host and a port"},
      {with_top(R"("portals": ["127.0.0.1:1", {"address": "127.0.0.1:1"}])"), "portals[1]",
       "is given twice"},
      {with_top(R"("discovery": [])"), "discovery", "must be an object"},
      {with_top(R"("discovery": {"user": "u"})"), "discovery.user", "is not known here"},
      {with_top(R"("discovery": {"chap": {"user": "u"}})"), "discovery.chap",
       "must have one of secret_file and secret_env"},
      {with_top(R"("discovery": {"mutual": )" + proof + "}"), "discovery.mutual", "needs chap"},
      {with_access(row + R"(, "password": "x"})"), at + ".password", "is not known here"},
      {with_access(row + R"(, "chap": "secret"})"), at + ".chap", "must be an object"},
      {with_access(row + R"(, "mutual": )" + proof + "}"), at + ".mutual", "needs chap"},
      {with_chap(R"("secret_file": "/s")"), at + ".chap.user", "is missing"},
      {with_chap(R"("user": "", "secret_file": "/s")"), at + ".chap.user",
       "must be 1 to 255 bytes"},
      {with_chap(R"("user": 7, "secret_file": "/s")"), at + ".chap.user", "must be a string"},
      {with_chap(R"("user": "u")"), at + ".chap", "must have one of secret_file and secret_env"},
      {with_chap(R"("user": "u", "secret_file": "/s", "secret_env": "S")"), at + ".chap",
       "must have one of secret_file and secret_env"},
      {with_chap(R"("user": "u", "secret": "in clear text")"), at + ".chap.secret",
       "is not known here"},
      {with_chap(R"("user": "u", "secret_file": "s")"), at + ".chap.secret_file",
       "must be an absolute path"},
      {with_chap(R"("user": "u", "secret_env": "A=B")"), at + ".chap.secret_env",
       "must be the name of an environment variable"},
      {with_access(R"({"initiator": "host"})"), at + ".initiator", "must be an iSCSI name"},
      {with_access(R"({"initiator": "iqn.*.x"})"), at + ".initiator", "must be an iSCSI name"},
      {with_access(R"({"initiator": "eui.*"})"), at + ".initiator", "must be an iSCSI name"},
      {with_access(row + "}, " + row + "}"), "targets[0].access[1].initiator",
       "is given twice in this target"},
      {with_access(row + R"(, "luns": 0})"), at + ".luns", "must be a list"},
      {with_access(row + R"(, "luns": [{"lun": 0, "volume": "b"}]})"), at + ".luns[0].volume",
       "there is no volume b"},
      {with_access(row + R"(, "luns": [{"lun": 1, "volume": "a"}, {"lun": 1, "volume": "a"}]})"),
       at + ".luns[1].lun", "is given twice here: 1"},
      {with_access(row + R"(, "copy_commands": 1})"), at + ".copy_commands",
       "must be true or false"},
      {with_access("", R"(, "redirect": "10.0.0.1:3260")"), "targets[0].redirect",
       "must be an object"},
      {with_access("", R"(, "redirect": {})"), "targets[0].redirect.address", "is missing"},
      {with_access("", R"(, "redirect": {"address": "10.0.0.1"})"), "targets[0].redirect.address",
       "must be a host and a port"},
      {with_access("", R"(, "redirect": {"address": "10.0.0.1:3260", "permanent": 1})"),
       "targets[0].redirect.permanent", "must be true or false"},
  };
}

TEST(AccessConfig, BadOnesAreRefusedByPathAndReason) {
  for (const Bad& bad : bad_configurations()) {
    SCOPED_TRACE(bad.text);
    const Result<Config> parsed = parse_config(bad.text);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().field, bad.path);
    EXPECT_TRUE(parsed.error().message.starts_with(bad.reason)) << parsed.error().message;
  }
}

TEST(AccessConfig, EverythingCanBeSet) {
  const Result<Config> parsed = parse_config(R"({
    "portals": ["0.0.0.0:3260", {"address": "[::]:3260", "group": 2, "advertise": "san.example.com:860"}],
    "discovery": {"chap": {"user": "find", "secret_env": "FIND"},
                  "mutual": {"user": "us", "secret_env": "US"}},
    "volumes": [{"name": "a", "location": "memory:", "size": 4096}],
    "targets": [{"name": "iqn.2026-11.x:t", "luns": [{"lun": 3, "volume": "a"}],
      "access": [{"initiator": "iqn.2026-11.x:*", "chap": {"user": "u", "secret_file": "/s"},
                  "mutual": {"user": "t", "secret_env": "T"}, "luns": [{"lun": 0, "volume": "a"}],
                  "copy_commands": true},
                 {"initiator": "*", "luns": []}],
      "redirect": {"address": "[fd00::1]:3260", "permanent": true}}]
  })");
  ASSERT_TRUE(parsed) << parsed.error().field << parsed.error().message;
  const Config& config = parsed.value();
  EXPECT_EQ(config.portals[0], (target::PortalSpec{"0.0.0.0:3260", 1, ""}));
  EXPECT_EQ(config.portals[1], (target::PortalSpec{"[::]:3260", 2, "san.example.com:860"}));
  EXPECT_EQ(config.discovery.chap->source.environment, "FIND");
  EXPECT_EQ(config.discovery.mutual->user, "us");
  const TargetConfig& target = config.targets[0];
  EXPECT_EQ(target.access[0].auth.chap->source.file, "/s");
  EXPECT_EQ(target.access[0].auth.mutual->source.environment, "T");
  EXPECT_EQ(target.access[0].luns, (std::vector<LunConfig>{{0, "a"}}));
  EXPECT_TRUE(target.access[0].copy_commands);
  EXPECT_EQ(target.access[1].luns, std::vector<LunConfig>{});
  EXPECT_FALSE(target.access[1].copy_commands);
  EXPECT_FALSE(target.access[1].auth.chap);
  EXPECT_EQ(target.redirect, (target::Redirection{"[fd00::1]:3260", true}));
}

TEST(InitiatorPattern, RightAndWrong) {
  for (const char* good :
       {"*", "iqn.2026-11.x:i", "iqn.2026-11.x:*", "iqn.2026-11.x*", "eui.02004567A425678D"})
    EXPECT_TRUE(is_initiator_pattern(good)) << good;
  for (const char* bad :
       {"", "**", "iqn.*", "iqn.2026-11.*x", "host*", "eui.02*", "iqn.2026-11.X*"})
    EXPECT_FALSE(is_initiator_pattern(bad)) << bad;
}

class Secrets : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const std::string path = directory_.write(name, text);
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  /// The error, or nothing.
  static std::string error(const std::string& text) {
    Result<Config> config = parse_config(text);
    EXPECT_TRUE(config) << config.error().message;
    const auto loaded = load_secrets(config.value());
    return loaded ? "" : loaded.error().field + ": " + loaded.error().message;
  }
  static std::string chap(const std::string& path) {
    return with_chap(R"("user": "u", "secret_file": ")" + path + "\"");
  }

  TemporaryDirectory directory_;
};

TEST_F(Secrets, AreTheOneLineOfTheirFile) {
  for (const char* text : {"twelve bytes", "twelve bytes\n"}) {
    Result<Config> config = parse_config(chap(file("s", text)));
    ASSERT_TRUE(config);
    ASSERT_TRUE(load_secrets(config.value()));
    EXPECT_EQ(config.value().targets[0].access[0].auth.chap->secret,
              target::Secret("twelve bytes"));
  }
}

TEST_F(Secrets, FilesThatOthersMayTouchAreRefused) {
  const std::string at = "targets[0].access[0].chap.secret_file: must not be open to others";
  for (const mode_t mode : {0644, 0604, 0606, 0602, 0601, 0660, 0620})
    EXPECT_TRUE(error(chap(file("s", "twelve bytes", mode))).starts_with(at)) << mode;
  for (const mode_t mode : {0600, 0400, 0640, 0440})
    EXPECT_EQ(error(chap(file("s", "twelve bytes", mode))), "") << mode;
}

TEST_F(Secrets, UnfitOnesAreRefusedWithoutBeingShown) {
  const std::string at = "targets[0].access[0].chap.secret_file: ";
  for (const std::string& text :
       {std::string(), std::string("eleven byte"), std::string(256, 'x'), std::string(5000, 'x')}) {
    const std::string refused = error(chap(file("s", text)));
    EXPECT_EQ(refused, at + "must hold a secret of 12 to 255 bytes");
  }
  EXPECT_EQ(error(chap(file("s", "hush hush\nhush hush"))),
            at + "must hold one line without control characters");
  EXPECT_EQ(error(chap(file("s", std::string(255, 'x')))), "");
}

TEST_F(Secrets, WhatIsNoFileIsNamed) {
  const std::string at = "targets[0].access[0].chap.secret_file: ";
  EXPECT_EQ(error(chap("/nonexistent")), at + "cannot be read: No such file or directory");
  EXPECT_EQ(error(chap(directory_.path())), at + "must be an ordinary file");
}

TEST_F(Secrets, MayComeFromTheEnvironment) {
  const std::string text = with_chap(R"("user": "u", "secret_env": "TIDEMARK_TEST_SECRET")");
  unsetenv("TIDEMARK_TEST_SECRET");
  EXPECT_EQ(error(text),
            "targets[0].access[0].chap.secret_env: "
            "the environment has no TIDEMARK_TEST_SECRET");
  setenv("TIDEMARK_TEST_SECRET", "twelve bytes", 1);
  EXPECT_EQ(error(text), "");
  setenv("TIDEMARK_TEST_SECRET", "short", 1);
  EXPECT_NE(error(text), "");
}

TEST_F(Secrets, OneThatProvesBothSidesIsRefusedWhereverItStands) {
  const std::string same = file("same", "twelve bytes");
  const std::string other = file("other", "twelve other bytes");
  const auto proof = [](const std::string& path) {
    return R"({"user": "u", "secret_file": ")" + path + "\"}";
  };
  const auto rows = [&](const std::string& a, const std::string& b, const std::string& ours) {
    return with_access(R"({"initiator": "iqn.2026-11.x:a", "chap": )" + proof(a) +
                       R"(}, {"initiator": "iqn.2026-11.x:b", "chap": )" + proof(b) +
                       R"(, "mutual": )" + proof(ours) + "}");
  };
  EXPECT_EQ(error(rows(other, other, same)), "");
  EXPECT_EQ(
      error(rows(other, same, same)),
      "targets[0].access[1].mutual: is the secret of targets[0].access[1].chap too; each side "
      "needs its own");
  EXPECT_EQ(
      error(rows(same, other, same)),
      "targets[0].access[1].mutual: is the secret of targets[0].access[0].chap too; each side "
      "needs its own");
}

}  // namespace
}  // namespace tidemark::mgmt
