// What is shown of a WRITE USING TOKEN among the copies.
#include "mgmt/daemon/token_copies.h"

#include <gtest/gtest.h>

namespace tidemark::mgmt {
namespace {

using copyengine::CopyState;
using copyengine::CopyStatus;

scsi::ImageCopyOrder order_of(uint64_t offset, std::vector<storage::Extent> to) {
  scsi::ImageCopyOrder order;
  order.image = 1;
  order.offset = offset;
  order.destination = "copy";
  order.to = std::move(to);
  order.initiator = "iqn.2026-11.test:host";
  return order;
}

std::vector<std::vector<uint64_t>> ranges_of(const CopyStatus& status) {
  std::vector<std::vector<uint64_t>> all;
  for (const auto& range : status.request.ranges)
    all.push_back({range.source_offset, range.destination_offset, range.length});
  return all;
}

const scsi::ImageOrder kImage{"source", {{1000, 100}, {5000, 300}}};

TEST(TokenCopies, SayFromWhereToWhere) {
  const CopyStatus status = shown_copy(order_of(50, {{0, 80}, {700, 200}}), kImage, 7);
  EXPECT_EQ(status.request.source, "source");
  EXPECT_EQ(status.request.destination, "copy");
  EXPECT_EQ(status.request.origin, copyengine::Origin::token);
  EXPECT_EQ(status.request.initiator, "iqn.2026-11.test:host");
  EXPECT_EQ(status.state, CopyState::copying);
  EXPECT_EQ(status.started_unix_ns, 7u);
  EXPECT_EQ(status.bytes_total, 280u);
  const std::vector<std::vector<uint64_t>> expected = {
      {1050, 0, 50}, {5000, 50, 30}, {5030, 700, 200}};
  EXPECT_EQ(ranges_of(status), expected);
}

TEST(TokenCopies, ZeroesComeFromNoVolume) {
  const CopyStatus status = shown_copy(order_of(0, {{64, 10}}), {}, 7);
  EXPECT_EQ(status.request.source, "");
  EXPECT_EQ(ranges_of(status), (std::vector<std::vector<uint64_t>>{{64, 64, 10}}));
}

TEST(TokenCopies, EndAsTheCommandEnds) {
  const CopyStatus begun = shown_copy(order_of(0, {{0, 400}}), kImage, 7);
  CopyStatus whole = begun;
  end_as({.bytes = 400, .party = {}}, whole);
  EXPECT_EQ(whole.state, CopyState::completed);
  EXPECT_EQ(whole.bytes_done, 400u);
  CopyStatus stopped = begun;
  end_as({.bytes = 4, .stopped = true, .party = {}}, stopped);
  EXPECT_EQ(stopped.state, CopyState::cancelled);
  CopyStatus failed = begun;
  end_as({.bytes = 4, .error = storage::Errc::medium_write, .party = "destination"}, failed);
  EXPECT_EQ(failed.state, CopyState::failed);
  EXPECT_EQ(failed.error_party, "destination");
}

TEST(TokenCopies, WithoutPatienceItIsTheCopyOfAPart) {
  CopyStatus status = shown_copy(order_of(0, {{0, 400}}), kImage, 7);
  end_as({.bytes = 150, .out_of_patience = true, .party = {}}, status);
  EXPECT_EQ(status.state, CopyState::completed);
  EXPECT_EQ(status.bytes_total, 150u);
  EXPECT_EQ(ranges_of(status),
            (std::vector<std::vector<uint64_t>>{{1000, 0, 100}, {5000, 100, 50}}));
}

}  // namespace
}  // namespace tidemark::mgmt
