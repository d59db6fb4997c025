// What the VPD pages and READ CAPACITY announce is what is done: each limit is taken and one more
// is refused, each feature announced is there and no other.
#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

Data vpd(TestTarget& target, uint8_t page) {
  return target.send({0x12, 0x01, page, 0x08, 0x00, 0}).data;
}

constexpr size_t kDescriptors = 16;

class Announced : public ::testing::TestWithParam<UnitOptions> {
 protected:
  uint64_t block_size() const { return GetParam().block_size; }
  Data data(uint64_t blocks) const { return Data(blocks * block_size()); }
  Sent& send_range(const CdbBuilder& cdb, const Data& bytes) { return target_.send(cdb, bytes); }
  /// UNMAP of so many blocks, again and again the first ones.
  Sent& unmap(uint64_t blocks, size_t descriptors = kDescriptors) {
    Data list(8 + 16 * descriptors);
    store_be16(&list[0], static_cast<uint16_t>(list.size() - 2));
    store_be16(&list[2], static_cast<uint16_t>(list.size() - 8));
    for (size_t i = 0; i < descriptors; ++i) {
      const uint64_t part = blocks / descriptors + (i == 0 ? blocks % descriptors : 0);
      store_be32(&list[16 + 16 * i], static_cast<uint32_t>(part));
    }
    return target_.send(CdbBuilder(0x42).set(FieldRole::parameter_list_length, list.size()), list);
  }

  TestTarget target_{GetParam()};
  const Data b0_ = vpd(target_, 0xb0);
};
// A little larger than the largest range of one command.
INSTANTIATE_TEST_SUITE_P(
    Units, Announced,
    ::testing::Values(UnitOptions{.block_size = 512, .blocks = 70000},
                      UnitOptions{.block_size = 4096, .blocks = 9000},
                      UnitOptions{.block_size = 512, .blocks = 70000, .thin = false},
                      UnitOptions{.block_size = 512, .blocks = 70000, .physical_block_size = 512}),
    [](const auto& one) {
      return std::to_string(one.param.block_size) + (one.param.thin ? "thin" : "thick") +
             std::to_string(one.param.physical_block_size);
    });

