// EXTENDED COPY(LID4) in the background, and COPY OPERATION ABORT (SPC-4 5.17.4, 6.3, 6.4).
#include "tests/in_band/in_band_host.h"

namespace tidemark::in_band {
namespace {

class XcopyBackground : public InBand {
 protected:
  XcopyBytes large(uint32_t id) {
    XcopyBytes bytes = list(id);
    bytes.add_image(1, 2, 0, 0, 0);
    return bytes;
  }
  uint8_t await_end(uint32_t id) {
    for (;;) {
      const Bytes status = host_.receive(0x05, id).data;
      if (status.size() < 32) return 0xff;
      if (status[5] < 0x10 || status[5] > 0x12) return status[5];
    }
  }
};

TEST_F(XcopyBackground, GoesOnAfterItsStatus) {
  ASSERT_TRUE(host_.extended_copy_lid4(large(1).build_lid4(0x01)).good());
  EXPECT_EQ(await_end(1), 0x01);
  EXPECT_EQ(host_.read(kCopy, 4 << 20, 1 << 20), first(4 << 20, 1 << 20));
}

TEST_F(XcopyBackground, TellsAFailureByItsStatus) {
  XcopyBytes bytes = list(1);
  bytes.add_blocks(1, 9, 0, 0, 8);
  expect_error(host_.extended_copy_lid4(bytes.build_lid4(0x01)), 0x0a, 0x0804);
  EXPECT_EQ(await_end(1), 0x02);
}

TEST_F(XcopyBackground, CanBeAborted) {
  ASSERT_TRUE(host_.extended_copy_lid4(large(1).build_lid4(0x01)).good());
  const Ended abort = host_.copy_operation_abort(1);
  const uint8_t status = await_end(1);
  // It may have been quicker; then there was nothing to abort.
  if (abort.good()) {
    EXPECT_TRUE(status == 0x60 || status == 0x01) << int{status};
  } else {
    expect_error(abort, 0x05, 0x2400, 2);
    EXPECT_EQ(status, 0x01);
  }
}

TEST_F(XcopyBackground, AbortOfAnUnknownCopyIsAnInvalidField) {
  expect_error(host_.copy_operation_abort(77), 0x05, 0x2400, 2);
}

TEST_F(XcopyBackground, AnEndedIdentifierCanBeUsedAgain) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(host_.extended_copy_lid4(large(1).build_lid4(0x01)).good());
    EXPECT_EQ(await_end(1), 0x01);
  }
}

TEST_F(XcopyBackground, OutlivesTheSession) {
  {
    InBandHost passing(daemon_, "passing");
    ASSERT_TRUE(passing.extended_copy_lid4(large(1).build_lid4(0x01)).good());
  }
  const auto copies = mgmt::cli::read_copies(daemon_.api().copies().body);
  ASSERT_TRUE(copies);
  ASSERT_EQ(copies.value().size(), 1u);
  const auto over = system_test::await_copy(
      daemon_.api(), copies.value()[0].id, [](const mgmt::cli::CopyView& view) {
        return view.state == "completed" || view.state == "cancelled";
      });
  EXPECT_EQ(over.state, "completed");
}

TEST_F(XcopyBackground, TellsTheCountWithGoodIfAskedTo) {
  XcopyBytes bytes = list(1);
  for (uint64_t i = 0; i < 3; ++i) bytes.add_blocks(1, 2, i * 8, i * 8, 8);
  const Ended ended = host_.extended_copy_lid4(bytes.build_lid4(0x02));
  EXPECT_TRUE(ended.good());
}

}  // namespace
}  // namespace tidemark::in_band
