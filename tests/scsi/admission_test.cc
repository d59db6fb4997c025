// What is refused before any data moves; most of it for every row of the command table.
#include <bit>

#include "scsi/limits.h"
#include "tests/scsi/device_fixture.h"
#include "tests/scsi/memory_unit_store.h"
#include "tests/scsi/no_images.h"

namespace tidemark::scsi {
namespace {

struct NoCopies final : CopyService {
  RodTokens* rod_tokens = nullptr;
  RodTokens* tokens() override { return rod_tokens; }
  void copy_ranges(RangeCopyOrder, CoreId, std::function<void(uint64_t, CopyRefusal)> accepted,
                   std::function<void(const CopyReport&)>) override {
    accepted(0, CopyRefusal::exhausted);
  }
  void copy_snapshot(SnapshotCopyOrder, CoreId,
                     std::function<void(uint64_t, CopyRefusal)> accepted) override {
    accepted(0, CopyRefusal::exhausted);
  }
  void act(uint64_t, CopyAction, CoreId, OrderDone done) override { done(CopyRefusal::invalid); }
  void set(uint64_t, CopyAdjustment, CoreId, OrderDone done) override {
    done(CopyRefusal::invalid);
  }
  void append(uint64_t, std::vector<CopyRange>, CoreId, OrderDone done) override {
    done(CopyRefusal::invalid);
  }
  void list(CoreId, std::function<void(std::vector<CopyReport>)> done) override { done({}); }
  void cancel(uint64_t, CoreId, std::function<void(bool)> done) override { done(false); }
  void report(uint64_t, CoreId, std::function<void(bool, const CopyReport&)> done) override {
    done(false, {});
  }
  void map(uint64_t, uint64_t, size_t, CoreId,
           std::function<void(bool, std::vector<MapRun>)> done) override {
    done(false, {});
  }
};

std::vector<CommandRow> rows_where(bool (*wanted)(const CommandRow&)) {
  std::vector<CommandRow> rows;
  for (const CommandRow& row : command_rows())
    if (wanted(row)) rows.push_back(row);
  return rows;
}
/// Rows that are parameters of tests are copies, for which the table has no index.
bool has_field(const CommandRow& row, FieldRole role) {
  return std::any_of(row.fields.begin(), row.fields.end(),
                     [role](const CdbField& field) { return field.role == role; });
}
bool names_blocks(const CommandRow& row) {
  return has_field(row, FieldRole::lba) && has_field(row, FieldRole::transfer_length);
}
constexpr auto kNameOf = [](const auto& one) { return test_name(one.param); };

class Admission : public ::testing::TestWithParam<CommandRow> {
 protected:
  Admission() {
    target_.unit_->keep_in(store_, {});
    copies_.rod_tokens = &tokens_.tokens;
  }

  /// A CDB that nothing is wrong with on a unit of any size.
  CdbBuilder cdb() const {
    CdbBuilder builder(GetParam());
    if (names_blocks(GetParam())) builder.range(0, 1);
    if (has_field(GetParam(), FieldRole::dbd)) builder.set(FieldRole::page_code, 0x3f);
    if (has_field(GetParam(), FieldRole::buffer_mode)) builder.set(FieldRole::buffer_mode, 0x0b);
    return builder;
  }
  NoCopies copies_;
  MemoryUnitStore store_;
  TestTarget target_{UnitOptions{.copies = &copies_}};
  UnusedTokens tokens_{target_.executor_};
};

class AnyCommand : public Admission {};
INSTANTIATE_TEST_SUITE_P(Admission, AnyCommand,
                         ::testing::ValuesIn(rows_where([](const CommandRow&) { return true; })),
                         kNameOf);

TEST_P(AnyCommand, ReservedBitIsInvalidFieldWithThatByteAndBit) {
  const auto meaning = bits_with_meaning(GetParam());
  for (size_t byte = 1; byte < GetParam().cdb_length; ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      if (meaning[byte] >> bit & 1) continue;
      Data bad = cdb();
      bad[byte] = static_cast<uint8_t>(bad[byte] | 1 << bit);
      EXPECT_TRUE(target_.send(bad).invalid_field(static_cast<int>(byte), bit))
          << byte << "." << bit;
    }
  }
}

TEST_P(AnyCommand, NacaIsTakenInTheControlByte) {
  Data asking = cdb();
  const auto control = static_cast<int>(control_byte(GetParam().opcode));
  asking[static_cast<size_t>(control)] = 0x04;
  EXPECT_FALSE(target_.send(asking).invalid_field(control, 2));
}

TEST_P(AnyCommand, AbsentUnitIsAnsweredByTheThreeThatAlwaysAnswer) {
  const Sent& sent = target_.send_at(encode_lun(9), cdb());
  if (GetParam().answers_always()) {
    EXPECT_TRUE(sent.good());
  } else {
    EXPECT_TRUE(sent.failed(SenseKey::illegal_request, 0x2500));
  }
}

TEST_P(AnyCommand, PendingAttentionComesFirstButForThoseThree) {
  ItNexus& fresh = target_.attach(0, true);
  const Sent& sent = target_.send_to(fresh, cdb());
  EXPECT_EQ(sent.attention(attention::kPowerOn), !GetParam().answers_always());
}

class DataInCommand : public Admission {};
INSTANTIATE_TEST_SUITE_P(Admission, DataInCommand,
                         ::testing::ValuesIn(rows_where([](const CommandRow& row) {
                           return has_field(row, FieldRole::allocation_length) &&
                                  row.feature == Feature::basic;
                         })),
                         kNameOf);

TEST_P(DataInCommand, ShortAllocationLengthCutsTheAnswerAndNothingElse) {
  const auto with_allocation = [&](uint64_t length) {
    Data cdb_bytes = cdb().set(FieldRole::allocation_length, length);
    const Sent& sent = target_.send(cdb_bytes);
    EXPECT_TRUE(sent.good()) << length;
    EXPECT_EQ(sent.data_in_length, sent.data.size());
    return sent.data;
  };
  Data whole = with_allocation(250);
  ASSERT_FALSE(whole.empty());
  for (const size_t length : {size_t{0}, size_t{1}, size_t{3}, whole.size() - 1}) {
    Data cut = with_allocation(length);
    // An answer that tells the time is compared only within one tick of the clock.
    for (Data later = with_allocation(250); later != whole; later = with_allocation(250)) {
      whole = later;
      cut = with_allocation(length);
    }
    EXPECT_EQ(cut, Data(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length)));
  }
}