TEST_P(Announced, MaximumTransferLength) {
  const uint64_t most = load_be32(&b0_[8]);
  ASSERT_GT(most, 0u);
  EXPECT_TRUE(target_.send(CdbBuilder(0x28).range(0, most)).good());
  EXPECT_TRUE(target_.send(CdbBuilder(0x28).range(0, most + 1)).invalid_field(7));
  EXPECT_TRUE(target_.send(CdbBuilder(0x8a).range(0, most), data(most)).good());
  EXPECT_TRUE(target_.send(CdbBuilder(0x8a).range(0, most + 1)).invalid_field(10));
}
TEST_P(Announced, MaximumCompareAndWriteLength) {
  // 255 is all the CDB can say.
  const uint64_t most = b0_[5];
  EXPECT_TRUE(target_.send(CdbBuilder(0x89).range(0, most), data(2 * most)).good());
}
TEST_P(Announced, MaximumWriteSameLengthAndWsnz) {
  const uint64_t most = load_be64(&b0_[36]);
  EXPECT_EQ(b0_[4] & 0x01, 0x01);
  EXPECT_TRUE(target_.send(CdbBuilder(0x93).range(0, most), data(1)).good());
  EXPECT_TRUE(target_.send(CdbBuilder(0x93).range(0, most + 1), data(1)).invalid_field(10));
  EXPECT_TRUE(target_.send(CdbBuilder(0x93).range(0, 0), data(1)).invalid_field(10));
}
TEST_P(Announced, UnmapLimits) {
  const uint64_t most_blocks = load_be32(&b0_[20]);
  const uint64_t most_descriptors = load_be32(&b0_[24]);
  const uint8_t provisioning = vpd(target_, 0xb2)[5];
  EXPECT_EQ(provisioning & 0x80, GetParam().thin ? 0x80 : 0);
  if (!GetParam().thin) {
    EXPECT_EQ(most_blocks + most_descriptors + load_be32(&b0_[28]), 0u);
    EXPECT_TRUE(unmap(1).failed(SenseKey::illegal_request, 0x2000));
    return;
  }
  EXPECT_TRUE(unmap(most_blocks).good());
  EXPECT_TRUE(unmap(most_blocks + 1).invalid_in_list(8 + 16 * (kDescriptors - 1) + 8));
  EXPECT_TRUE(unmap(1, most_descriptors).good());
  EXPECT_TRUE(unmap(1, most_descriptors + 1).invalid_in_list(2));
}
TEST_P(Announced, UnmapBitOfWriteSame) {
  for (const uint8_t opcode : std::array<uint8_t, 2>{0x41, 0x93}) {
    const uint8_t bit = opcode == 0x41 ? 0x20 : 0x40;  // LBPWS10, LBPWS
    const bool offered = vpd(target_, 0xb2)[5] & bit;
    const Sent& sent =
        target_.send(CdbBuilder(opcode).set(FieldRole::unmap, 1).range(0, 1), data(1));
    EXPECT_EQ(sent.good(), offered);
    EXPECT_EQ(sent.invalid_field(1, 3), !offered);
    EXPECT_TRUE(
        target_
            .send(CdbBuilder(opcode).set(FieldRole::unmap, 1).set(FieldRole::anchor, 1).range(0, 1),
                  data(1))
            .invalid_field(1, 4))
        << "ANC_SUP is 0";
  }
}
TEST_P(Announced, AtomicLimits) {
  const uint64_t most = load_be32(&b0_[44]);
  const uint64_t most_boundary = load_be32(&b0_[60]);
  EXPECT_EQ(load_be32(&b0_[48]) + load_be32(&b0_[52]), 0u) << "any alignment and granularity";
  EXPECT_EQ(load_be32(&b0_[56]), most);
  EXPECT_LE(most, load_be32(&b0_[8]));
  EXPECT_TRUE(target_.send(CdbBuilder(0x9c).range(1, most), data(most)).good());
  EXPECT_TRUE(target_.send(CdbBuilder(0x9c).range(1, most + 1)).invalid_field(12));
  EXPECT_TRUE(target_.send(CdbBuilder(0x7f, 0x0f).range(1, most), data(most)).good());
  EXPECT_TRUE(target_.send(CdbBuilder(0x7f, 0x0f).range(1, most + 1)).invalid_field(28));
  const auto with_boundary = [&](uint64_t boundary) -> const Sent& {
    return target_.send(CdbBuilder(0x9c).set(FieldRole::atomic_boundary, boundary).range(0, 1),
                        data(1));
  };
  EXPECT_TRUE(with_boundary(most_boundary).good());
  EXPECT_TRUE(with_boundary(most_boundary + 1).invalid_field(10));
}
TEST_P(Announced, CapacityAndProvisioningAgree) {
  const Data rc16 = target_.send(CdbBuilder(0x9e, 0x10).set(FieldRole::allocation_length, 32)).data;
  EXPECT_EQ(load_be64(&rc16[0]), GetParam().blocks - 1);
  EXPECT_EQ(load_be32(&rc16[8]), block_size());
  EXPECT_EQ(rc16[14] & 0xc0, GetParam().thin ? 0xc0 : 0) << "LBPME, LBPRZ";
  const Data b2 = vpd(target_, 0xb2);
  EXPECT_EQ(b2[6] & 0x07, GetParam().thin ? 2 : 0);
  EXPECT_EQ(b2[5] & 0x1c, GetParam().thin ? 0x04 : 0) << "LBPRZ";
  const uint64_t physical = std::max<uint64_t>(GetParam().physical_block_size, block_size());
  EXPECT_EQ(block_size() << (rc16[13] & 0x0f), physical);
  EXPECT_EQ(load_be16(&b0_[6]) * block_size(), physical) << "optimal transfer granularity";
}
TEST_P(Announced, BlockEraseIsThereIfReadsAfterItAreDescribed) {
  const bool described = vpd(target_, 0xb1)[7] >> 6;
  EXPECT_EQ(target_.send({0x48, 0x02}).good(), described);
}
TEST_P(Announced, EveryCommandListedIsKnownAndNoOther) {
  for (const CommandRow& row : command_rows()) {
    const Data one =
        target_
            .send(CdbBuilder(0xa3, 0x0c)
                      .set(FieldRole::reporting_options, 3)
                      .set(FieldRole::requested_opcode, row.opcode)
                      .set(FieldRole::requested_service_action, row.service_action.value_or(0))
                      .set(FieldRole::allocation_length, 255))
            .data;
    EXPECT_EQ((one[1] & 0x07) == 0x01, !supports(*target_.unit_, row)) << row.name;
    const Sent& sent = target_.begin(target_.host(), CdbBuilder(row));
    if (!supports(*target_.unit_, row)) {
      EXPECT_TRUE(sent.failed(SenseKey::illegal_request, 0x2000) || sent.invalid_field(1, 4));
    } else {
      EXPECT_FALSE(sent.failed(SenseKey::illegal_request, 0x2000)) << row.name;
    }
    target_.manage(target_.host(), TaskManagementFunction::abort_task_set);
  }
}
TEST(AnnouncedVpd, PagesAreListedInOrderAndEachIsThere) {
  TestTarget target;
  const Data list = vpd(target, 0x00);
  EXPECT_TRUE(std::is_sorted(list.begin() + 4, list.end()));
  for (int page = 0; page < 256; ++page) {
    const bool listed =
        std::find(list.begin() + 4, list.end(), static_cast<uint8_t>(page)) != list.end();
    const Sent& sent = target.send({0x12, 0x01, static_cast<uint8_t>(page), 0x08, 0, 0});
    EXPECT_EQ(sent.good(), listed) << page;
    if (!listed) continue;
    EXPECT_EQ(sent.data[1], page);
    EXPECT_EQ(load_be16(&sent.data[2]), sent.data.size() - 4);
  }
}
TEST(AnnouncedAlignment, LowestAlignedBlockIsTold) {
  TestTarget target{UnitOptions{.lowest_aligned_lba = 7}};
  const Data rc16 = target.send(CdbBuilder(0x9e, 0x10).set(FieldRole::allocation_length, 32)).data;
  EXPECT_EQ(load_be16(&rc16[14]) & 0x3fff, 7);
  EXPECT_EQ(rc16[13] & 0x0f, 3);
}

}  // namespace
}  // namespace tidemark::scsi
