// Contexts, and which daemon and token a command line means.
#include "mgmt/cli/contexts.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "mgmt/cli/commands.h"
#include "mgmt/cli/destination.h"
#include "tests/mgmt/temporary_directory.h"

namespace tidemark::mgmt::cli {
namespace {

class Destinations : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"TIDEMARK_URL", "TIDEMARK_CONTEXT", "TIDEMARK_TOKEN",
                             "TIDEMARK_TOKEN_FILE", "TIDEMARK_CA"})
      unsetenv(name);
    setenv("XDG_CONFIG_HOME", directory.path().c_str(), 1);
  }
  void TearDown() override {
    for (const char* name : {"TIDEMARK_URL", "TIDEMARK_CONTEXT", "TIDEMARK_TOKEN",
                             "TIDEMARK_TOKEN_FILE", "TIDEMARK_CA", "XDG_CONFIG_HOME"})
      unsetenv(name);
  }
  int tidemark(std::vector<const char*> words) {
    words.insert(words.begin(), "tidemark");
    const auto line = read_command_line(static_cast<int>(words.size()), words.data());
    Console console;
    const int* ended = std::get_if<int>(&line);
    return ended ? *ended : run_command(std::get<CommandLine>(line), console);
  }
  static std::string where(const std::string& url = {}, const std::string& context = {}) {
    const auto found = find_destination(url, context);
    return found ? found.value().host : found.error().message;
  }

  TemporaryDirectory directory;
};

TEST_F(Destinations, WhatIsSaidMostDirectlyCounts) {
  EXPECT_EQ(where(), "127.0.0.1");
  EXPECT_EQ(tidemark({"context", "set", "lab", "http://lab.example"}), kExitOk);
  EXPECT_EQ(tidemark({"context", "set", "work", "https://work.example:1"}), kExitOk);
  EXPECT_EQ(where(), "lab.example");  // the first one is in use
  EXPECT_EQ(tidemark({"context", "use", "work"}), kExitOk);
  EXPECT_EQ(where(), "work.example");
  setenv("TIDEMARK_CONTEXT", "lab", 1);
  EXPECT_EQ(where(), "lab.example");
  setenv("TIDEMARK_URL", "http://env.example", 1);
  EXPECT_EQ(where(), "env.example");
  EXPECT_EQ(where({}, "work"), "work.example");
  EXPECT_EQ(where("http://said.example"), "said.example");
  EXPECT_EQ(where({}, "none"), "there is no context none");
}

TEST_F(Destinations, ContextsAreForTheirUserOnlyAndHaveNoTokens) {
  tidemark({"context", "set", "lab", "http://lab.example", "--token-file", "/secret/file"});
  struct stat found {};
  ASSERT_EQ(stat(contexts_file().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  EXPECT_EQ(load_contexts(contexts_file()).value().find("lab")->token_file, "/secret/file");
  EXPECT_EQ(tidemark({"context", "remove", "lab"}), kExitOk);
  EXPECT_EQ(tidemark({"context", "remove", "lab"}), kExitRefused);
  EXPECT_EQ(tidemark({"context", "set", "lab", "ftp://lab"}), kExitRefused);
  EXPECT_EQ(where(), "127.0.0.1");
}

TEST_F(Destinations, ABrokenFileIsSaid) {
  tidemark({"context", "set", "lab", "http://lab.example"});
  std::ofstream(contexts_file()) << "nonsense";
  EXPECT_FALSE(load_contexts(contexts_file()));
  EXPECT_EQ(where("http://said.example"), "said.example");
}

TEST_F(Destinations, TheTokenIsTheOneNamedMostDirectly) {
  const std::string file = directory.write("token", "from-file\n");
  setenv("TIDEMARK_TOKEN_FILE", file.c_str(), 1);
  EXPECT_EQ(find_destination({}, {}).value().token, "from-file");
  setenv("TIDEMARK_TOKEN", "said", 1);
  EXPECT_EQ(find_destination({}, {}).value().token, "said");
  unsetenv("TIDEMARK_TOKEN");
  setenv("TIDEMARK_TOKEN_FILE", "/nowhere", 1);
  EXPECT_EQ(find_destination({}, {}).error().field, "TIDEMARK_TOKEN_FILE");
  unsetenv("TIDEMARK_TOKEN_FILE");
  tidemark({"context", "set", "lab", "http://lab.example", "--token-file", file.c_str()});
  EXPECT_EQ(find_destination({}, {}).value().token, "from-file");
  EXPECT_EQ(find_destination("http://said.example", {}).value().token, "");
}

}  // namespace
}  // namespace tidemark::mgmt::cli
