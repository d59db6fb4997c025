// Who may include whom: the floors of the house.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/tidy/source_tree.h"

namespace tidemark::tidy {
namespace {

using Floors = std::set<std::string>;

// A floor includes itself and what stands here. That scsi and copyengine are strangers is the
// point of the house: see docs/architecture.md.
const std::map<std::string, Floors> kMayInclude = {
    {"base", {}},
    {"storage", {"base"}},
    {"copyengine", {"storage", "base"}},
    {"scsi", {"storage", "base"}},
    {"target", {"scsi", "base"}},
    {"mgmt", {"target", "scsi", "copyengine", "storage", "base"}},
};

// Costly to compile; a header that includes one makes everyone pay.
const char* const kHeavy[] = {"boost/beast", "boost/asio.hpp", "CLI/", "nlohmann/json.hpp",
                              "spdlog/"};

// Where a heavy header cannot be kept out of a header of ours: a connection has a Beast stream and
// a Beast parser as members. Only the sources of the port include them.
const std::set<std::string> kUnavoidable = {"mgmt/http/http_connection.h",
                                            "mgmt/http/peer_stream.h"};

// A header of the system that lies where one of our floors might.
const std::set<std::string> kOfTheSystem = {"scsi/sg.h"};

bool is_heavy(const std::string& include) {
  return std::any_of(std::begin(kHeavy), std::end(kHeavy),
                     [&](const char* heavy) { return include.starts_with(heavy); });
}

std::string place(const SourceFile& file, const Include& include) {
  return file.path + ":" + std::to_string(include.line) + " includes " + include.path;
}

class Floor : public testing::TestWithParam<std::string> {};

TEST_P(Floor, IncludesOnlyFloorsItStandsOn) {
  const Floors& allowed = kMayInclude.at(GetParam());
  for (const SourceFile& file : cpp_files(GetParam())) {
    for (const Include& include : includes_of(file)) {
      const std::string floor = include.path.substr(0, include.path.find('/'));
      if (!include.quoted || floor == GetParam()) continue;
      EXPECT_TRUE(allowed.contains(floor)) << place(file, include);
    }
  }
}

TEST_P(Floor, NamesItsIncludesFromTheTop) {
  for (const SourceFile& file : cpp_files(GetParam())) {
    for (const Include& include : includes_of(file)) {
      const std::string floor = include.path.substr(0, include.path.find('/'));
      const bool ours = kMayInclude.contains(floor) && !kOfTheSystem.contains(include.path);
      EXPECT_EQ(include.quoted, ours) << place(file, include);
    }
  }
}

TEST_P(Floor, KeepsHeavyHeadersOutOfHeaders) {
  for (const SourceFile& file : cpp_files(GetParam())) {
    if (!file.is_header() || kUnavoidable.contains(file.path)) continue;
    for (const Include& include : includes_of(file))
      EXPECT_FALSE(is_heavy(include.path)) << place(file, include);
  }
}

INSTANTIATE_TEST_SUITE_P(House, Floor,
                         testing::Values("base", "storage", "copyengine", "scsi", "target", "mgmt"),
                         [](const auto& floor) { return floor.param; });

TEST(CommandLine, IsReadInOneFile) {
  std::set<std::string> users;
  for (const SourceFile& file : cpp_files("mgmt/cli")) {
    for (const Include& include : includes_of(file))
      if (include.path.starts_with("CLI/")) users.insert(file.path);
  }
  EXPECT_EQ(users.size(), 1u);
}

}  // namespace
}  // namespace tidemark::tidy
