// The steps of an I/O, made by a kernel of our own that does less than asked, refuses, and keeps
// a record.
#include "storage/io_steps.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/falloc.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <functional>
#include <random>
#include <vector>

namespace tidemark::storage {
namespace {

using Kind = SystemCall::Kind;

constexpr int kZeroRange = FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE;
constexpr int kPunchHole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

class ScriptedKernel {
 public:
  explicit ScriptedKernel(size_t bytes) : medium(bytes, 0xAA) {}

  Errc carry_out(VolumeIo& io, bool write_through = false) {
    begin_steps(io, 7, {.write_through = write_through});
    int64_t result = 0;
    do {
      const SystemCall call = next_call(io);
      EXPECT_EQ(call.fd, 7);
      calls.push_back(call);
      result = refuse(call);
      if (result == 0) result = make(call);
    } while (!book_result(io, result));
    return io.error;
  }

  size_t count(Kind kind) const {
    return static_cast<size_t>(
        std::ranges::count_if(calls, [&](const SystemCall& call) { return call.kind == kind; }));
  }

  std::vector<uint8_t> medium;
  std::vector<SystemCall> calls;
  uint64_t most = UINT64_MAX;  // moved by one call
  std::function<int64_t(const SystemCall&)> refuse = [](const SystemCall&) { return 0; };

 private:
  int64_t make(const SystemCall& call) {
    if (call.kind == Kind::fdatasync) return 0;
    if (call.kind == Kind::fallocate) {
      std::memset(medium.data() + call.offset, 0, call.length);
      return 0;
    }
    EXPECT_LE(call.vectors.size(), static_cast<size_t>(IOV_MAX));
    uint64_t moved = 0;
    for (const iovec& piece : call.vectors) {
      const uint64_t length = std::min<uint64_t>(piece.iov_len, most - moved);
      uint8_t* const here = medium.data() + call.offset + moved;
      if (call.kind == Kind::readv)
        std::memcpy(piece.iov_base, here, length);
      else
        std::memcpy(here, piece.iov_base, length);
      moved += length;
    }
    return static_cast<int64_t>(moved);
  }
};

int64_t refuse_fallocate(const SystemCall& call) {
  return call.kind == Kind::fallocate ? -EOPNOTSUPP : 0;
}

/// A write or read of `pieces` of memory at `offset`.
struct Transfer {
  Transfer(Verb verb, uint64_t offset, const std::vector<size_t>& pieces) {
    size_t total = 0;
    for (const size_t piece : pieces) total += piece;
    bytes.resize(total);
    for (size_t i = 0; i < total; ++i) bytes[i] = static_cast<uint8_t>(i % 255 + 1);
    size_t at = 0;
    for (const size_t piece : pieces) {
      vectors.push_back({bytes.data() + at, piece});
      at += piece;
    }
    io.verb = verb;
    io.extent = {offset, total};
    io.memory = vectors;
  }
  std::vector<uint8_t> bytes;
  std::vector<iovec> vectors;
  VolumeIo io;
};

VolumeIo zeroing(Verb verb, Extent extent, bool fua = false) {
  VolumeIo io;
  io.verb = verb;
  io.extent = extent;
  io.fua = fua;
  return io;
}

bool holds(const ScriptedKernel& kernel, uint64_t offset, const std::vector<uint8_t>& bytes) {
  return std::equal(bytes.begin(), bytes.end(),
                    kernel.medium.begin() + static_cast<ptrdiff_t>(offset));
}

/// Zero inside, untouched around.
bool zero_exactly(const ScriptedKernel& kernel, const Extent& extent) {
  for (size_t i = 0; i < kernel.medium.size(); ++i) {
    const bool inside = i >= extent.offset && i < extent.end();
    if (kernel.medium[i] != (inside ? 0 : 0xAA)) return false;
  }
  return true;
}

TEST(IoSteps, ShortTransfersGoOnWhereTheyStopped) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::vector<size_t> pieces(random() % 20 + 1);
    for (size_t& piece : pieces) piece = random() % 300;
    pieces.push_back(1);
    ScriptedKernel kernel(8192);
    kernel.most = random() % 400 + 1;
    Transfer written(Verb::write, 17, pieces);
    ASSERT_EQ(kernel.carry_out(written.io), Errc::ok);
    ASSERT_TRUE(holds(kernel, 17, written.bytes));
    ASSERT_EQ(kernel.medium[16], 0xAA);
    ASSERT_EQ(kernel.medium[17 + written.bytes.size()], 0xAA);

    std::ranges::shuffle(pieces, random);
    Transfer back(Verb::read, 17, pieces);
    std::ranges::fill(back.bytes, uint8_t{0});
    ASSERT_EQ(kernel.carry_out(back.io), Errc::ok);
    ASSERT_EQ(back.bytes, written.bytes);
  }
}

