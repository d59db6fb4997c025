// A token stands for what its blocks held when it was made, whatever is written later.
#include "tests/in_band/live_writer.h"

namespace tidemark::in_band {
namespace {

using scsi::token_bytes::write_list;

constexpr size_t kBytes = 4 << 20;

class TokenT0 : public InBand {
 protected:
  void use(const RodToken& token) {
    const auto blocks = static_cast<uint32_t>(kBytes / 512);
    ASSERT_TRUE(host_.write_using(write_list(token, {{0, blocks}}), 1).good());
  }
  Bytes copied() {
    Bytes data;
    for (size_t at = 0; at < kBytes; at += 1 << 20) {
      const Bytes piece = host_.read(kCopy, at, 1 << 20);
      data.insert(data.end(), piece.begin(), piece.end());
    }
    return data;
  }
};

TEST_F(TokenT0, LaterWritesAreNotInIt) {
  const RodToken token = host_.token_of({{0, kBytes / 512}});
  host_.write(kSource, 0, pattern(kBytes, 2));
  host_.write(kSource, 0, pattern(kBytes, 3));
  use(token);
  EXPECT_EQ(copied(), first(0, kBytes));
  EXPECT_EQ(host_.read(kSource, 0, 1 << 20), pattern(1 << 20, 3));
}

TEST_F(TokenT0, UnmapAndWriteSameAreLaterWrites) {
  const RodToken token = host_.token_of({{0, kBytes / 512}});
  Bytes cdb(16);
  cdb[0] = 0x93;  // WRITE SAME(16), UNMAP, NDOB
  cdb[1] = 0x09;
  store_be32(&cdb[10], kBytes / 512);
  ASSERT_TRUE(host_.send(kSource, cdb).good());
  use(token);
  EXPECT_EQ(copied(), first(0, kBytes));
}

TEST_F(TokenT0, IsOfOneMomentUnderARacingWriter) {
  LiveWriter writer(daemon_, 0, kBytes);
  writer.await_rounds(1);
  for (int i = 0; i < 10; ++i) {
    const RodToken token = host_.token_of({{0, kBytes / 512}});
    writer.await_rounds(1);  // all of it has been overwritten since
    use(token);
    const Bytes once = copied();
    std::string why;
    ASSERT_TRUE(of_one_moment(once, 0, why)) << why;
    use(token);
    ASSERT_EQ(copied(), once) << "a second use gave something else";
  }
}

TEST_F(TokenT0, ManyTokensAreEachOfTheirOwnTime) {
  std::vector<RodToken> tokens;
  for (uint32_t writing = 1; writing <= 8; ++writing) {
    tokens.push_back(host_.token_of({{0, kBytes / 512}}));
    host_.write(kSource, 0, pattern(kBytes, writing + 1));
  }
  for (uint32_t writing = 1; writing <= 8; ++writing) {
    use(tokens[writing - 1]);
    ASSERT_EQ(copied(), pattern(kBytes, writing));
  }
}

TEST_F(TokenT0, HostsGoOnWhileTokensCome) {
  LiveWriter writer(daemon_, 0, kBytes);
  const unsigned before = writer.rounds();
  for (int i = 0; i < 50; ++i) host_.token_of({{0, kBytes / 512}});
  writer.await_rounds(2);
  EXPECT_GT(writer.rounds(), before);
}

}  // namespace
}  // namespace tidemark::in_band
