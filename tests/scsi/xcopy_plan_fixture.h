// A nexus with two units, and the plans that EXTENDED COPY lists come to there.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "scsi/xcopy_plan.h"
#include "tests/scsi/copy_fixture.h"
#include "tests/scsi/xcopy_bytes.h"

namespace tidemark::scsi {

class XcopyPlanTest : public CopyFixture {
 protected:
  XcopyPlanTest() {
    bytes_.add_naa(naa("source"));
    bytes_.add_naa(naa("copy"));
  }

  std::variant<XcopyPlan, SenseData> plan() {
    auto parsed = parse_xcopy_list(bytes_.build());
    EXPECT_TRUE(std::holds_alternative<XcopyList>(parsed));
    return plan_xcopy(std::get<XcopyList>(parsed), {*units_, units_->at(0), asker_, 0});
  }
  XcopyPlan accepted() {
    auto made = plan();
    EXPECT_TRUE(std::holds_alternative<XcopyPlan>(made));
    return std::holds_alternative<XcopyPlan>(made) ? std::get<XcopyPlan>(made) : XcopyPlan{};
  }
  /// Expects sense data of `key` that points at byte `byte` of the list.
  void refused(SenseKey key, Asc asc, int byte, std::optional<uint16_t> segment) {
    const auto made = plan();
    ASSERT_TRUE(std::holds_alternative<SenseData>(made));
    const auto& sense = std::get<SenseData>(made);
    EXPECT_EQ(sense.key, key);
    EXPECT_EQ(sense.asc, asc);
    ASSERT_TRUE(sense.field);
    EXPECT_FALSE(sense.field->in_cdb);
    EXPECT_EQ(sense.field->byte, byte);
    EXPECT_EQ(sense.segment, segment);
    EXPECT_FALSE(sense.information);
  }
  void aborted(Asc asc, int byte, uint16_t segment = 0) {
    refused(SenseKey::copy_aborted, asc, byte, segment);
  }
  /// Where segment number `number` begins in the list.
  int at(size_t number) const {
    size_t place = kXcopyHeaderBytes + bytes_.cscds.size() * kCscdBytes;
    for (size_t i = 0; i < number; ++i) place += bytes_.segments[i].size();
    return static_cast<int>(place);
  }
  using Moves = std::vector<std::array<uint64_t, 3>>;
  /// Source, destination and length of all ranges, in order.
  static Moves moves(const XcopyPlan& plan) {
    Moves all;
    for (const XcopyOrder& order : plan.orders)
      for (const CopyRange& range : order.ranges)
        all.push_back({range.source_offset, range.destination_offset, range.length});
    return all;
  }
  static constexpr int kFirstCscd = 16;
  static constexpr int kSecondCscd = 48;
  static constexpr uint64_t kBlocks = kUnitBytes / 512;

  XcopyBytes bytes_;
  NexusName asker_{"iqn.2026-11.dev.tidemark:host", 1, {device_.name()}};
  ForgetfulStore store_;
};

}  // namespace tidemark::scsi
