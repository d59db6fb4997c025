// Units with a removable medium: ejecting, loading, and preventing it.
#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

const Data kEject{0x1b, 0, 0, 0, 0x02, 0};
const Data kLoad{0x1b, 0, 0, 0, 0x03, 0};
const Data kPrevent{0x1e, 0, 0, 0, 1, 0};
const Data kAllow{0x1e, 0, 0, 0, 0, 0};

class Removable : public ::testing::Test {
 protected:
  Sent& ready(ItNexus& nexus) { return target_.send_to(nexus, {0x00}); }
  static bool has_no_medium(const Sent& sent) { return sent.failed(SenseKey::not_ready, 0x3a00); }
  static bool is_prevented(const Sent& sent) {
    return sent.failed(SenseKey::illegal_request, 0x5302);
  }

  TestTarget target_{UnitOptions{.removable = true}};
  ItNexus& one_ = target_.attach();
  ItNexus& other_ = target_.attach();
};

TEST_F(Removable, InquirySaysSo) {
  EXPECT_EQ(target_.send({0x12, 0, 0, 0, 96, 0}).data[1] & 0x80, 0x80);
}
TEST_F(Removable, EjectedMediumIsNotThereForAnybody) {
  ASSERT_TRUE(target_.send_to(one_, kEject).good());
  EXPECT_EQ(target_.volume_.seen().back().verb, storage::Verb::flush);
  for (ItNexus* nexus : {&one_, &other_}) {
    EXPECT_TRUE(has_no_medium(ready(*nexus)));
    EXPECT_TRUE(has_no_medium(target_.send_to(*nexus, CdbBuilder(0x28).range(0, 1))));
    EXPECT_TRUE(has_no_medium(target_.send_to(*nexus, {0x25})));
    EXPECT_TRUE(target_.send_to(*nexus, {0x12, 0, 0, 0, 96, 0}).good());
    EXPECT_TRUE(target_.send_to(*nexus, {0x1a, 0, 0x3f, 0, 255, 0}).good());
  }
  EXPECT_TRUE(has_no_medium(target_.send_to(one_, {0x1b, 0, 0, 0, 1, 0}))) << "START alone";
}
TEST_F(Removable, LoadedMediumIsAnnouncedToTheOthers) {
  ASSERT_TRUE(target_.send_to(one_, kEject).good());
  ASSERT_TRUE(target_.send_to(one_, kLoad).good());
  EXPECT_TRUE(ready(one_).good());
  EXPECT_TRUE(ready(other_).attention(attention::kMediumMayHaveChanged));
  EXPECT_TRUE(ready(other_).good());
}
TEST_F(Removable, PreventionHoldsForAllUntilWhoPreventsAllows) {
  ASSERT_TRUE(target_.send_to(one_, kPrevent).good());
  ASSERT_TRUE(target_.send_to(one_, kPrevent).good()) << "said twice, counted once";
  EXPECT_TRUE(is_prevented(target_.send_to(one_, kEject)));
  EXPECT_TRUE(is_prevented(target_.send_to(other_, kEject)));
  ASSERT_TRUE(target_.send_to(other_, kAllow).good());
  EXPECT_TRUE(is_prevented(target_.send_to(other_, kEject))) << "not his to allow";
  ASSERT_TRUE(target_.send_to(one_, kAllow).good());
  EXPECT_TRUE(target_.send_to(other_, kEject).good());
}
TEST_F(Removable, PreventionEndsWithItsNexus) {
  ASSERT_TRUE(target_.send_to(one_, kPrevent).good());
  target_.executor_.as(0, [&] { target_.device_.detach(one_, [] {}); });
  target_.settle();
  EXPECT_TRUE(target_.send_to(other_, kEject).good());
}
TEST_F(Removable, PreventionEndsWithAReset) {
  ASSERT_TRUE(target_.send_to(one_, kPrevent).good());
  target_.manage(other_, TaskManagementFunction::logical_unit_reset);
  ready(other_);
  EXPECT_TRUE(target_.send_to(other_, kEject).good());
}
TEST_F(Removable, OtherPreventionsAreRefused) {
  EXPECT_TRUE(target_.send({0x1e, 0, 0, 0, 2, 0}).invalid_field(4, 1));
}

}  // namespace
}  // namespace tidemark::scsi