TEST(IoSteps, ListsLongerThanIovMaxAreSplit) {
  ScriptedKernel kernel(10000);
  Transfer transfer(Verb::write, 0, std::vector<size_t>(IOV_MAX * 2 + 5, 3));
  EXPECT_EQ(kernel.carry_out(transfer.io), Errc::ok);
  EXPECT_EQ(kernel.calls.size(), 3u);
  EXPECT_TRUE(holds(kernel, 0, transfer.bytes));
}

TEST(IoSteps, EmptyPiecesDoNotCountAsTheEndOfTheFile) {
  ScriptedKernel kernel(100);
  std::vector<size_t> pieces(IOV_MAX + 10, 0);
  pieces.push_back(50);
  Transfer transfer(Verb::write, 0, pieces);
  EXPECT_EQ(kernel.carry_out(transfer.io), Errc::ok);
  EXPECT_EQ(kernel.calls.size(), 1u);
  EXPECT_TRUE(holds(kernel, 0, transfer.bytes));
}

TEST(IoSteps, InterruptedCallsAreMadeAgain) {
  for (const int error : {EINTR, EAGAIN, ECANCELED}) {
    ScriptedKernel kernel(1000);
    kernel.most = 10;
    int calls = 0;
    kernel.refuse = [&](const SystemCall&) { return ++calls % 3 == 0 ? 0 : -error; };
    Transfer transfer(Verb::write, 5, {100, 200});
    EXPECT_EQ(kernel.carry_out(transfer.io), Errc::ok);
    EXPECT_TRUE(holds(kernel, 5, transfer.bytes));
  }
}

TEST(IoSteps, EndlessInterruptionIsReported) {
  ScriptedKernel kernel(1000);
  kernel.refuse = [](const SystemCall&) { return -EAGAIN; };
  Transfer transfer(Verb::read, 0, {100});
  EXPECT_EQ(kernel.carry_out(transfer.io), Errc::no_resources);
}

TEST(IoSteps, TheEndOfTheFileInsideTheVolumeIsAMediumError) {
  for (const Verb verb : {Verb::read, Verb::write}) {
    ScriptedKernel kernel(1000);
    kernel.most = 0;
    Transfer transfer(verb, 0, {100});
    EXPECT_EQ(kernel.carry_out(transfer.io),
              verb == Verb::read ? Errc::medium_read : Errc::medium_write);
  }
}

TEST(IoSteps, AnErrorEndsTheTransferWhereverItComes) {
  for (int failing = 1; failing <= 10; ++failing) {
    ScriptedKernel kernel(1000);
    kernel.most = 10;
    int calls = 0;
    kernel.refuse = [&](const SystemCall&) { return ++calls == failing ? -ENOSPC : 0; };
    Transfer transfer(Verb::write, 0, {100});
    EXPECT_EQ(kernel.carry_out(transfer.io), Errc::no_space);
    EXPECT_EQ(calls, failing);
  }
}

TEST(IoSteps, FuaWritesAreSynchronousInEveryCall) {
  ScriptedKernel kernel(1000);
  kernel.most = 30;
  Transfer transfer(Verb::write, 0, {100});
  transfer.io.fua = true;
  EXPECT_EQ(kernel.carry_out(transfer.io), Errc::ok);
  EXPECT_EQ(kernel.calls.size(), 4u);
  for (const SystemCall& call : kernel.calls) EXPECT_EQ(call.flags, RWF_DSYNC);
}

TEST(IoSteps, WriteThroughMakesEveryWriteFua) {
  ScriptedKernel kernel(1000);
  Transfer transfer(Verb::write, 0, {100});
  EXPECT_EQ(kernel.carry_out(transfer.io, true), Errc::ok);
  EXPECT_EQ(kernel.calls.front().flags, RWF_DSYNC);
  Transfer back(Verb::read, 0, {100});
  EXPECT_EQ(kernel.carry_out(back.io, true), Errc::ok);
  EXPECT_EQ(kernel.calls.back().flags, 0);
}

TEST(IoSteps, WhereSynchronousWritesAreUnknownASyncFollows) {
  ScriptedKernel kernel(1000);
  kernel.refuse = [](const SystemCall& call) {
    return call.kind == Kind::writev && call.flags != 0 ? -EOPNOTSUPP : 0;
  };
  Transfer transfer(Verb::write, 0, {100});
  transfer.io.fua = true;
  EXPECT_EQ(kernel.carry_out(transfer.io), Errc::ok);
  EXPECT_TRUE(holds(kernel, 0, transfer.bytes));
  EXPECT_EQ(kernel.calls.back().kind, Kind::fdatasync);
}

