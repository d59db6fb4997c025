// Log pages (SPC-4 7.3, SBC-4 6.4): rows of one table. What does not change or cannot be measured
// of a volume is left out: temperature, start-stop cycles, processing intervals.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scsi/statistics.h"

namespace tidemark::scsi {

class LogicalUnit;

/// The parameters of a page while they are written, one after the other.
class LogParameters {
 public:
  /// Those before `first` are left out.
  explicit LogParameters(uint16_t first) : first_(first) {}

  /// What follows the parameter's header is `value`; `control` is the header's third byte.
  void add(uint16_t code, uint8_t control, std::span<const uint8_t> value);
  void add_counter(uint16_t code, uint64_t value);

  bool empty() const { return bytes_.empty(); }
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  uint16_t first_;
  std::vector<uint8_t> bytes_;
};

struct LogPage {
  uint8_t page;
  uint8_t subpage;
  void (*write)(const LogicalUnit& unit, LogParameters& to);  // null: a list of pages
  std::span<const Counter> counters;                          // what LOG SELECT clears
};

inline constexpr uint8_t kAllLogSubpages = 0xff;

/// All there are, sorted.
std::span<const LogPage> log_pages();
bool has_log_page(const LogicalUnit& unit, const LogPage& page);

/// Mapping resources are counted in units of 2 to this many blocks: 1 MiB.
uint8_t provisioning_threshold_exponent(uint32_t block_size);

}  // namespace tidemark::scsi
