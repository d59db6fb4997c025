// QUERY ASYNCHRONOUS EVENT (SAM-5 clause 7.10): tells of a pending unit attention, takes none.
#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

class QueryAttention : public ::testing::Test {
 protected:
  TaskManagementResponse ask(uint64_t lun_field = 0) {
    return target_.device_.query_attention(host_, lun_field, additional_);
  }
  TestTarget target_;
  ItNexus& host_ = target_.attach(0, true);  // with the attention a nexus begins with
  uint32_t additional_ = 0;
};

TEST_F(QueryAttention, TellsWhatIsPendingAndLeavesIt) {
  EXPECT_EQ(ask(), TaskManagementResponse::succeeded);
  EXPECT_EQ(additional_, 0x162900u);  // one; UNIT ATTENTION; 29h/00h
  EXPECT_EQ(ask(), TaskManagementResponse::succeeded);
}

TEST_F(QueryAttention, NothingPendingIsComplete) {
  target_.send_to(host_, CdbBuilder(0x00));
  EXPECT_EQ(ask(), TaskManagementResponse::complete);
}

TEST_F(QueryAttention, KnowsOnlyUnitsThatAreThere) {
  EXPECT_EQ(ask(uint64_t{9} << 48), TaskManagementResponse::no_such_unit);
}

}  // namespace
}  // namespace tidemark::scsi
