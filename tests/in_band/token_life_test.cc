// How long a token lives, and how many there may be (SPC-4 5.17.6.7).
#include "tests/in_band/in_band_host.h"

namespace tidemark::in_band {
namespace {

using scsi::token_bytes::populate_list;
using scsi::token_bytes::write_list;

class TokenLife : public InBand {
 protected:
  Ended use(const RodToken& token, uint8_t flags = 0) {
    return host_.write_using(write_list(token, {{0, 8}}, 0, flags), 1);
  }
};

TEST_F(TokenLife, IsGivenOnce) {
  ASSERT_TRUE(host_.populate(populate_list({{0, 8}}), 5).good());
  EXPECT_EQ(host_.receive(0x07, 5, kSource, 100).data.size(), 100u);  // cut, and kept
  EXPECT_EQ(host_.receive(0x07, 5).data.size(), 550u);
  EXPECT_EQ(host_.receive(0x07, 5).data.size(), 36u);
}

TEST_F(TokenLife, IsDeletedWithItsLastUse) {
  const RodToken token = host_.token_of({{0, 8}});
  EXPECT_TRUE(use(token, 0x02).good());
  expect_error(use(token), 0x05, 0x2309);
}

TEST_F(TokenLife, ExpiresWhenItIsNotUsed) {
  const RodToken token = host_.token_of({{0, 8}}, kSource, 1);
  // Asking is no use: it ends by itself, and REPORT ALL ROD TOKENS shows when.
  while (host_.receive(0x08, 0).data.size() > 8) continue;
  expect_error(use(token), 0x05, 0x2307);
}

TEST_F(TokenLife, TheOldestMakesRoomForTheNewest) {
  std::vector<RodToken> tokens;
  for (int i = 0; i < 65; ++i) tokens.push_back(host_.token_of({{0, 8}}, kSource, 600));
  expect_error(use(tokens[0]), 0x05, 0x2308);
  EXPECT_TRUE(use(tokens[1]).good());
  EXPECT_TRUE(use(tokens[64]).good());
}

TEST_F(TokenLife, IsReportedWhileItLives) {
  const RodToken token = host_.token_of({{0, 8}});
  Bytes all = host_.receive(0x08, 0).data;
  ASSERT_EQ(all.size(), 8u + 96);
  EXPECT_TRUE(std::equal(token.begin(), token.begin() + 96, all.begin() + 8));
  EXPECT_TRUE(use(token, 0x02).good());
  EXPECT_EQ(host_.receive(0x08, 0).data.size(), 8u);
}

TEST_F(TokenLife, OutlivesTheSessionItWasMadeIn) {
  RodToken token{};
  {
    InBandHost passing(daemon_, "passing");
    token = passing.token_of({{0, 8}});
  }
  InBandHost again(daemon_, "passing");
  EXPECT_TRUE(again.write_using(write_list(token, {{0, 8}}), 1).good());
  EXPECT_EQ(host_.read(kCopy, 0, 4096), first(0, 4096));
}

TEST_F(TokenLife, DoesNotOutliveTheDaemon) {
  const RodToken token = host_.token_of({{0, 8}});
  daemon_.restart();
  InBandHost again(daemon_, "host");
  expect_error(again.write_using(write_list(token, {{0, 8}}), 1), 0x05, 0x2304);
}

TEST_F(TokenLife, TheDaemonEndsWithTokensInIt) {
  for (int i = 0; i < 10; ++i) host_.token_of({{0, 4096}}, kSource, 600);
  host_.write(kSource, 0, Bytes(1 << 20, 0x55));
  // What the fixture checks: it ends in time and with status 0.
}

}  // namespace
}  // namespace tidemark::in_band
