// What the types of ROD promise when their blocks are overwritten (SPC-4 5.17.6.2), and which there
// are.
#include <map>

#include "tests/in_band/in_band_host.h"

namespace tidemark::in_band {
namespace {

using scsi::token_bytes::populate_list;
using scsi::token_bytes::write_list;
using scsi::token_bytes::zero_token;

constexpr size_t kBytes = 1 << 20;
constexpr uint32_t kBlocks = kBytes / 512;
constexpr uint8_t kTypeValid = 0x02;

class TokenType : public InBand {
 protected:
  RodToken token_of_type(uint32_t type) { return host_.token_of({{0, kBlocks}}, kSource, 0, type); }
  Ended use(const RodToken& token) {
    return host_.write_using(write_list(token, {{0, kBlocks}}), 1);
  }
  void change(uint64_t offset, size_t bytes = 4096) {
    host_.write(kSource, offset, pattern(bytes, 2, offset));
  }
};

TEST_F(TokenType, ATokenSaysTheTypeThatWasMade) {
  for (const uint32_t type :
       {scsi::kPointInTimeDefault, scsi::kPointInTimeVulnerable, scsi::kPointInTimePersistent})
    EXPECT_EQ(scsi::type_of(token_of_type(type)), type);
  EXPECT_EQ(scsi::type_of(token_of_type(scsi::kPointInTimeAny)), scsi::kPointInTimePersistent);
  EXPECT_EQ(scsi::type_of(host_.token_of({{0, kBlocks}})), scsi::kPointInTimePersistent);
}

TEST_F(TokenType, DefaultAndPersistentKeepWhatIsOverwritten) {
  const RodToken by_default = token_of_type(scsi::kPointInTimeDefault);
  const RodToken persistent = token_of_type(scsi::kPointInTimePersistent);
  change(0, kBytes);
  for (const RodToken& token : {by_default, persistent}) {
    host_.write(kCopy, 0, Bytes(kBytes, 0x33));
    ASSERT_TRUE(use(token).good());
    EXPECT_EQ(host_.read(kCopy, 0, kBytes), first(0, kBytes));
  }
}

TEST_F(TokenType, VulnerableIsGoodUntilWhatItStandsForChanges) {
  const RodToken token = token_of_type(scsi::kPointInTimeVulnerable);
  change(kBytes);  // none of its blocks
  ASSERT_TRUE(use(token).good());
  EXPECT_EQ(host_.read(kCopy, 0, kBytes), first(0, kBytes));
  change(kBytes / 2);
  expect_error(use(token), 0x05, 0x2308);
  EXPECT_EQ(host_.read(kSource, kBytes / 2, 4096), pattern(4096, 2, kBytes / 2));
  EXPECT_EQ(host_.receive(0x08, 0).data.size(), 8u);
}

TEST_F(TokenType, VulnerableIsNotHarmedByReading) {
  const RodToken token = token_of_type(scsi::kPointInTimeVulnerable);
  host_.read(kSource, 0, kBytes);
  EXPECT_TRUE(use(token).good());
}

TEST_F(TokenType, WhatOneVulnerableTokenLosesAPersistentOneKeeps) {
  const RodToken vulnerable = token_of_type(scsi::kPointInTimeVulnerable);
  const RodToken persistent = token_of_type(scsi::kPointInTimePersistent);
  change(0, kBytes);
  expect_error(use(vulnerable), 0x05, 0x2308);
  ASSERT_TRUE(use(persistent).good());
  EXPECT_EQ(host_.read(kCopy, 0, kBytes), first(0, kBytes));
}

TEST_F(TokenType, AccessUponReferenceIsNoPointInTimeAndRefused) {
  expect_error(
      host_.populate(populate_list({{0, 8}}, kTypeValid, 0, scsi::kAccessUponReference), 1), 0x05,
      0x2600, 8);
}

TEST_F(TokenType, TheZeroTokenIsTakenAndNotMade) {
  host_.write(kCopy, 0, Bytes(kBytes, 0x33));
  ASSERT_TRUE(use(zero_token()).good());
  EXPECT_EQ(host_.read(kCopy, 0, kBytes), Bytes(kBytes, 0));
  expect_error(host_.populate(populate_list({{0, 8}}, kTypeValid, 0, scsi::kBlockDeviceZero), 1),
               0x05, 0x2600, 8);
}

TEST_F(TokenType, ThePageSaysWhatIsMadeAndTaken) {
  const Bytes page = host_.send(kSource, {0x12, 0x01, 0x8f, 0x04, 0x00, 0x00}, {}, 1024).data;
  size_t at = 4;
  while (at < page.size() && load_be16(&page[at]) != 0x0108) at += 4u + load_be16(&page[at + 2]);
  ASSERT_LT(at, page.size());
  std::map<uint32_t, uint8_t> flags;
  for (size_t entry = at + 8; entry < at + 8 + load_be16(&page[at + 6]); entry += 64)
    flags[load_be32(&page[entry])] = page[entry + 4];
  const std::map<uint32_t, uint8_t> expected = {{scsi::kPointInTimeDefault, 0x03},
                                                {scsi::kPointInTimeVulnerable, 0x03},
                                                {scsi::kPointInTimePersistent, 0x03},
                                                {scsi::kPointInTimeAny, 0x01},
                                                {scsi::kBlockDeviceZero, 0x02}};
  EXPECT_EQ(flags, expected);
}

}  // namespace
}  // namespace tidemark::in_band
