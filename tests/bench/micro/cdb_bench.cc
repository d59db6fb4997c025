// What the command table does for one CDB: look-up, reserved bits, fields.
#include <benchmark/benchmark.h>

#include "scsi/command_table.h"

namespace tidemark::scsi {
namespace {

using Cdb = std::array<uint8_t, kCdbMax>;
constexpr Cdb kRead10 = {0x28, 0, 0, 1, 2, 3, 0, 0, 8, 0};
constexpr Cdb kWrite16 = {0x8a, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 8, 0, 0};
constexpr Cdb kExtendedCopy = {0x83, 0x00, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0};

void cdb(benchmark::State& state, Cdb bytes) {
  for (auto step : state) {
    benchmark::DoNotOptimize(bytes);
    const CommandRow* const row = find_row(bytes).row;
    if (row == nullptr) return state.SkipWithError("no such command");
    benchmark::DoNotOptimize(first_reserved_bit(*row, bytes));
    benchmark::DoNotOptimize(field_value(*row, FieldRole::lba, bytes));
    benchmark::DoNotOptimize(field_value(*row, FieldRole::transfer_length, bytes));
  }
}
BENCHMARK_CAPTURE(cdb, read_10, kRead10);
BENCHMARK_CAPTURE(cdb, write_16, kWrite16);
BENCHMARK_CAPTURE(cdb, extended_copy, kExtendedCopy);

}  // namespace
}  // namespace tidemark::scsi
