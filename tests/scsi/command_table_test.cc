#include "scsi/command_table.h"

#include <bit>

#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

std::array<uint8_t, kCdbMax> cdb_of(const CommandRow& row) {
  const Data bytes = CdbBuilder(row);
  std::array<uint8_t, kCdbMax> cdb{};
  std::copy(bytes.begin(), bytes.end(), cdb.begin());
  return cdb;
}

class EveryRow : public ::testing::TestWithParam<CommandRow> {
 protected:
  const CommandRow& row() const { return *find_row(cdb_of(GetParam())).row; }
};
INSTANTIATE_TEST_SUITE_P(CommandTable, EveryRow,
                         ::testing::ValuesIn(command_rows().begin(), command_rows().end()),
                         [](const auto& one) { return test_name(one.param); });

TEST_P(EveryRow, IsFoundByItsCdb) {
  const RowLookup found = find_row(cdb_of(GetParam()));
  ASSERT_NE(found.row, nullptr);
  EXPECT_EQ(found.row->name, GetParam().name);
}

TEST_P(EveryRow, EachReservedBitIsPointedAt) {
  const auto meaning = bits_with_meaning(row());
  for (uint8_t byte = 1; byte < row().cdb_length; ++byte) {
    const uint8_t meant = meaning[byte];
    for (uint8_t bit = 0; bit < 8; ++bit) {
      auto cdb = cdb_of(row());
      cdb[byte] = static_cast<uint8_t>(cdb[byte] | 1 << bit);
      const auto at = first_reserved_bit(row(), cdb);
      if (meant >> bit & 1) {
        EXPECT_FALSE(at) << int(byte) << "." << int(bit);
        continue;
      }
      ASSERT_TRUE(at) << int(byte) << "." << int(bit);
      EXPECT_TRUE(at->in_cdb);
      EXPECT_EQ(at->byte, byte);
      EXPECT_EQ(at->bit, bit);
    }
  }
}

TEST_P(EveryRow, OfControlNacaAloneIsSupported) {
  EXPECT_EQ(usage_bitmap(row())[control_byte(row().opcode)], 0x04);
}

TEST_P(EveryRow, UsageSaysWhatHasAMeaningAndTheServiceActionItself) {
  const auto usage = usage_bitmap(row());
  auto meaning = bits_with_meaning(row());
  meaning[0] = row().opcode;
  if (const CdbField* field = find_field(row(), FieldRole::service_action)) {
    const auto cdb = cdb_of(row());
    for (size_t i = field->byte; i < size_t{field->byte} + field->bytes; ++i) {
      const uint8_t mask = field->bytes == 1 ? field->mask : uint8_t{0xff};
      meaning[i] = static_cast<uint8_t>((meaning[i] & ~mask) | (cdb[i] & mask));
    }
  }
  if (row().has_variable_length()) meaning[7] = kAdditionalCdbLength;
  EXPECT_EQ(usage, meaning);
}

TEST_P(EveryRow, EachFieldIsFoundByItsRoleAndNoOther) {
  for (size_t i = 1; i < static_cast<size_t>(FieldRole::count); ++i) {
    const auto role = static_cast<FieldRole>(i);
    const auto listed = std::find_if(row().fields.begin(), row().fields.end(),
                                     [&](const CdbField& field) { return field.role == role; });
    EXPECT_EQ(find_field(row(), role), listed == row().fields.end() ? nullptr : &*listed);
  }
}

TEST_P(EveryRow, FieldsReadBackWhatIsPutThere) {
  for (const CdbField& field : row().fields) {
    if (field.role == FieldRole::none) break;
    if (field.role == FieldRole::service_action) continue;
    if (field.role == FieldRole::additional_cdb_length) continue;
    const unsigned bits =
        static_cast<unsigned>(std::popcount(field.mask)) + 8u * (field.bytes - 1u);
    const uint64_t all = bits == 64 ? UINT64_MAX : (uint64_t{1} << bits) - 1;
    CdbBuilder builder(row());
    const Data& cdb = builder.set(field.role, all);
    std::array<uint8_t, kCdbMax> whole{};
    std::copy(cdb.begin(), cdb.end(), whole.begin());
    EXPECT_EQ(field_value(row(), field.role, whole), all);
    EXPECT_FALSE(first_reserved_bit(row(), whole));
  }
}

TEST(CommandTable, UnknownOpcodeAndUnknownServiceActionAreToldApart) {
  std::array<uint8_t, kCdbMax> cdb{};
  cdb[0] = 0x02;
  EXPECT_FALSE(find_row(cdb).service_action);
  cdb[0] = 0x9e;
  cdb[1] = 0x1e;
  EXPECT_EQ(find_row(cdb).service_action->byte, 1);
  EXPECT_EQ(find_row(cdb).row, nullptr);
  cdb = {0x7f, 0, 0, 0, 0, 0, 0, kAdditionalCdbLength, 0x01, 0x09};
  EXPECT_EQ(find_row(cdb).service_action->byte, 8);
  EXPECT_EQ(find_row(cdb).row, nullptr);
}

TEST(CommandTable, WriteRowsAreRefusedByReservationsAndReadOnlyAlike) {
  for (const CommandRow& row : command_rows()) {
    if (row.ordering != OrderingClass::writes_medium) continue;
    EXPECT_EQ(row.reservation, ReservationClass::write) << row.name;
  }
}

TEST(CommandTable, FieldOfSixByteReadSkipsTheTopBits) {
  std::array<uint8_t, kCdbMax> cdb{0x08, 0xff, 0x12, 0x34, 0x05};
  const CommandRow& read6 = *find_row(cdb).row;
  EXPECT_EQ(field_value(read6, FieldRole::lba, cdb), 0x1f1234u);
  EXPECT_EQ(first_reserved_bit(read6, cdb)->bit, 7);
}

TEST(CommandTable, PointerNamesABitOnlyInsideAByte) {
  EXPECT_EQ(pointer_at({FieldRole::lba, 2, 8, 0xff}).bit, std::nullopt);
  EXPECT_EQ(pointer_at({FieldRole::protect, 1, 1, 0xe0}).bit, 7);
}

}  // namespace
}  // namespace tidemark::scsi