class BlockCommand : public Admission {};
INSTANTIATE_TEST_SUITE_P(Admission, BlockCommand, ::testing::ValuesIn(rows_where(names_blocks)),
                         kNameOf);

TEST_P(BlockCommand, LastBlockAndOneMoreIsOutOfRangeAtTheFirstMissingOne) {
  const Sent& sent = target_.send(cdb().range(4095, 2));
  EXPECT_TRUE(sent.out_of_range());
  EXPECT_EQ(sent.sense.information, 4096u);
}

TEST_P(BlockCommand, BeyondTheEndIsOutOfRangeAlsoWithoutBlocks) {
  // WRITE SAME of no blocks is refused for that alone, and six-byte commands have no such thing.
  const bool needs_blocks = GetParam().data_out == DataOut::one_block || GetParam().cdb_length == 6;
  const Sent& sent = target_.send(cdb().range(4097, needs_blocks ? 1 : 0));
  EXPECT_TRUE(sent.out_of_range());
  EXPECT_EQ(sent.sense.information, 4097u);
}

TEST_P(BlockCommand, LargestLbaDoesNotWrapAround) {
  if (GetParam().cdb_length == 6) return;
  EXPECT_TRUE(target_.send(cdb().range(UINT64_MAX, 1)).out_of_range());
}

TEST_P(BlockCommand, NoneAndOneAreTakenFromTheFirstBlockToTheLast) {
  // WRITE SAME of no blocks is refused (WSNZ), and to six-byte commands none means 256.
  const bool may_be_none = GetParam().data_out != DataOut::one_block && GetParam().cdb_length > 6;
  const auto send = [&](uint64_t lba, uint64_t blocks) -> const Sent& {
    size_t bytes = 0;
    if (GetParam().data_out == DataOut::blocks) bytes = blocks * 512;
    if (GetParam().data_out == DataOut::block_pairs) bytes = blocks * 1024;
    if (GetParam().data_out == DataOut::one_block) bytes = 512;
    return target_.send(cdb().range(lba, blocks), Data(bytes));
  };
  for (const uint64_t lba : {0, 1, 4095}) {
    EXPECT_TRUE(send(lba, 1).good()) << lba;
    EXPECT_TRUE(!may_be_none || send(lba, 0).good()) << lba;
  }
  EXPECT_TRUE(!may_be_none || send(4096, 0).good()) << "behind the last block";
}

TEST_P(BlockCommand, ProtectionInformationIsRefused) {
  const CdbField* field = find_field(cdb().row(), FieldRole::protect);
  if (!field) return;
  EXPECT_TRUE(target_.send(cdb().set(FieldRole::protect, 1)).invalid_field(field->byte, 7));
}

