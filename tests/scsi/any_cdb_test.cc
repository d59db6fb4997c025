// CDBs and data-out that nobody would send, for every row of the command table: each ends once,
// with a status that means something, and the unit goes on. Everything follows from a seed.
#include <cstdlib>
#include <random>

#include "tests/scsi/device_fixture.h"
#include "tests/scsi/memory_unit_store.h"

namespace tidemark::scsi {
namespace {

constexpr int kRounds = 60;

class Chance {
 public:
  explicit Chance(uint64_t seed) : engine_(seed) {}
  uint64_t below(uint64_t limit) { return engine_() % limit; }
  bool one_in(uint64_t n) { return below(n) == 0; }
  uint64_t any() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

uint64_t seed() {
  const char* given = std::getenv("TIDEMARK_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 20261127;
}

/// Mostly what means something: small, at an end, or anything.
uint64_t value_for(const CdbField& field, Chance& chance, uint64_t blocks) {
  switch (field.role) {
    case FieldRole::lba:
      return std::array{uint64_t{0}, chance.below(blocks), blocks - 1, blocks,
                        chance.any()}[chance.below(5)];
    case FieldRole::transfer_length:
    case FieldRole::allocation_length:
    case FieldRole::parameter_list_length:
      return std::array{uint64_t{0}, chance.below(64), chance.below(1024),
                        chance.any()}[chance.below(4)];
    default:
      return chance.one_in(3) ? chance.any() : 0;
  }
}

Data any_cdb(const CommandRow& row, Chance& chance, uint64_t blocks) {
  CdbBuilder cdb(row);
  for (const CdbField& field : row.fields) {
    if (field.role == FieldRole::none) break;
    if (field.role == FieldRole::service_action) continue;
    if (field.role == FieldRole::additional_cdb_length) continue;
    cdb.set(field.role, value_for(field, chance, blocks));
  }
  Data bytes = cdb;
  if (chance.one_in(8)) {
    uint8_t& byte = bytes[1 + chance.below(bytes.size() - 1)];
    byte = static_cast<uint8_t>(byte ^ 1 << chance.below(8));
  }
  bytes[control_byte(row.opcode)] &=
      0xfb;  // NACA: an ACA condition would be in the way of the rest
  return bytes;
}

Data any_data(size_t most, Chance& chance) {
  Data data(std::min<uint64_t>(most, chance.one_in(4) ? chance.below(most + 1) : most));
  const uint8_t mask = std::array<uint8_t, 3>{0x00, 0x03, 0xff}[chance.below(3)];
  for (uint8_t& byte : data) byte = static_cast<uint8_t>(chance.any() & mask);
  return data;
}

class AnyCdb : public ::testing::TestWithParam<CommandRow> {};
INSTANTIATE_TEST_SUITE_P(CommandTable, AnyCdb,
                         ::testing::ValuesIn(command_rows().begin(), command_rows().end()),
                         [](const auto& one) { return test_name(one.param); });

TEST_P(AnyCdb, EndsOnceAndTheUnitGoesOn) {
  Chance chance(seed());
  MemoryUnitStore store;
  TestTarget target{UnitOptions{.blocks = 2048, .removable = true}};
  target.unit_->keep_in(store, {});
  ItNexus& host = target.attach();
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE("TIDEMARK_SEED=" + std::to_string(seed()) + " round " + std::to_string(round));
    const Data cdb = any_cdb(GetParam(), chance, 2048);
    Sent& sent = target.begin(host, cdb, 0, TaskAttribute::simple, chance.below(600));
    if (sent.begun) {
      ASSERT_LE(sent.task.data_out_length, 64 * kMiB);
      target.execute(sent, any_data(sent.task.data_out_length, chance));
    }
    target.settle();
    ASSERT_TRUE(sent.done);
    if (sent.status == Status::check_condition) {
      EXPECT_NE(sent.sense.key, SenseKey::no_sense);
    } else {
      EXPECT_TRUE(sent.status == Status::good || sent.status == Status::reservation_conflict);
    }
    EXPECT_EQ(target.pool_.in_use(), 0u);
    // As it was, whatever this one did to the unit.
    target.send_to(host, {0x1e, 0, 0, 0, 0, 0});
    target.send_to(host, {0x1b, 0, 0, 0, 3, 0});
    target.unit_->reset();
    target.send_to(host, {0x00});
    ASSERT_TRUE(target.send_to(host, {0x00}).good());
  }
}

}  // namespace
}  // namespace tidemark::scsi