TEST(IoSteps, ZeroesAndHolesHaveTheirOwnMode) {
  const Extent extent{100, 300};
  for (const Verb verb : {Verb::write_zeroes, Verb::unmap}) {
    ScriptedKernel kernel(1000);
    VolumeIo io = zeroing(verb, extent);
    EXPECT_EQ(kernel.carry_out(io), Errc::ok);
    ASSERT_EQ(kernel.calls.size(), 1u);
    EXPECT_EQ(kernel.calls[0].flags, verb == Verb::unmap ? kPunchHole : kZeroRange);
    EXPECT_TRUE(zero_exactly(kernel, extent));
  }
}

TEST(IoSteps, ARefusedModeGivesWayToTheOther) {
  for (const int error : {EOPNOTSUPP, ENOSYS, EINVAL, EPERM, ENODEV}) {
    for (const Verb verb : {Verb::write_zeroes, Verb::unmap}) {
      const Extent extent{100, 300};
      ScriptedKernel kernel(1000);
      const int refused = verb == Verb::unmap ? kPunchHole : kZeroRange;
      kernel.refuse = [&](const SystemCall& call) { return call.flags == refused ? -error : 0; };
      VolumeIo io = zeroing(verb, extent);
      EXPECT_EQ(kernel.carry_out(io), Errc::ok);
      EXPECT_EQ(kernel.calls.size(), 2u);
      EXPECT_TRUE(zero_exactly(kernel, extent));
    }
  }
}

TEST(IoSteps, WhereNoModeIsTakenZeroesAreWritten) {
  std::mt19937 random(2);
  for (const uint64_t length : {1ull, 65535ull, 65536ull, 65537ull, 3000000ull}) {
    for (const Verb verb : {Verb::write_zeroes, Verb::unmap}) {
      const Extent extent{random() % 1000, length};
      ScriptedKernel kernel(extent.end() + 100);
      kernel.most = length < 100 ? 1 : random() % 200000 + 1000;
      kernel.refuse = refuse_fallocate;
      VolumeIo io = zeroing(verb, extent);
      EXPECT_EQ(kernel.carry_out(io), Errc::ok);
      EXPECT_TRUE(zero_exactly(kernel, extent));
    }
  }
}

TEST(IoSteps, OnAFullDiskZeroesBecomeAHole) {
  ScriptedKernel kernel(1000);
  kernel.refuse = [](const SystemCall& call) { return call.flags == kZeroRange ? -ENOSPC : 0; };
  VolumeIo io = zeroing(Verb::write_zeroes, {0, 512});
  EXPECT_EQ(kernel.carry_out(io), Errc::ok);
  EXPECT_TRUE(zero_exactly(kernel, {0, 512}));
}

TEST(IoSteps, AHoleNeitherPunchedNorPaidForIsNoSpace) {
  ScriptedKernel kernel(1000);
  kernel.refuse = [](const SystemCall& call) {
    return call.flags == kZeroRange ? -ENOSPC : -EOPNOTSUPP;
  };
  VolumeIo io = zeroing(Verb::unmap, {0, 512});
  EXPECT_EQ(kernel.carry_out(io), Errc::no_space);
}

TEST(IoSteps, AMediumErrorWhileZeroingIsNotTriedAround) {
  ScriptedKernel kernel(1000);
  kernel.refuse = [](const SystemCall&) { return -EIO; };
  VolumeIo io = zeroing(Verb::unmap, {0, 512});
  EXPECT_EQ(kernel.carry_out(io), Errc::medium_write);
  EXPECT_EQ(kernel.calls.size(), 1u);
}

TEST(IoSteps, FuaZeroesEndWithOneSync) {
  for (const bool supported : {true, false}) {
    ScriptedKernel kernel(200000);
    if (!supported) kernel.refuse = refuse_fallocate;
    VolumeIo io = zeroing(Verb::write_zeroes, {0, 150000}, true);
    EXPECT_EQ(kernel.carry_out(io), Errc::ok);
    EXPECT_EQ(kernel.count(Kind::fdatasync), 1u);
    EXPECT_EQ(kernel.calls.back().kind, Kind::fdatasync);
  }
}

TEST(IoSteps, AFailedSyncIsAFailedWrite) {
  for (const Verb verb : {Verb::flush, Verb::unmap}) {
    ScriptedKernel kernel(1000);
    kernel.refuse = [](const SystemCall& call) { return call.kind == Kind::fdatasync ? -EIO : 0; };
    VolumeIo io = zeroing(verb, {0, 512}, true);
    EXPECT_EQ(kernel.carry_out(io), Errc::medium_write);
  }
}

TEST(IoSteps, TouchedOnceACallWasAskedFor) {
  VolumeIo io = zeroing(Verb::unmap, {0, 512});
  begin_steps(io, 7, {});
  EXPECT_TRUE(is_untouched(io));
  next_call(io);
  EXPECT_FALSE(is_untouched(io));
}

}  // namespace
}  // namespace tidemark::storage