TEST_P(BlockCommand, MoreThanTheAnnouncedLimitIsRefusedBeforeDataIsAskedFor) {
  TestTarget large{UnitOptions{.block_size = 4096, .blocks = 20480}};
  Data cdb_b0{0x12, 0x01, 0xb0, 0, 64, 0};
  const Data b0 = large.send(cdb_b0).data;
  uint64_t limit = load_be32(&b0[8]);
  if (GetParam().data_out == DataOut::block_pairs) limit = b0[5];
  if (GetParam().data_out == DataOut::one_block) limit = load_be64(&b0[36]);
  if (has_field(GetParam(), FieldRole::atomic_boundary)) limit = load_be32(&b0[44]);
  const CdbField* field = find_field(cdb().row(), FieldRole::transfer_length);
  const uint64_t most = field->bytes >= 4 ? UINT32_MAX : (uint64_t{1} << 8 * field->bytes) - 1;
  const bool unlimited =
      GetParam().data_out == DataOut::none && GetParam().direction != DataDirection::in;
  if (unlimited || most <= limit || limit + 1 > 20480) return;
  Sent& sent = large.begin(large.host(), cdb().range(0, limit + 1));
  EXPECT_FALSE(sent.begun);
  EXPECT_TRUE(sent.invalid_field(field->byte));
  EXPECT_TRUE(large.begin(large.host(), cdb().range(0, limit)).begun);
  large.manage(large.host(), TaskManagementFunction::abort_task_set);
}

TEST_P(BlockCommand, StoppedUnitIsNotReady) {
  target_.unit_->readiness().set(Readiness::State::stopped);
  EXPECT_TRUE(target_.send(cdb()).failed(SenseKey::not_ready, 0x0402));
}

class WriteCommand : public Admission {};
INSTANTIATE_TEST_SUITE_P(Admission, WriteCommand,
                         ::testing::ValuesIn(rows_where([](const CommandRow& row) {
                           return row.ordering == OrderingClass::writes_medium;
                         })),
                         kNameOf);

TEST_P(WriteCommand, ReadOnlyUnitIsWriteProtected) {
  TestTarget read_only{UnitOptions{.read_only = true, .copies = &copies_}};
  EXPECT_TRUE(read_only.send(cdb()).failed(SenseKey::data_protect, 0x2700));
}

TEST_P(WriteCommand, DestinationOfACopyIsWriteProtectedWhileItLasts) {
  bool answered = false;
  target_.gate_.protect(true, 0, [&] { answered = true; });
  target_.settle();
  ASSERT_TRUE(answered);
  EXPECT_TRUE(target_.send(cdb()).failed(SenseKey::data_protect, 0x2700));
  target_.gate_.protect(false, 0, [] {});
  target_.settle();
  EXPECT_FALSE(target_.send(cdb()).failed(SenseKey::data_protect, 0x2700));
}

TEST_P(WriteCommand, SoftwareWriteProtectSaysSo) {
  target_.unit_->settings().software_write_protect = true;
  EXPECT_TRUE(target_.send(cdb()).failed(SenseKey::data_protect, 0x2702));
}

class ListCommand : public Admission {
 protected:
  CdbBuilder with_length(uint64_t length) const {
    CdbBuilder builder = cdb().set(FieldRole::parameter_list_length, length);
    if (writes_buffer()) builder.set(FieldRole::buffer_mode, 0x0a);
    return builder;
  }
  bool writes_buffer() const { return GetParam().opcode == 0x3b; }
  /// Whose list is what it sets, be it a byte.
  bool takes_any_bytes() const {
    return writes_buffer() || (GetParam().opcode == 0xa4 && GetParam().service_action == 0x06);
  }
  bool unit_goes_on() { return target_.send({0x00}).good(); }
};
INSTANTIATE_TEST_SUITE_P(Admission, ListCommand,
                         ::testing::ValuesIn(rows_where([](const CommandRow& row) {
                           return row.data_out == DataOut::list;
                         })),
                         kNameOf);

/// Those of which it is not said that no list is no error.
bool needs_a_list(const CommandRow& row) {
  const bool snapshot_set_or_append = row.opcode == 0xc8 && row.service_action != 0x01;
  return row.opcode == 0x48 || row.opcode == 0x5f || snapshot_set_or_append;
}

TEST_P(ListCommand, NoListIsNoErrorUnlessTheCommandIsNothingWithoutOne) {
  const Sent& sent = target_.send(with_length(0));
  EXPECT_TRUE(sent.done);
  EXPECT_EQ(sent.good(), !needs_a_list(GetParam())) << std::hex << sent.sense.asc;
  EXPECT_TRUE(sent.good() || sent.sense.key == SenseKey::illegal_request);
  EXPECT_TRUE(unit_goes_on());
}

