// The proof must accept what one moment can have left, and catch every kind of tampering.
#include "mgmt/demo/proof.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace tidemark::mgmt {
namespace {

constexpr uint64_t kSectors = 64;

struct Ordered : testing::Test {
  // 40 writes, one after the other; the copy was asked for after write 20 was answered and its
  // answer came after write 22 was sent.
  void SetUp() override {
    std::mt19937 random(7);
    for (uint64_t i = 1; i <= 40; ++i) {
      const uint32_t count = 2 + static_cast<uint32_t>(random() % 7);
      log.sent(random() % (kSectors - count), count, clock.tick());
      if (i == 22) window.closed = clock.tick();
      log.answered(i, clock.tick());
      if (i == 20) window.opened = clock.tick();
    }
  }

  std::vector<SectorReading> after(uint64_t n) const {
    std::vector<SectorReading> image(kSectors, 0);
    for (uint64_t i = 1; i <= n; ++i)
      for (uint64_t s = 0; s < log.at(i).count; ++s) image[log.at(i).first + s] = i;
    return image;
  }

  EventClock clock;
  WriteLog log;
  Window window;
};

TEST_F(Ordered, EachMomentOfTheWindowHolds) {
  for (uint64_t n = 20; n <= 22; ++n) {
    const Verdict verdict = prove_prefix(log, window, after(n));
    EXPECT_TRUE(verdict.holds) << verdict.reason;
    EXPECT_EQ(verdict.n, n);
    EXPECT_EQ(verdict.lowest, 20u);
    EXPECT_EQ(verdict.highest, 22u);
  }
}

TEST_F(Ordered, AMomentOutsideTheWindowFails) {
  for (uint64_t n = 0; n <= 40; ++n) {
    if (n >= 20 && n <= 22) continue;
    EXPECT_FALSE(prove_prefix(log, window, after(n)).holds) << n;
  }
}

TEST_F(Ordered, ATooNewSectorIsCaught) {
  for (uint64_t newer = 22; newer <= 40; ++newer) {
    auto copy = after(21);
    copy[log.at(newer).first] = newer;
    EXPECT_FALSE(prove_prefix(log, window, copy).holds) << newer;
  }
}

TEST_F(Ordered, ATooOldSectorIsCaught) {
  const auto right = after(21);
  const auto old = after(5);
  for (size_t i = 0; i < kSectors; ++i) {
    if (right[i] == old[i]) continue;
    auto copy = right;
    copy[i] = old[i];
    const Verdict verdict = prove_prefix(log, window, copy);
    EXPECT_FALSE(verdict.holds) << i;
    EXPECT_FALSE(verdict.reason.empty());
  }
}

TEST_F(Ordered, ATornWriteIsCaught) {
  // The last write of the window, of which only the first sectors arrived.
  auto copy = after(22);
  const auto before = after(21);
  ASSERT_GT(log.at(22).count, 1u);
  copy[log.at(22).first + log.at(22).count - 1] = before[log.at(22).first + log.at(22).count - 1];
  EXPECT_FALSE(prove_prefix(log, window, copy).holds);
}

TEST_F(Ordered, DamagedSectorsAreCaught) {
  for (const SectorReading damaged : {kTorn, kMisplaced, kBlank, SectorReading{41}}) {
    auto copy = after(21);
    copy[33] = damaged;
    const Verdict verdict = prove_prefix(log, window, copy);
    EXPECT_FALSE(verdict.holds);
    EXPECT_EQ(verdict.sector, 33u);
  }
}

TEST_F(Ordered, AWriteOfAnotherPlaceIsCaught) {
  auto copy = after(21);
  const size_t elsewhere = (log.at(3).first + log.at(3).count) % kSectors;
  copy[elsewhere] = 3;
  EXPECT_FALSE(prove_prefix(log, window, copy).holds);
}

TEST_F(Ordered, SegmentsMayHaveMomentsOfTheirOwn) {
  const Window any{window.opened, clock.tick()};
  auto copy = after(21);
  const auto later = after(35);
  std::copy(later.begin() + 32, later.end(), copy.begin() + 32);
  EXPECT_TRUE(prove_segments(log, any, copy, 32).holds);
  EXPECT_FALSE(prove_prefix(log, any, copy).holds);
}

TEST_F(Ordered, ASegmentThatMixesMomentsIsCaught) {
  const Window any{window.opened, clock.tick()};
  auto copy = after(21);
  const auto later = after(40);
  size_t mixed = 0;
  for (size_t i = 0; i < 32; i += 2) {
    mixed += copy[i] != later[i];
    copy[i] = later[i];
  }
  ASSERT_GT(mixed, 0u);
  EXPECT_FALSE(prove_segments(log, any, copy, 32).holds);
}

// Writes in flight together: sent and answered in chosen orders.
struct InFlight : testing::Test {
  EventClock clock;
  WriteLog log;
};

TEST_F(InFlight, OverlappingWritesMayLandInEitherOrder) {
  const uint64_t a = log.sent(0, 4, clock.tick());
  const uint64_t b = log.sent(0, 4, clock.tick());
  log.answered(b, clock.tick());
  log.answered(a, clock.tick());
  const Window window{clock.tick(), clock.tick()};
  const std::vector<SectorReading> with_a{a, a, a, a};
  const std::vector<SectorReading> with_b{b, b, b, b};
  EXPECT_TRUE(prove_sectors(log, window, with_a).holds);
  EXPECT_TRUE(prove_sectors(log, window, with_b).holds);
  EXPECT_FALSE(prove_sectors(log, window, std::vector<SectorReading>(4, 0)).holds);
}

TEST_F(InFlight, AWriteInFlightAtTheMomentMayBeThereOrNot) {
  const uint64_t a = log.sent(0, 2, clock.tick());
  log.answered(a, clock.tick());
  Window window;
  const uint64_t b = log.sent(0, 2, clock.tick());
  window.opened = clock.tick();
  window.closed = clock.tick();
  log.answered(b, clock.tick());
  EXPECT_TRUE(prove_sectors(log, window, std::vector<SectorReading>{a, a}).holds);
  EXPECT_TRUE(prove_sectors(log, window, std::vector<SectorReading>{b, b}).holds);
}

TEST_F(InFlight, AWriteSentAfterwardsIsTooNew) {
  const uint64_t a = log.sent(0, 2, clock.tick());
  log.answered(a, clock.tick());
  const Window window{clock.tick(), clock.tick()};
  const uint64_t b = log.sent(1, 1, clock.tick());
  log.answered(b, clock.tick());
  EXPECT_TRUE(prove_sectors(log, window, std::vector<SectorReading>{a, a}).holds);
  EXPECT_FALSE(prove_sectors(log, window, std::vector<SectorReading>{a, b}).holds);
}

TEST_F(InFlight, AnAnsweredWriteMayNotBeLost) {
  const uint64_t a = log.sent(0, 2, clock.tick());
  log.answered(a, clock.tick());
  const uint64_t b = log.sent(0, 2, clock.tick());
  log.answered(b, clock.tick());
  const Window window{clock.tick(), clock.tick()};
  EXPECT_TRUE(prove_sectors(log, window, std::vector<SectorReading>{b, b}).holds);
  EXPECT_FALSE(prove_sectors(log, window, std::vector<SectorReading>{b, a}).holds);
  EXPECT_FALSE(prove_sectors(log, window, std::vector<SectorReading>{kTorn, b}).holds);
}

TEST(Sector, SaysWhoItIs) {
  std::vector<uint8_t> bytes(2 * kSectorSize);
  compose_sectors(bytes, 100, 17);
  const auto half = [&](size_t i) {
    return std::span<const uint8_t, kSectorSize>(&bytes[i * kSectorSize], kSectorSize);
  };
  EXPECT_EQ(read_sector(half(0), 100), 17u);
  EXPECT_EQ(read_sector(half(1), 101), 17u);
  EXPECT_EQ(read_sector(half(1), 100), kMisplaced);
  for (size_t at : {0u, 8u, 16u, 24u, 27u, 28u, 511u}) {
    bytes[at] ^= 1;
    EXPECT_EQ(read_sector(half(0), 100), kTorn) << at;
    bytes[at] ^= 1;
  }
  std::fill(bytes.begin(), bytes.end(), uint8_t{0});
  EXPECT_EQ(read_sector(half(0), 100), kBlank);
}

TEST(Sector, HalvesOfTwoWritesAreTorn) {
  std::vector<uint8_t> a(kSectorSize);
  std::vector<uint8_t> b(kSectorSize);
  compose_sectors(a, 5, 1);
  compose_sectors(b, 5, 2);
  for (size_t cut = 32; cut < kSectorSize; cut += 32) {
    std::vector<uint8_t> mixed = a;
    std::copy(b.begin() + static_cast<long>(cut), b.end(), mixed.begin() + static_cast<long>(cut));
    EXPECT_EQ(read_sector(std::span<const uint8_t, kSectorSize>(mixed), 5), kTorn) << cut;
  }
}

}  // namespace
}  // namespace tidemark::mgmt
