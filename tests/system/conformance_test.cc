// libiscsi's test suite over disks of every kind: what it runs must pass, and what it skips must be
// explained in docs/conformance.md.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/system/daemon.h"
#include "tests/system/process.h"

namespace tidemark::system_test {
namespace {

constexpr auto kFamilyLimit = std::chrono::seconds(50);

struct Disk {
  const char* name;
  const char* keys;  // of the volume
  bool file_made = false;
};
constexpr Disk kEmulated512{"Thin512OnPagesOf4096", ""};
constexpr Disk kDisks[] = {
    kEmulated512,
    {"Thin512", R"(, "physical_block_size": 512)"},
    {"Thin4096", R"(, "block_size": 4096)"},
    {"Thick512", R"(, "provisioning": "thick")"},
    {"Thick4096", R"(, "provisioning": "thick", "block_size": 4096)"},
};
constexpr Disk kRemovable{"Removable", R"(, "removable": true, "physical_block_size": 512)"};
constexpr Disk kReadOnly{"ReadOnly", R"(, "read_only": true)", true};

/// Families run one after the other against one daemon.
struct Group {
  const char* name;
  std::vector<const char*> families;
};
const Group kGroups[] = {
    {"Reads",
     {"Read6", "Read10", "Read12", "Read16", "Prefetch10", "Prefetch16", "Verify10", "Verify12",
      "Verify16"}},
    {"Writes",
     {"Write10", "Write12", "Write16", "WriteAtomic16", "WriteSame10", "WriteSame16",
      "WriteVerify10", "WriteVerify12", "WriteVerify16", "OrWrite", "CompareAndWrite"}},
    {"Provisioning", {"Unmap", "GetLBAStatus.Simple", "GetLBAStatus.BeyondEol"}},
    {"Unit",
     {"Inquiry", "Mandatory", "ModeSense6", "ReadCapacity10", "ReadCapacity16", "ReadDefectData10",
      "ReadDefectData12", "ReportSupportedOpcodes.Simple", "ReportSupportedOpcodes.RCTD",
      "ReportSupportedOpcodes.SERVACTV", "TestUnitReady", "NoMedia", "StartStopUnit",
      "PreventAllow", "ReadOnly", "ExtendedCopy", "ReceiveCopyResults"}},
    {"Sanitize",
     {"Sanitize.BlockErase", "Sanitize.BlockEraseReserved", "Sanitize.CryptoErase",
      "Sanitize.CryptoEraseReserved", "Sanitize.ExitFailureMode", "Sanitize.InvalidServiceAction",
      "Sanitize.Overwrite", "Sanitize.OverwriteReserved", "Sanitize.Readonly",
      "Sanitize.Reservations"}},
    {"Reservations",
     {"PrinReadKeys", "PrinServiceactionRange", "PrinReportCapabilities", "ProutRegister",
      "ProutReserve", "ProutClear", "ProutPreempt", "Reserve6.Simple", "Reserve6.2Initiators",
      "Reserve6.Logout", "Reserve6.ITNexusLoss", "Reserve6.LUNReset"}},
    {"Multipath", {"MultipathIO"}},
};
const Group kIscsi{"Iscsi", {"iSCSIcmdsn", "iSCSIdatasn", "iSCSIResiduals", "iSCSITMF"}};
/// One that sleeps for long, on its own.
const Group kTargetResets{"TargetResets", {"Reserve6.TargetColdReset", "Reserve6.TargetWarmReset"}};
/// Only where blocks are their own physical blocks: docs/conformance.md says why.
const Group kUnmapSingle{"UnmapSingle", {"GetLBAStatus.UnmapSingle"}};
/// Not all of StartStopUnit, for which see there, too.
const Group kEjection{"Ejection", {"NoMedia", "StartStopUnit.Simple", "PreventAllow"}};
const Group kProtected{"Protected", {"ReadOnly", "Inquiry", "ModeSense6.AllPages", "Read10"}};

struct Run {
  Disk disk;
  Group group;
};

std::vector<Run> runs() {
  std::vector<Run> all;
  for (const Disk& disk : kDisks)
    for (const Group& group : kGroups) all.push_back({disk, group});
  all.push_back({kEmulated512, kIscsi});
  all.push_back({kEmulated512, kTargetResets});
  all.push_back({kDisks[1], kUnmapSingle});
  all.push_back({kDisks[2], kUnmapSingle});
  all.push_back({kRemovable, kEjection});
  all.push_back({kReadOnly, kProtected});
  return all;
}

std::string documentation() {
  std::ostringstream text;
  text << std::ifstream(std::string(TIDEMARK_SOURCE_DIR) + "/docs/conformance.md").rdbuf();
  return text.str();
}

/// What follows "[SKIPPED]" on a line, without the full stop and what is always said after it.
std::set<std::string> skips_in(const std::string& output) {
  std::set<std::string> skips;
  static const std::regex line(R"(\[SKIPPED\] ([^\n]*?)\.?( Skipping test\.?)?\n)");
  for (std::sregex_iterator at(output.begin(), output.end(), line), end; at != end; ++at)
    skips.insert((*at)[1]);
  return skips;
}

/// The table that CUnit prints at the end: tests run and failed; none if there is no such table.
std::optional<std::pair<int, int>> ran_and_failed(const std::string& output) {
  static const std::regex tests(R"(\n\s+tests\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+))");
  std::smatch match;
  if (!std::regex_search(output, match, tests)) return std::nullopt;
  return std::pair(std::stoi(match[2]), std::stoi(match[4]));
}

class Conformance : public testing::TestWithParam<Run> {};

TEST_P(Conformance, HasNoFailureAndNoUnexplainedSkip) {
  const Disk& disk = GetParam().disk;
  Daemon daemon(DaemonOptions{.size = disk.file_made ? "64MiB" : "128MiB",
                              .source_keys = disk.keys,
                              .source_file = disk.file_made});
  if (HasFatalFailure()) return;
  const std::string explained = documentation();
  for (const char* family : GetParam().group.families) {
    SCOPED_TRACE(family);
    const Finished finished = run_program(
        {"iscsi-test-cu", "--dataloss", "--allow-sanitize", "--normal",
         std::string("--test=ALL.") + family, daemon.lun_url(0), daemon.second_lun_url(0)},
        kFamilyLimit);
    EXPECT_FALSE(finished.timed_out) << finished.output;
    const auto result = ran_and_failed(finished.output);
    ASSERT_TRUE(result) << finished.output;
    EXPECT_GT(result->first, 0) << finished.output;
    EXPECT_EQ(result->second, 0) << finished.output;
    for (const std::string& skip : skips_in(finished.output))
      EXPECT_NE(explained.find(skip), explained.npos) << "not in docs/conformance.md: " << skip;
    ASSERT_TRUE(daemon.running());
    fmt::print("{}: {} ran\n", family, result->first);
  }
}

INSTANTIATE_TEST_SUITE_P(Libiscsi, Conformance, testing::ValuesIn(runs()),
                         [](const testing::TestParamInfo<Run>& run) {
                           return std::string(run.param.disk.name) + run.param.group.name;
                         });

}  // namespace
}  // namespace tidemark::system_test
