// Imitation of what a Windows host sends for offloaded data transfer: VPD page 8Fh when the disk is
// found, then POPULATE TOKEN, RECEIVE ROD TOKEN INFORMATION, WRITE USING TOKEN and RECEIVE ROD
// TOKEN INFORMATION, all in the foreground, in pieces of the optimal size. Made from descriptions
// of it; no such host was at hand.
#include <chrono>

#include "tests/in_band/in_band_host.h"

namespace tidemark::in_band {
namespace {

using scsi::token_bytes::populate_list;
using scsi::token_bytes::write_list;
using scsi::token_bytes::zero_token;

class WindowsImitation : public InBand {
 protected:
  struct Limits {
    uint16_t ranges = 0;
    uint64_t most = 0;
    uint64_t optimal = 0;  // blocks
  };
  Limits limits() {
    const Bytes page = host_.send(kSource, {0x12, 0x01, 0x8f, 0x10, 0, 0}, {}, 4096).data;
    Limits found;
    if (page.size() < 40 || load_be16(&page[4]) != 0x0000) return found;
    return {load_be16(&page[14]), load_be64(&page[24]), load_be64(&page[32])};
  }
  /// Copies blocks, however many WRITE USING TOKEN takes at a time. How many times it was sent.
  int offload(uint64_t from, uint64_t to, uint32_t blocks) {
    const uint32_t id = ++list_id_;
    if (!host_.populate(populate_list({{from, blocks}}), id).good()) return -1;
    const Bytes made = host_.receive(0x07, id, kSource, 1024).data;
    if (made.size() != 550 || load_be64(&made[16]) != blocks) return -1;
    RodToken token{};
    std::copy_n(made.begin() + 38, token.size(), token.begin());
    int sent = 0;
    for (uint64_t done = 0; done < blocks; ++sent) {
      const auto rest = static_cast<uint32_t>(blocks - done);
      const uint32_t write_id = ++list_id_;
      const auto begun = std::chrono::steady_clock::now();
      if (!host_.write_using(write_list(token, {{to + done, rest}}, done), write_id).good())
        return -1;
      EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(4));
      const Bytes written = host_.receive(0x07, write_id, kCopy, 1024).data;
      if (written.size() < 36) return -1;
      const uint64_t more = load_be64(&written[16]);
      if (more == 0) return -1;
      done += more;
    }
    return sent;
  }
  uint32_t list_id_ = 0x80000000;
};

TEST_F(WindowsImitation, FindsTheLimits) {
  const Limits found = limits();
  EXPECT_GE(found.ranges, 1);
  EXPECT_GE(found.most, found.optimal);
  EXPECT_EQ(found.optimal * 512, 64u << 20);
}

TEST_F(WindowsImitation, CopiesAFile) {
  ASSERT_EQ(offload(2048, 4096, (4 << 20) / 512), 1);
  EXPECT_EQ(host_.read(kCopy, 4096 * 512, 1 << 20), first(2048 * 512, 1 << 20));
  EXPECT_EQ(host_.read(kCopy, 4096 * 512 + (3 << 20), 1 << 20),
            first(2048 * 512 + (3 << 20), 1 << 20));
}

TEST_F(WindowsImitation, CopiesALargeFileInPieces) {
  constexpr uint32_t kPiece = (1 << 20) / 512;
  for (uint64_t piece = 0; piece < 8; ++piece)
    ASSERT_EQ(offload(piece * kPiece, piece * kPiece, kPiece), 1);
  EXPECT_EQ(host_.read(kCopy, 7 << 20, 1 << 20), first(7 << 20, 1 << 20));
}

TEST_F(WindowsImitation, ZeroesAFileWithTheWellKnownToken) {
  host_.write(kCopy, 0, Bytes(1 << 20, 0xee));
  ASSERT_TRUE(host_.write_using(write_list(zero_token(), {{0, 2048}}), 7).good());
  EXPECT_EQ(load_be64(&host_.receive(0x07, 7, kCopy).data.at(16)), 2048u);
  EXPECT_EQ(host_.read(kCopy, 0, 1 << 20), Bytes(1 << 20));
}

}  // namespace
}  // namespace tidemark::in_band
