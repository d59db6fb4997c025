// The copy descriptor: what is written is read again, and what is no descriptor is not.
#include "scsi/copy_descriptor.h"

#include <gtest/gtest.h>

#include <random>

#include "base/big_endian.h"

namespace tidemark::scsi {
namespace {

/// With another value in every field.
CopyReport full_report() {
  CopyReport report;
  report.id = 7;
  report.state = CopyState::failed;
  report.origin = CopyOrigin::xcopy;
  report.impact = CopyImpact::low;
  report.party = CopyParty::destination;
  report.error = storage::Errc::no_space;
  report.error_on_destination = report.per_segment = report.fail_write = report.at_rest = true;
  report.release_durable = report.verify = true;
  report.range_failed = true;
  report.failed_range = 3;
  report.eta_ms = 1234;
  uint64_t next = 100;
  for (uint64_t* value :
       {&report.segment_size,     &report.rate_limit,      &report.t0_unix_ns,
        &report.started_unix_ns,  &report.ended_unix_ns,   &report.fence_ns,
        &report.bytes_total,      &report.bytes_copied,    &report.bytes_written,
        &report.bytes_zero,       &report.bytes_hole,      &report.bytes_verified,
        &report.bytes_mismatched, &report.bytes_preserved, &report.store_bytes,
        &report.held_now,         &report.held_total,      &report.writes_failed,
        &report.bytes_per_second, &report.chunk_bytes,     &report.host_latency_ns,
        &report.longest_hold_ns})
    *value = next++;
  for (uint32_t* value :
       {&report.grain, &report.latency_budget_us, &report.segments_total, &report.segments_done,
        &report.chunks_under_way, &report.copier_share_ppm})
    *value = static_cast<uint32_t>(next++);
  for (uint64_t& count : report.holds) count = next++;
  report.active_segment = {next++, next++};
  report.error_extent = {next++, next++};
  report.source = "source";
  report.destination = "Ziel \xc3\xa4";
  report.initiator = "iqn.2026-11.test:host";
  report.error_text = "no space left";
  report.ranges = {{1, 2, 3}, {4, 5, 6}};
  report.mismatches = {{512, 1024}};
  return report;
}

TEST(CopyDescriptor, ReadsBackWhatIsWritten) {
  const CopyReport report = full_report();
  const auto bytes = encode_copy_descriptor(report);
  EXPECT_EQ(bytes.size() % 8, 0u);
  EXPECT_EQ(copy_descriptor_bytes(bytes), bytes.size());
  const auto again = decode_copy_descriptor(bytes);
  ASSERT_TRUE(again);
  // Each field has a value of its own, so equal bytes are equal reports.
  EXPECT_EQ(encode_copy_descriptor(*again), bytes);
  EXPECT_EQ(again->id, 7u);
  EXPECT_EQ(again->state, CopyState::failed);
  EXPECT_EQ(again->origin, CopyOrigin::xcopy);
  EXPECT_EQ(again->impact, CopyImpact::low);
  EXPECT_EQ(again->error, storage::Errc::no_space);
  EXPECT_EQ(again->eta_ms, 1234u);
  EXPECT_EQ(again->destination, report.destination);
  EXPECT_EQ(again->error_text, "no space left");
  EXPECT_EQ(again->holds, report.holds);
  ASSERT_EQ(again->ranges.size(), 2u);
  EXPECT_EQ(again->ranges[1].length, 6u);
  EXPECT_EQ(again->mismatches, report.mismatches);
  EXPECT_EQ(again->active_segment, report.active_segment);
}

TEST(CopyDescriptor, WhatIsNotKnownIsNotThere) {
  const auto again = decode_copy_descriptor(encode_copy_descriptor(CopyReport{}));
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->eta_ms);
  EXPECT_FALSE(again->range_failed);
  EXPECT_TRUE(again->ranges.empty());
}

TEST(CopyDescriptor, HasTheLayoutOfTheDocument) {
  const auto bytes = encode_copy_descriptor(full_report());
  EXPECT_EQ(load_be32(&bytes[0]), bytes.size() - 4);
  EXPECT_EQ(bytes[4], 2);
  EXPECT_EQ(bytes[5], 6);
  EXPECT_EQ(bytes[7], 5);
  EXPECT_EQ(load_be64(&bytes[8]), 7u);
  EXPECT_EQ(bytes[16], 2);
  EXPECT_EQ(bytes[17], 1);
  EXPECT_EQ(bytes[18], 2);
  EXPECT_EQ(load_be32(&bytes[44]), 3u);
  EXPECT_EQ(load_be16(&bytes[520]), 6);
  EXPECT_EQ(load_be32(&bytes[528]), 2u);
  EXPECT_EQ(load_be16(&bytes[532]), 1);
  EXPECT_EQ(std::string(bytes.begin() + 536, bytes.begin() + 542), "source");
}

TEST(CopyDescriptor, WhatIsCutOffIsNone) {
  const auto bytes = encode_copy_descriptor(full_report());
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(decode_copy_descriptor(ConstBytes(bytes).first(length))) << length;
}

TEST(CopyDescriptor, LongListsAndTextsAreCut) {
  CopyReport report;
  report.error_text = std::string(1000, 'x');
  report.ranges.resize(1000);
  report.mismatches.resize(1000);
  const auto again = decode_copy_descriptor(encode_copy_descriptor(report));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->error_text.size(), 255u);
  EXPECT_EQ(again->ranges.size(), kDescriptorRangesMax);
  EXPECT_EQ(again->mismatches.size(), kDescriptorRangesMax);
}

TEST(CopyDescriptor, SurvivesDamage) {
  std::mt19937 random(20261127);
  const auto sound = encode_copy_descriptor(full_report());
  for (int round = 0; round < 20000; ++round) {
    auto bytes = sound;
    for (size_t flips = random() % 4 + 1; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    bytes.resize(bytes.size() - random() % 2 * (random() % bytes.size()));
    if (const auto report = decode_copy_descriptor(bytes)) {
      EXPECT_LE(report->ranges.size(), kDescriptorRangesMax);
    }
  }
}

}  // namespace
}  // namespace tidemark::scsi
