// ModeSettings: the mode parameters that MODE SELECT can change (SPC-4 7.5, SBC-4 6.5), each a
// field of a mode page. A unit has three sets of them: current, default and saved.
//
// Read by all cores; shared by all nexuses of the unit.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

namespace tidemark::scsi {

struct ModeSettings {
  using Value = std::atomic<uint8_t>;

  Value write_cache = 1;               // WCE
  Value descriptor_sense = 0;          // D_SENSE
  Value software_write_protect = 0;    // SWP
  Value task_management_only = 0;      // TMF_ONLY
  Value queue_algorithm_modifier = 1;  // of 0, in order, and 1, in any
  Value no_attention_on_release = 0;   // NUAR
  Value queue_error_management = 0;    // QERR
  Value attention_interlock = 0;       // UA_INTLCK_CTRL
  Value task_aborted_status = 0;       // TAS

  /// Takes over all values of `other`.
  void assign(const ModeSettings& other);
};

/// Where a setting is in its mode page.
struct ModeField {
  std::string_view name;  // where it is kept through a restart; never changes
  uint8_t page;
  uint8_t subpage;
  uint8_t byte;
  uint8_t mask;
  ModeSettings::Value ModeSettings::*value;
  uint8_t allowed = 0b11;  // bit n: the value n is one the standard gives a meaning

  constexpr bool allows(unsigned wanted) const { return wanted < 8 && (allowed >> wanted & 1); }
  /// A volume that has no write cache does not get one: WCE is 0 there, and nobody can change that.
  bool changeable(bool has_write_cache) const;
};
std::span<const ModeField> mode_fields();

}  // namespace tidemark::scsi