TEST_P(ListCommand, ListOfOneByteIsTooShortAndNothingIsDone) {
  const Sent& sent = target_.send(with_length(1), Data(1));
  ASSERT_TRUE(sent.done);
  if (takes_any_bytes()) {
    EXPECT_TRUE(sent.good());
    return;
  }
  EXPECT_EQ(sent.status, Status::check_condition);
  EXPECT_EQ(sent.sense.key, SenseKey::illegal_request);
  EXPECT_EQ(target_.volume_.count(storage::Verb::write), 0u);
  EXPECT_TRUE(unit_goes_on());
}

TEST_P(ListCommand, ListThatDoesNotComeIsAnErrorToo) {
  const Sent& sent = target_.send(with_length(24));
  ASSERT_TRUE(sent.done);
  EXPECT_EQ(sent.status, Status::check_condition);
  EXPECT_EQ(sent.sense.key, SenseKey::illegal_request);
  EXPECT_TRUE(unit_goes_on());
}

TEST_P(ListCommand, ListBeyondTheLimitIsRefusedBeforeItIsAskedFor) {
  const CdbField* field = find_field(cdb().row(), FieldRole::parameter_list_length);
  if (field->bytes < 3) return;  // cannot say that much
  Sent& sent = target_.begin(target_.host(), with_length(kMaxParameterListBytes + 1));
  EXPECT_FALSE(sent.begun);
  EXPECT_EQ(sent.sense.key, SenseKey::illegal_request);
  EXPECT_TRUE(unit_goes_on());
}

TEST(AdmissionOrder, UnknownOpcodeIsNamedAfterTheAttention) {
  TestTarget target;
  ItNexus& fresh = target.attach(0, true);
  EXPECT_TRUE(target.send_to(fresh, {0x02}).attention(attention::kPowerOn));
  EXPECT_TRUE(target.send_to(fresh, {0x02}).failed(SenseKey::illegal_request, 0x2000));
}
TEST(AdmissionOrder, UnknownServiceActionPointsAtIt) {
  TestTarget target;
  EXPECT_TRUE(target.send({0x9e, 0x1e}).invalid_field(1, 4));
}
TEST(AdmissionOrder, UnknownServiceActionOfAVariableLengthCdbPointsAtIt) {
  TestTarget target;
  Data cdb(32);
  cdb[0] = 0x7f;
  cdb[7] = kAdditionalCdbLength;
  store_be16(&cdb[8], 0x0109);
  EXPECT_TRUE(target.send(cdb).invalid_field(8));
}
TEST(AdmissionOrder, AdditionalCdbLengthIsThatOfThirtyTwoBytes) {
  TestTarget target;
  Data cdb = CdbBuilder(0x7f, 0x09).range(0, 1);
  cdb[7] = 0x10;
  EXPECT_TRUE(target.send(cdb).invalid_field(7));
}
TEST(AdmissionOrder, ServiceActionAUnitLacksIsAnInvalidField) {
  TestTarget target{UnitOptions{.thin = false}};
  EXPECT_TRUE(target.send({0x48, 0x02}).invalid_field(1, 4));
}
TEST(AdmissionOrder, UnknownUnitComesBeforeUnknownOpcode) {
  TestTarget target;
  EXPECT_TRUE(target.send_at(encode_lun(3), {0x02}).failed(SenseKey::illegal_request, 0x2500));
}
TEST(AdmissionOrder, CdbCutShortIsInvalid) {
  TestTarget target;
  Sent& sent = target.begin(target.host(), {0x88});
  target.execute(sent);
  Task task;
  task.nexus = &target.host();
  task.cdb = {0x88};
  task.cdb_length = 10;
  EXPECT_FALSE(target.device_.begin(task));
  EXPECT_EQ(task.sense.asc, 0x2400);
}
TEST(AdmissionOrder, CopyCommandsNeedACopyService) {
  TestTarget target;
  EXPECT_TRUE(target.send({0x83, 0x00}).failed(SenseKey::illegal_request, 0x2000));
  EXPECT_TRUE(target.send({0xc9, 0x02}).failed(SenseKey::illegal_request, 0x2000));
}
TEST(AdmissionOrder, UnmapNeedsAThinUnit) {
  TestTarget target{UnitOptions{.thin = false}};
  EXPECT_TRUE(target.send({0x42}).failed(SenseKey::illegal_request, 0x2000));
}
TEST(AdmissionOrder, ParameterListBeyondTheLimitIsRefusedBeforeItIsAskedFor) {
  NoCopies copies;
  TestTarget target{UnitOptions{.copies = &copies}};
  Data cdb = CdbBuilder(0x83).set(FieldRole::parameter_list_length, kMaxParameterListBytes + 1);
  Sent& sent = target.begin(target.host(), cdb);
  EXPECT_FALSE(sent.begun);
  EXPECT_TRUE(sent.failed(SenseKey::illegal_request, 0x1a00));
}

}  // namespace
}  // namespace tidemark::scsi
