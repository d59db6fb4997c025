#include "scsi/log_pages.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/big_endian.h"
#include "base/bytes.h"
#include "scsi/logical_unit.h"

namespace tidemark::scsi {
namespace {

// Third byte of a parameter's header: FORMAT AND LINKING.
constexpr uint8_t kDataCounter = 0x02;
constexpr uint8_t kBinaryList = 0x03;

constexpr uint64_t kThresholdSetBytes = kMiB;
constexpr uint8_t kDedicatedToUnit = 0x01;  // SCOPE
constexpr uint8_t kSharedWithOthers = 0x02;
constexpr uint8_t kTemperatureUnknown = 0xff;

using C = Counter;
constexpr Counter kWriteCounters[] = {C::blocks_written, C::write_errors};
constexpr Counter kReadCounters[] = {C::blocks_read, C::read_errors};
constexpr Counter kVerifyCounters[] = {C::blocks_verified, C::verify_errors};
constexpr Counter kStatisticsCounters[] = {C::reads,          C::writes,    C::blocks_read,
                                           C::blocks_written, C::fua_reads, C::fua_writes};

/// Error counter pages. Nothing is corrected here: the storage below does that.
void error_counters(const LogicalUnit& unit, LogParameters& to, Counter blocks, Counter errors) {
  constexpr uint16_t kTotalCorrected = 0x0003;
  constexpr uint16_t kBytesProcessed = 0x0005;
  constexpr uint16_t kTotalUncorrected = 0x0006;
  to.add_counter(kTotalCorrected, 0);
  to.add_counter(kBytesProcessed, unit.statistics().total(blocks) * unit.block_size());
  to.add_counter(kTotalUncorrected, unit.statistics().total(errors));
}
void write_errors(const LogicalUnit& unit, LogParameters& to) {
  error_counters(unit, to, C::blocks_written, C::write_errors);
}
void read_errors(const LogicalUnit& unit, LogParameters& to) {
  error_counters(unit, to, C::blocks_read, C::read_errors);
}
void verify_errors(const LogicalUnit& unit, LogParameters& to) {
  error_counters(unit, to, C::blocks_verified, C::verify_errors);
}

void add_resource_count(LogParameters& to, uint16_t code, uint64_t bytes, uint8_t scope) {
  std::array<uint8_t, 8> value{};
  const uint64_t sets = (bytes + kThresholdSetBytes - 1) / kThresholdSetBytes;
  store_be32(value.data(), static_cast<uint32_t>(std::min<uint64_t>(sets, UINT32_MAX)));
  value[4] = scope;
  to.add(code, kBinaryList, value);
}

/// Logical block provisioning: what there is room for, and what is used.
void provisioning(const LogicalUnit& unit, LogParameters& to) {
  const auto space = unit.space();
  if (!space) return;
  add_resource_count(to, 0x0001, space->available, kSharedWithOthers);
  add_resource_count(to, 0x0002, space->used, kDedicatedToUnit);
}

/// General statistics and performance: commands and blocks; times are not taken.
void statistics(const LogicalUnit& unit, LogParameters& to) {
  const auto store = [&](auto& value, size_t place, Counter counter) {
    store_be64(&value[8 * place], unit.statistics().total(counter));
  };
  std::array<uint8_t, 0x40> general{};
  store(general, 0, C::reads);
  store(general, 1, C::writes);
  store(general, 2, C::blocks_written);
  store(general, 3, C::blocks_read);
  to.add(0x0001, kBinaryList, general);
  std::array<uint8_t, 0x40> fua{};
  store(fua, 0, C::fua_reads);
  store(fua, 1, C::fua_writes);
  to.add(0x0004, kBinaryList, fua);
}

/// Of informational exceptions there are none.
void informational_exceptions(const LogicalUnit&, LogParameters& to) {
  constexpr std::array<uint8_t, 4> kNone = {0, 0, kTemperatureUnknown, 0};
  to.add(0x0000, kBinaryList, kNone);
}

constexpr uint8_t kProvisioning = 0x0c;

constexpr LogPage kPages[] = {
    {0x00, 0x00, nullptr, {}},
    {0x00, kAllLogSubpages, nullptr, {}},
    {0x02, 0x00, write_errors, kWriteCounters},
    {0x03, 0x00, read_errors, kReadCounters},
    {0x05, 0x00, verify_errors, kVerifyCounters},
    {kProvisioning, 0x00, provisioning, {}},
    {0x19, 0x00, statistics, kStatisticsCounters},
    {0x2f, 0x00, informational_exceptions, {}},
};

}  // namespace

void LogParameters::add(uint16_t code, uint8_t control, std::span<const uint8_t> value) {
  if (code < first_) return;
  bytes_.insert(bytes_.end(), {static_cast<uint8_t>(code >> 8), static_cast<uint8_t>(code), control,
                               static_cast<uint8_t>(value.size())});
  bytes_.insert(bytes_.end(), value.begin(), value.end());
}

void LogParameters::add_counter(uint16_t code, uint64_t value) {
  std::array<uint8_t, 8> bytes{};
  store_be64(bytes.data(), value);
  add(code, kDataCounter, bytes);
}

std::span<const LogPage> log_pages() {
  return kPages;
}

bool has_log_page(const LogicalUnit& unit, const LogPage& page) {
  return page.page != kProvisioning || (unit.thin() && unit.space());
}

uint8_t provisioning_threshold_exponent(uint32_t block_size) {
  return static_cast<uint8_t>(std::countr_zero(kThresholdSetBytes / block_size));
}

}  // namespace tidemark::scsi
