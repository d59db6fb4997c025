#include "target/pdu.h"

#include <gtest/gtest.h>

namespace tidemark::target {
namespace {

// Each field at the offset RFC 7143 clause 11 gives it: one distinct value per field, looked for in
// the bytes.
template <class Layout>
uint64_t at(const Layout& layout, size_t offset, size_t width) {
  const Bhs bhs = bhs_of(layout);
  uint64_t value = 0;
  for (size_t i = 0; i < width; ++i) value = value << 8 | bhs[offset + i];
  return value;
}

template <class Layout>
class PduLayout : public testing::Test {};
using Layouts =
    testing::Types<ScsiCommand, ScsiResponse, DataOut, DataIn, R2t, TaskManagementRequest,
                   TaskManagementResponse, LoginRequest, LoginResponse, TextRequest, TextResponse,
                   LogoutRequest, LogoutResponse, NopOut, NopIn, Snack, AsyncMessage, Reject>;
TYPED_TEST_SUITE(PduLayout, Layouts);

TYPED_TEST(PduLayout, IsExactlyAHeaderAndRoundTrips) {
  static_assert(sizeof(TypeParam) == kBhsSize);
  Bhs bytes;
  for (size_t i = 0; i < kBhsSize; ++i) bytes[i] = static_cast<uint8_t>(i * 7 + 1);
  EXPECT_EQ(bhs_of(as<TypeParam>(bytes)), bytes);
}

TYPED_TEST(PduLayout, HasItsTaskTagAndLengthsWhereAllHaveThem) {
  TypeParam pdu;
  pdu.itt = 0x11223344;
  pdu.start.segment_length = 0xabcdef;
  const Bhs bhs = bhs_of(pdu);
  EXPECT_EQ(itt_of(bhs), 0x11223344u);
  EXPECT_EQ(segment_length_of(bhs), 0xabcdefu);
  EXPECT_EQ(ahs_length_of(bhs), 0u);
}

TEST(Pdu, ScsiCommandFields) {
  ScsiCommand pdu;
  pdu.lun = 0x0102030405060708;
  pdu.expected_length = 0x20212223;
  pdu.cmd_sn = 0x24252627;
  pdu.exp_stat_sn = 0x28292a2b;
  pdu.cdb[0] = 0x8a;
  EXPECT_EQ(at(pdu, 0, 1), 0x01u);
  EXPECT_EQ(at(pdu, 8, 8), 0x0102030405060708u);
  EXPECT_EQ(at(pdu, 20, 4), 0x20212223u);
  EXPECT_EQ(at(pdu, 24, 4), 0x24252627u);
  EXPECT_EQ(at(pdu, 28, 4), 0x28292a2bu);
  EXPECT_EQ(at(pdu, 32, 1), 0x8au);
  EXPECT_TRUE(carries_cmd_sn(opcode_of(bhs_of(pdu))));
}

TEST(Pdu, ScsiResponseFields) {
  ScsiResponse pdu;
  pdu.start.byte2 = 1;
  pdu.start.byte3 = 2;
  pdu.stat_sn = 3;
  pdu.exp_cmd_sn = 4;
  pdu.max_cmd_sn = 5;
  pdu.exp_data_sn = 6;
  pdu.bidi_read_residual = 7;
  pdu.residual = 8;
  EXPECT_EQ(at(pdu, 0, 4), 0x21800102u);
  for (uint64_t i = 0; i < 6; ++i) EXPECT_EQ(at(pdu, 24 + 4 * i, 4), 3 + i);
}

TEST(Pdu, DataOutFields) {
  DataOut pdu;
  pdu.ttt = 1;
  pdu.exp_stat_sn = 2;
  pdu.data_sn = 3;
  pdu.buffer_offset = 4;
  EXPECT_EQ(at(pdu, 20, 4), 1u);
  EXPECT_EQ(at(pdu, 28, 4), 2u);
  EXPECT_EQ(at(pdu, 36, 4), 3u);
  EXPECT_EQ(at(pdu, 40, 4), 4u);
  EXPECT_FALSE(carries_cmd_sn(Opcode::data_out));
  EXPECT_FALSE(carries_cmd_sn(Opcode::snack));
}

TEST(Pdu, DataInFields) {
  DataIn pdu;
  pdu.start.byte3 = 9;
  pdu.data_sn = 3;
  pdu.buffer_offset = 4;
  pdu.residual = 5;
  EXPECT_EQ(at(pdu, 3, 1), 9u);
  EXPECT_EQ(at(pdu, 20, 4), kNoTag);
  EXPECT_EQ(at(pdu, 36, 4), 3u);
  EXPECT_EQ(at(pdu, 40, 4), 4u);
  EXPECT_EQ(at(pdu, 44, 4), 5u);
}

TEST(Pdu, R2tFields) {
  R2t pdu;
  pdu.ttt = 1;
  pdu.stat_sn = 2;
  pdu.r2t_sn = 3;
  pdu.buffer_offset = 4;
  pdu.desired_length = 5;
  EXPECT_EQ(at(pdu, 0, 2), 0x3180u);
  EXPECT_EQ(at(pdu, 20, 4), 1u);
  EXPECT_EQ(at(pdu, 24, 4), 2u);
  EXPECT_EQ(at(pdu, 36, 4), 3u);
  EXPECT_EQ(at(pdu, 40, 4), 4u);
  EXPECT_EQ(at(pdu, 44, 4), 5u);
}

TEST(Pdu, TaskManagementFields) {
  TaskManagementRequest pdu;
  pdu.start.flags = kFinal | 5;
  pdu.referenced_task_tag = 1;
  pdu.cmd_sn = 2;
  pdu.ref_cmd_sn = 3;
  pdu.exp_data_sn = 4;
  EXPECT_EQ(at(pdu, 0, 2), 0x0285u);
  EXPECT_EQ(at(pdu, 20, 4), 1u);
  EXPECT_EQ(at(pdu, 24, 4), 2u);
  EXPECT_EQ(at(pdu, 32, 4), 3u);
  EXPECT_EQ(at(pdu, 36, 4), 4u);
}

TEST(Pdu, LoginFields) {
  LoginRequest request;
  request.isid = 0x010203040506;
  request.tsih = 0x0708;
  request.cid = 0x0910;
  request.cmd_sn = 0x11121314;
  EXPECT_EQ(at(request, 8, 6), 0x010203040506u);
  EXPECT_EQ(at(request, 14, 2), 0x0708u);
  EXPECT_EQ(at(request, 20, 2), 0x0910u);
  EXPECT_EQ(at(request, 24, 4), 0x11121314u);
  LoginResponse response;
  response.status = 0x0203;
  EXPECT_EQ(at(response, 36, 1), 2u);
  EXPECT_EQ(at(response, 37, 1), 3u);
}

TEST(Pdu, LogoutFields) {
  LogoutResponse pdu;
  pdu.start.byte2 = 1;
  pdu.time2wait = 2;
  pdu.time2retain = 3;
  EXPECT_EQ(at(pdu, 2, 1), 1u);
  EXPECT_EQ(at(pdu, 40, 2), 2u);
  EXPECT_EQ(at(pdu, 42, 2), 3u);
}

TEST(Pdu, AsyncMessageFields) {
  AsyncMessage pdu;
  pdu.event = 1;
  pdu.parameter3 = 9;
  EXPECT_EQ(at(pdu, 16, 4), kNoTag);
  EXPECT_EQ(at(pdu, 36, 1), 1u);
  EXPECT_EQ(at(pdu, 42, 2), 9u);
}

TEST(Pdu, SnackFields) {
  Snack pdu;
  pdu.beg_run = 1;
  pdu.run_length = 2;
  EXPECT_EQ(at(pdu, 40, 4), 1u);
  EXPECT_EQ(at(pdu, 44, 4), 2u);
}

TEST(Pdu, LoginStagesAreInTheFlags) {
  EXPECT_EQ(csg_of(0x87), 1);
  EXPECT_EQ(nsg_of(0x87), 3);
  EXPECT_EQ(csg_of(0x81), 0);
  EXPECT_EQ(nsg_of(0x81), 1);
}

TEST(Pdu, PaddingFillsWords) {
  EXPECT_EQ(padding_of(0), 0u);
  EXPECT_EQ(padding_of(1), 3u);
  EXPECT_EQ(padding_of(4), 0u);
  EXPECT_EQ(padded(5), 8u);
}

}  // namespace
}  // namespace tidemark::target
