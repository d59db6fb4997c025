// The manual page and the completions say what the help says; the page renders, the scripts run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <functional>

#include "mgmt/cli/commands.h"
#include "mgmt/cli/resources.h"
#include "tests/mgmt/temporary_directory.h"

namespace tidemark::mgmt::cli {
namespace {

using testing::HasSubstr;

std::string printed(std::vector<const char*> words) {
  words.insert(words.begin(), "tidemark");
  testing::internal::CaptureStdout();
  const auto line = read_command_line(static_cast<int>(words.size()), words.data());
  Console console;
  if (const auto* command = std::get_if<CommandLine>(&line)) run_command(*command, console);
  return testing::internal::GetCapturedStdout();
}

/// Standard output and error of a shell command.
std::string shell(const std::string& command) {
  FILE* pipe = popen(("exec 2>&1; " + command).c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer{};
  while (const size_t count = fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), count);
  pclose(pipe);
  return output;
}

bool has_program(const std::string& name) {
  return !shell("command -v " + name).empty();
}

/// Every "--option" and every command that a help text names.
std::vector<std::string> named_in(const std::string& help) {
  std::vector<std::string> names;
  for (size_t at = help.find("--"); at != help.npos; at = help.find("--", at + 2)) {
    const size_t end = help.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", at);
    if (end - at > 2) names.push_back(help.substr(at, end - at));
  }
  return names;
}

class Manual : public testing::Test {
 protected:
  TemporaryDirectory directory;
  const std::string page = printed({"manual"});
};

TEST_F(Manual, HasEveryCommandAndEveryOptionOfTheHelp) {
  std::string text = page;
  for (size_t at; (at = text.find("\\-")) != text.npos;) text.erase(at, 1);
  std::vector<std::vector<const char*>> commands = {
      {}, {"copy", "start"}, {"bench"}, {"demo"}, {"doctor"}, {"context", "set"}};
  for (const ResourceRow& row : resource_rows())
    commands.push_back({row.noun.data(), row.verb.data()});
  for (std::vector<const char*> words : commands) {
    std::string name;
    for (const char* word : words) name += (name.empty() ? "" : " ") + std::string(word);
    if (!words.empty()) {
      EXPECT_THAT(text, HasSubstr(".SS \"" + name + "\""));
    }
    words.push_back("--help");
    const std::string help = printed(words);
    ASSERT_FALSE(help.empty()) << name;
    for (const std::string& option : named_in(help)) EXPECT_THAT(text, HasSubstr(option)) << name;
  }
}

TEST_F(Manual, RendersWithoutWarnings) {
  const std::string file = directory.write("tidemark.1", page);
  if (!has_program("groff")) GTEST_SKIP() << "there is no groff here";
  EXPECT_EQ(shell("groff -man -ww -z -Tutf8 " + file), "");
  const std::string text =
      shell("groff -man -Tutf8 " + file + " | sed -e 's/.\\x08//g' -e 's/\\x1b\\[[0-9;]*m//g'");
  EXPECT_THAT(text, HasSubstr("volume create"));
  EXPECT_THAT(text, HasSubstr("cannot be reached"));  // of the exit statuses
}

TEST_F(Manual, BashOffersCommandsOptionsAndWords) {
  const std::string file = directory.write("completion", printed({"completion", "bash"}));
  const auto offers = [&](const std::string& words, int at) {
    return shell("bash -c 'source " + file + "; COMP_WORDS=(" + words +
                 "); COMP_CWORD=" + std::to_string(at) + "; _tidemark; echo ${COMPREPLY[@]}'");
  };
  EXPECT_EQ(offers("tidemark vol", 1), "volume\n");
  EXPECT_EQ(offers("tidemark volume cr", 2), "create\n");
  EXPECT_EQ(offers("tidemark --json volume cr", 3), "create\n");
  EXPECT_EQ(offers("tidemark volume create v 1GiB --ca", 5), "--cache\n");
  EXPECT_EQ(offers("tidemark volume create v 1GiB --cache write-t", 6), "write-through\n");
  EXPECT_EQ(offers("tidemark token create x --role \"\"", 5), "viewer operator admin\n");
}

TEST_F(Manual, OtherShellsTakeTheirScripts) {
  for (const char* name : {"zsh", "fish"}) {
    if (!has_program(name)) continue;
    const std::string file = directory.write(name, printed({"completion", name}));
    EXPECT_EQ(shell(std::string(name) + " -n " + file), "") << name;
  }
  if (!has_program("fish")) return;
  EXPECT_THAT(shell("fish --no-config -c 'source " + directory.path() +
                    "/fish; complete -C \"tidemark volume cr\"'"),
              HasSubstr("create"));
}

}  // namespace
}  // namespace tidemark::mgmt::cli
