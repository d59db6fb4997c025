// Every wrong descriptor, with the sense data it gets: key, code, pointer and segment (SPC-4
// 5.17.7.3, 5.17.7.4). A list that is refused moves nothing.
#include "tests/in_band/in_band_host.h"

namespace tidemark::in_band {
namespace {

constexpr uint8_t kIllegal = 0x05;
constexpr uint8_t kAborted = 0x0a;
// Where things are in a list of four descriptors.
constexpr int kCscd0 = 16;
constexpr int kCscd1 = 48;
constexpr int kCscd3 = 112;
constexpr int kSegment1 = 172;

struct Wrong {
  const char* name;
  void (*make)(XcopyBytes&);
  uint8_t key;
  uint16_t asc;
  int field;    // -1: none
  int segment;  // of COPY ABORTED
};

/// The first segment is right each time, so that a wrong second one must stop it, too.
const Wrong kWrong[] = {
    {"ReservedUsage", [](XcopyBytes& list) { list.usage = 1; }, kIllegal, 0x2600, 1, -1},
    {"IdentifierWithoutUse", [](XcopyBytes& list) { list.usage = 3; }, kIllegal, 0x2600, 0, -1},
    {"UnsupportedCscd", [](XcopyBytes& list) { list.cscds[1][0] = 0xe0; }, kIllegal, 0x2607, kCscd1,
     -1},
    {"RodCscd", [](XcopyBytes& list) { list.cscds[1][0] = 0xfe; }, kIllegal, 0x2607, kCscd1, -1},
    {"DesignatorTooLong", [](XcopyBytes& list) { list.cscds[1][7] = 21; }, kIllegal, 0x2600,
     kCscd1 + 7, -1},
    {"TooManyCscds",
     [](XcopyBytes& list) {
       while (list.cscds.size() <= 64) list.cscds.push_back(list.cscds[0]);
     },
     kIllegal, 0x2606, 2, -1},
    {"TooManySegments",
     [](XcopyBytes& list) {
       while (list.segments.size() <= 256) list.add_blocks(0, 1, 0, 0, 0);
     },
     kIllegal, 0x2608, 8, -1},
    {"UnsupportedSegment", [](XcopyBytes& list) { list.add_blocks(0, 1, 0, 0, 8)[0] = 0x03; },
     kIllegal, 0x2609, kSegment1, -1},
    {"SegmentOfAnotherLength",
     [](XcopyBytes& list) { store_be16(&list.add_blocks(0, 1, 0, 0, 8)[2], 0x1c); }, kIllegal,
     0x2600, kSegment1 + 2, -1},
    {"SegmentTooLong", [](XcopyBytes& list) { list.add_bytes(0, 1, 0, 0, (256 << 20) + 512); },
     kIllegal, 0x2600, kSegment1 + 8, -1},
    {"InlineData", [](XcopyBytes& list) { list.inline_length = 4; }, kIllegal, 0x1a00, -1, -1},
    {"OverItsOwnSource", [](XcopyBytes& list) { list.add_blocks(0, 0, 100, 101, 8); }, kIllegal,
     0x2600, kSegment1 + 20, -1},
    {"NoSuchSource", [](XcopyBytes& list) { list.add_blocks(9, 1, 0, 0, 8); }, kAborted, 0x0804,
     kSegment1 + 4, 1},
    {"NoSuchDestination", [](XcopyBytes& list) { list.add_blocks(0, 9, 0, 0, 8); }, kAborted,
     0x0804, kSegment1 + 6, 1},
    {"ProducerId", [](XcopyBytes& list) { list.add_blocks(0xf800, 1, 0, 0, 8); }, kAborted, 0x0804,
     kSegment1 + 4, 1},
    {"DataFromTheNullDevice", [](XcopyBytes& list) { list.add_blocks(0xc000, 1, 0, 0, 8); },
     kAborted, 0x0804, kSegment1 + 4, 1},
    {"UnknownUnit", [](XcopyBytes& list) { list.cscds[1][15] ^= 1; }, kAborted, 0x0d02, kCscd1, 0},
    {"AnotherCodeSet", [](XcopyBytes& list) { list.cscds[1][4] = 2; }, kAborted, 0x0d02, kCscd1, 0},
    {"DesignatorOfAPort", [](XcopyBytes& list) { list.cscds[1][5] |= 0x10; }, kAborted, 0x0d02,
     kCscd1, 0},
    {"AnotherDeviceType", [](XcopyBytes& list) { list.cscds[1][1] = 0x01; }, kAborted, 0x0d03,
     kCscd1, 0},
    {"AnotherBlockLength", [](XcopyBytes& list) { store_be24(&list.cscds[0][29], 4096); }, kAborted,
     0x0d03, kCscd0, 0},
    {"SourceBeyondItsEnd",
     [](XcopyBytes& list) { list.add_blocks(0, 1, kUnitBytes / 512 - 7, 0, 8); }, kAborted, 0x0804,
     kSegment1 + 12, 1},
    {"DestinationBeyondItsEnd",
     [](XcopyBytes& list) { list.add_blocks(0, 1, 0, kUnitBytes / 512, 1); }, kAborted, 0x0804,
     kSegment1 + 20, 1},
    {"AddressesThatWrap", [](XcopyBytes& list) { list.add_blocks(0, 1, uint64_t{1} << 55, 0, 8); },
     kAborted, 0x0804, kSegment1 + 12, 1},
    {"PartsOfSectors", [](XcopyBytes& list) { list.add_bytes(0, 1, 0, 0, 1000); }, kAborted, 0x260d,
     kSegment1 + 8, 1},
    {"OddByteOffset", [](XcopyBytes& list) { store_be16(&list.add_bytes(0, 1, 0, 0, 512)[30], 1); },
     kAborted, 0x260d, kSegment1 + 30, 1},
    {"ReadOnlyDestination", [](XcopyBytes& list) { list.add_blocks(0, 3, 0, 0, 8); }, kAborted,
     0x2700, kCscd3, 1},
    {"ImageBetweenUnlikeBlocks", [](XcopyBytes& list) { list.add_image(0, 2, 0, 0, 8); }, kAborted,
     0x0d03, 80, 1},
    {"VerifyOfNothing", [](XcopyBytes& list) { list.add_verify(7, false); }, kAborted, 0x0804,
     kSegment1 + 4, 1},
};

class XcopyError : public InBand, public testing::WithParamInterface<size_t> {};

TEST_P(XcopyError, PointsAtWhatIsWrong) {
  const Wrong& wrong = kWrong[GetParam()];
  XcopyBytes bytes = list();
  bytes.add_blocks(0, 1, 0, 0, 8);
  wrong.make(bytes);
  Bytes sent = bytes.build();
  sent.resize(sent.size() + bytes.inline_length);
  expect_error(host_.extended_copy(sent), wrong.key, wrong.asc, wrong.field, wrong.segment);
  EXPECT_EQ(host_.read(kCopy, 0, 4096), Bytes(4096)) << "something was moved";
}

INSTANTIATE_TEST_SUITE_P(Each, XcopyError, testing::Range<size_t>(0, std::size(kWrong)),
                         [](const auto& which) { return kWrong[which.param].name; });

class XcopyRefusal : public InBand {};

TEST_F(XcopyRefusal, ShortListsAreLengthErrors) {
  XcopyBytes bytes = list();
  bytes.add_blocks(0, 1, 0, 0, 8);
  const Bytes whole = bytes.build();
  for (const size_t length : {size_t{1}, size_t{15}, size_t{16}, size_t{100}, whole.size() - 1})
    expect_error(
        host_.extended_copy({whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length)}),
        kIllegal, 0x1a00);
}

TEST_F(XcopyRefusal, AbsentAndNotMappedAnswerAlike) {
  const std::array<uint8_t, 8> hidden = naa_elsewhere(daemon_);
  auto absent = hidden;
  absent[7] ^= 1;
  for (const bool as_source : {true, false}) {
    std::vector<Bytes> answers;
    for (const auto& naa : {hidden, absent}) {
      XcopyBytes bytes = list();
      const uint16_t id = bytes.add_naa(naa);
      bytes.add_blocks(as_source ? id : 0, as_source ? 1 : id, 0, 0, 8);
      answers.push_back(host_.extended_copy(bytes.build()).data);
      expect_error(host_.extended_copy(bytes.build()), kAborted, 0x0d02, 144, 0);
    }
    EXPECT_EQ(answers[0], answers[1]);
  }
}

TEST_F(XcopyRefusal, ReservationsOfOthersHold) {
  system_test::ScsiHost other(daemon_, "other", kCopy);
  ASSERT_TRUE(other.reserve_out(0x00, 0, 0xabc).good());
  ASSERT_TRUE(other.reserve_out(0x01, 0xabc, 0, 1).good());  // write exclusive
  XcopyBytes bytes = list();
  bytes.add_blocks(0, 1, 0, 0, 8);
  expect_error(host_.extended_copy(bytes.build()), kAborted, 0x0d01, kCscd1, 0);
  EXPECT_EQ(host_.read(kCopy, 0, 4096), Bytes(4096));
  ASSERT_TRUE(other.reserve_out(0x02, 0xabc, 0, 1).good());
  EXPECT_TRUE(host_.extended_copy(bytes.build()).good());
}

TEST_F(XcopyRefusal, AStoppedUnitSaysWhy) {
  ASSERT_TRUE(host_.send(kCopy, {0x1b, 0, 0, 0, 0, 0}).good());
  XcopyBytes bytes = list();
  bytes.add_blocks(0, 1, 0, 0, 8);
  const Ended ended = host_.extended_copy(bytes.build());
  expect_error(ended, kAborted, 0x0d01, kCscd1, 0);
  EXPECT_EQ(Sense(ended).destination, 0x020402u);  // NOT READY, INITIALIZING COMMAND REQUIRED
}

TEST_F(XcopyRefusal, AnUnknownServiceActionIsAnInvalidField) {
  const Ended ended = host_.send(kSource, {0x83, 0x1f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  expect_error(ended, kIllegal, 0x2400, 1);
}

TEST_F(XcopyRefusal, TheOtherFormPointsAtItsOwnFields) {
  XcopyBytes bytes = list();
  bytes.add_blocks(1, 2, 0, 0, 8);
  Bytes list = bytes.build_lid4();
  list[16] = 0;
  expect_error(host_.extended_copy_lid4(list), kIllegal, 0x2600, 16);
  list = bytes.build_lid4(0x03);  // IMMED and G_SENSE
  expect_error(host_.extended_copy_lid4(list), kIllegal, 0x2600, 15);
  list = bytes.build_lid4();
  store_be16(&list[48 + 4 * 32 + 4], 0);  // ID 0 is the header
  expect_error(host_.extended_copy_lid4(list), kAborted, 0x0804, 48 + 4 * 32 + 4, 0);
}

}  // namespace
}  // namespace tidemark::in_band
