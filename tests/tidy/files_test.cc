// Habits every file keeps: short, introduced, finished.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <regex>

#include "tests/tidy/source_tree.h"

namespace tidemark::tidy {
namespace {

constexpr size_t kLinesMax = 500;

std::vector<SourceFile> all_cpp_files() {
  std::vector<SourceFile> all;
  for (const char* folder : {"base", "storage", "copyengine", "scsi", "target", "mgmt", "tests"}) {
    for (SourceFile& file : cpp_files(folder)) all.push_back(std::move(file));
  }
  return all;
}

TEST(Files, AreShort) {
  for (const SourceFile& file : all_cpp_files())
    EXPECT_LE(file.lines.size(), kLinesMax) << file.path;
}

TEST(Files, HeadersSayWhatTheyAre) {
  for (const SourceFile& file : all_cpp_files()) {
    if (!file.is_header()) continue;
    ASSERT_FALSE(file.lines.empty()) << file.path;
    EXPECT_TRUE(file.lines[0].starts_with("// ")) << file.path;
    EXPECT_TRUE(std::find(file.lines.begin(), file.lines.end(), "#pragma once") != file.lines.end())
        << file.path;
  }
}

TEST(Files, LeaveNothingForLater) {
  // Put together here, so that this file does not find itself.
  const std::regex unfinished("\\b(" + std::string("TO") + "DO|FIX" + "ME|XX" + "X|HA" + "CK)\\b");
  for (const SourceFile& file : written_files()) {
    for (size_t i = 0; i < file.lines.size(); ++i)
      EXPECT_FALSE(std::regex_search(file.lines[i], unfinished))
          << file.path << ":" << i + 1 << ": " << file.lines[i];
  }
}

TEST(Files, NoExceptionIsSwallowed) {
  for (const SourceFile& file : all_cpp_files()) {
    for (size_t i = 0; i < file.lines.size(); ++i)
      EXPECT_EQ(file.lines[i].find(std::string("catch (.") + "..)"), std::string::npos)
          << file.path << ":" << i + 1;
  }
}

TEST(Scripts, ThoseThatTheReadmeNamesExist) {
  const std::regex script(R"((^|[^\w/.])(?:\./)?(scripts/[a-z][\w-]*))");
  size_t named = 0;
  for (const char* document : {"README.md", "CONTRIBUTING.md"}) {
    const SourceFile text = read_source(document);
    EXPECT_FALSE(text.lines.empty()) << document;
    for (const std::string& line : text.lines) {
      for (std::sregex_iterator match(line.begin(), line.end(), script), end; match != end;
           ++match) {
        ++named;
        EXPECT_EQ(access(project_path((*match)[2]).c_str(), X_OK), 0)
            << document << " names " << (*match)[2];
      }
    }
  }
  EXPECT_GT(named, 0u);
}

TEST(Scripts, StopAtTheFirstFailure) {
  for (const auto& entry : std::filesystem::directory_iterator(project_path("scripts"))) {
    const SourceFile script = read_source("scripts/" + entry.path().filename().string());
    EXPECT_EQ(script.lines.at(0), "#!/usr/bin/env bash") << script.path;
    EXPECT_TRUE(std::find(script.lines.begin(), script.lines.end(), "set -euo pipefail") !=
                script.lines.end())
        << script.path;
  }
}

}  // namespace
}  // namespace tidemark::tidy
