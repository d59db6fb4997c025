// All tokens together keep so much old data and no more. Who cannot keep his is cancelled; no host
// write fails for it.
#include "tests/in_band/in_band_host.h"

namespace tidemark::in_band {
namespace {

using scsi::token_bytes::write_list;

constexpr size_t kBytes = 1 << 20;
constexpr uint32_t kBlocks = kBytes / 512;

class TokenQuota : public InBand {
 protected:
  TokenQuota() : InBand(R"(, "tokens": {"store_limit": "1MiB"})") {}
  Ended use(const RodToken& token, uint8_t flags = 0) {
    return host_.write_using(write_list(token, {{0, kBlocks}}, 0, flags), 1);
  }
  RodToken token_at(uint64_t offset) { return host_.token_of({{offset / 512, kBlocks}}); }
  /// A token keeps all of its blocks, now or soon: the space of one that has ended is free when
  /// nothing of it is under way any more.
  void expect_room(uint64_t offset) {
    for (uint32_t writing = 10;; ++writing) {
      overwrite(offset, writing);
      const RodToken token = token_at(offset);
      overwrite(offset, writing + 1);
      const Ended used = use(token, 0x02);
      if (!used.good()) {
        expect_error(used, 0x05, 0x2308);
        continue;
      }
      EXPECT_EQ(host_.read(kCopy, 0, kBytes), pattern(kBytes, writing, offset));
      return;
    }
  }
  void overwrite(uint64_t offset, uint32_t writing) {
    const Bytes data = pattern(kBytes, writing, offset);
    host_.write(kSource, offset, data);  // which checks that it is good
    EXPECT_EQ(host_.read(kSource, offset, kBytes), data);
  }
};

TEST_F(TokenQuota, WhatFitsIsKept) {
  const RodToken token = token_at(0);
  overwrite(0, 2);
  ASSERT_TRUE(use(token).good());
  EXPECT_EQ(host_.read(kCopy, 0, kBytes), first(0, kBytes));
}

TEST_F(TokenQuota, UnderPressureATokenIsCancelledAndTheWriteIsDone) {
  const RodToken kept = token_at(0);
  const RodToken lost = token_at(kBytes);
  overwrite(0, 2);
  overwrite(kBytes, 2);
  expect_error(use(lost), 0x05, 0x2308);
  ASSERT_TRUE(use(kept).good());
  EXPECT_EQ(host_.read(kCopy, 0, kBytes), first(0, kBytes));
}

TEST_F(TokenQuota, WhatATokenKeptIsFreeWhenItHasEnded) {
  const RodToken one = token_at(0);
  overwrite(0, 2);
  ASSERT_TRUE(use(one, 0x02).good());
  expect_room(kBytes);
}

TEST_F(TokenQuota, WhatALostTokenKeptIsFreeAsWell) {
  const RodToken large = host_.token_of({{0, 2 * kBlocks}});
  overwrite(0, 2);
  overwrite(kBytes, 2);
  expect_error(use(large), 0x05, 0x2308);
  expect_room(2 * kBytes);
}

TEST_F(TokenQuota, ATokenOfWhatIsNotOverwrittenNeedsNothing) {
  std::vector<RodToken> tokens;
  for (int i = 0; i < 8; ++i) tokens.push_back(token_at(0));
  for (const RodToken& token : tokens) EXPECT_TRUE(use(token).good());
}

}  // namespace
}  // namespace tidemark::in_band
