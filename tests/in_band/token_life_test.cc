// How long a token lives, and how many there may be (SPC-4 5.17.6.7).
#include "tests/in_band/in_band_host.h"

namespace tidemark::in_band {
namespace {

using scsi::token_bytes::populate_list;
using scsi::token_bytes::write_list;

class TokenLife : public InBand {
 protected:
  explicit TokenLife(const std::string& keys = {}) : InBand(keys) {}
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

TEST_F(TokenLife, TheInactivityTimeOutIsTheOneThatWasAskedFor) {
  const RodToken brief = host_.token_of({{0, 8}}, kSource, 1);
  const RodToken lasting = host_.token_of({{0, 8}}, kSource, 600);
  while (host_.receive(0x08, 0).data.size() > 8 + 96) continue;
  expect_error(use(brief), 0x05, 0x2307);
  EXPECT_TRUE(use(lasting).good());
  expect_error(host_.populate(populate_list({{0, 8}}, 0, 601), 9), 0x05, 0x2600, 4);
}

class TokenLifetime : public TokenLife {
 protected:
  TokenLifetime()
      : TokenLife(R"(, "tokens": {"lifetime_seconds": 2, "inactivity_seconds": 20,
                                  "max_inactivity_seconds": 30})") {}
};

TEST_F(TokenLifetime, EndsATokenHoweverOftenItIsUsed) {
  const RodToken token = host_.token_of({{0, 8}});
  Ended used = use(token);
  EXPECT_TRUE(used.good());
  while (used.good()) used = use(token);
  expect_error(used, 0x05, 0x2307);
  EXPECT_EQ(host_.receive(0x08, 0).data.size(), 8u);
}

TEST_F(TokenLifetime, IsAnnouncedAsItIsConfigured) {
  const Bytes page = host_.send(kSource, {0x12, 0x01, 0x8f, 0x04, 0x00, 0x00}, {}, 1024).data;
  EXPECT_EQ(load_be32(&page[16]), 30u);
  EXPECT_EQ(load_be32(&page[20]), 20u);
  size_t at = 4;
  while (at + 28 < page.size() && load_be16(&page[at]) != 0x0106)
    at += 4u + load_be16(&page[at + 2]);
  ASSERT_LT(at + 28, page.size());
  EXPECT_EQ(load_be32(&page[at + 16]), 2u);
  EXPECT_EQ(load_be32(&page[at + 20]), 2u);
  EXPECT_EQ(load_be32(&page[at + 24]), 30u);
  expect_error(host_.populate(populate_list({{0, 8}}, 0, 31), 9), 0x05, 0x2600, 4);
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
