// A disk of more blocks than 32 bits can count, in a sparse file, by the real daemon.
#include <gtest/gtest.h>

#include "base/big_endian.h"
#include "tests/system/scsi_host.h"

namespace tidemark::system_test {
namespace {

constexpr uint64_t kBlocks = (uint64_t{4} << 40) / 512;
constexpr uint64_t kBeyond32 = (uint64_t{1} << 32) + 7;

TEST(VastDisk, BlocksBeyondTwoToThe32AreWhereTheyWereWritten) {
  Daemon daemon({.size = "4TiB"});
  const Bytes low(512, 0x11), high(512, 0x22), last(512, 0x33);
  {
    ScsiHost host(daemon, "host");
    const Ended capacity =
        host.send({0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0}, {}, 32);
    ASSERT_TRUE(capacity.good());
    EXPECT_EQ(load_be64(capacity.data.data()), kBlocks - 1);
    EXPECT_TRUE(host.write(7, low, true).good());
    EXPECT_TRUE(host.write(kBeyond32, high, true).good());
    EXPECT_TRUE(host.write(kBlocks - 1, last, true).good());
    EXPECT_TRUE(host.write(kBlocks, last).failed(5, 0x2100));
  }
  daemon.restart();
  ScsiHost host(daemon, "host");
  EXPECT_EQ(host.read(7, 1).data, low);
  EXPECT_EQ(host.read(kBeyond32, 1).data, high);
  EXPECT_EQ(host.read(kBlocks - 1, 1).data, last);
  EXPECT_EQ(host.read(kBeyond32 + 1, 1).data, Bytes(512));
}

}  // namespace
}  // namespace tidemark::system_test
