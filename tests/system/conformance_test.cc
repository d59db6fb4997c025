// libiscsi's test suite, family by family: whatever of it runs must pass.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "tests/system/daemon.h"
#include "tests/system/process.h"

namespace tidemark::system_test {
namespace {

constexpr auto kFamilyLimit = std::chrono::seconds(50);

struct Summary {
  bool found = false;
  int ran = 0;
  int failed = 0;
  int skipped = 0;
};

/// The table that CUnit prints at the end.
Summary summary_of(const std::string& output) {
  Summary summary;
  static const std::regex tests(R"(\n\s+tests\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+))");
  std::smatch match;
  if (!std::regex_search(output, match, tests)) return summary;
  summary.found = true;
  summary.ran = std::stoi(match[2]);
  summary.failed = std::stoi(match[4]);
  static const std::string kSkipped = "[SKIPPED]";
  for (size_t at = output.find(kSkipped); at != std::string::npos;
       at = output.find(kSkipped, at + 1))
    ++summary.skipped;
  return summary;
}

/// "GetLBAStatus.Simple" as a test name.
std::string name_of(const testing::TestParamInfo<const char*>& family) {
  std::string name = family.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

class Family : public testing::TestWithParam<const char*> {};

TEST_P(Family, HasNoFailure) {
  Daemon daemon(DaemonOptions{.size = "128MiB"});
  if (HasFatalFailure()) return;
  const Finished finished =
      run_program({"iscsi-test-cu", "--dataloss", "--normal",
                   std::string("--test=ALL.") + GetParam(), daemon.lun_url(0)},
                  kFamilyLimit);
  EXPECT_FALSE(finished.timed_out) << finished.output;
  const Summary summary = summary_of(finished.output);
  EXPECT_TRUE(summary.found) << finished.output;
  EXPECT_GT(summary.ran, 0) << finished.output;
  EXPECT_EQ(summary.failed, 0) << finished.output;
  EXPECT_TRUE(daemon.running());
  fmt::print("{} ran, {} lines of skipping\n", summary.ran, summary.skipped);
}

// Left out of GetLBAStatus: UnmapSingle, which asks for block i + 1 and expects the answer to begin
// a whole physical block later, so that only disks without larger physical blocks can pass.
INSTANTIATE_TEST_SUITE_P(Scsi, Family,
                         testing::Values("TestUnitReady", "Inquiry", "Mandatory", "ModeSense6",
                                         "ReadCapacity10", "ReadCapacity16", "Read6", "Read10",
                                         "Read12", "Read16", "Write10", "Write12", "Write16",
                                         "WriteVerify10", "WriteVerify12", "WriteVerify16",
                                         "Verify10", "Verify12", "Verify16", "WriteSame10",
                                         "WriteSame16", "Unmap", "CompareAndWrite", "OrWrite",
                                         "Prefetch10", "Prefetch16", "GetLBAStatus.Simple",
                                         "GetLBAStatus.BeyondEol", "ReportSupportedOpcodes",
                                         "ExtendedCopy", "ReceiveCopyResults", "ReadOnly"),
                         name_of);

INSTANTIATE_TEST_SUITE_P(Reservations, Family,
                         testing::Values("PrinReadKeys", "PrinServiceactionRange",
                                         "PrinReportCapabilities", "ProutRegister", "ProutReserve",
                                         "ProutClear", "ProutPreempt"),
                         name_of);

INSTANTIATE_TEST_SUITE_P(Iscsi, Family,
                         testing::Values("iSCSIcmdsn", "iSCSIdatasn", "iSCSIResiduals", "iSCSITMF"),
                         name_of);

// Families for commands that this target does not have: the suite must see that and skip them.
INSTANTIATE_TEST_SUITE_P(NotOffered, Family,
                         testing::Values("WriteAtomic16", "ReadDefectData10", "ReadDefectData12"),
                         name_of);

}  // namespace
}  // namespace tidemark::system_test
