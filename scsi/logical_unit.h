// LogicalUnit: a SCSI disk device server on a volume (SBC-4, SPC-4).
//
// Shared by all cores; built before they run. It holds the gate of a volume, behind which the
// volume's write guard always stands.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "scsi/copy_service.h"
#include "scsi/reservations.h"
#include "scsi/sense.h"
#include "storage/range_gate.h"

namespace tidemark::scsi {

class Nexus;

/// Who a unit is, stable for its life (SPC-4 clause 7.8.6).
struct Identity {
  std::string vendor = "TIDEMARK";        // 8 characters at most
  std::string product = "POINT IN TIME";  // 16
  std::string revision = "0001";          // 4
  std::string serial;                     // of the unit; ASCII
  std::array<uint8_t, 8> naa{};           // NAA locally assigned (3h in the first nibble)

  /// Derives serial and NAA from a name that never changes (a hash; same name, same identity).
  static Identity from_name(const std::string& stable_name);
};

class LogicalUnit {
 public:
  /// `volume` and `copies` outlive the unit. `copies` may be null: no third-party copy.
  LogicalUnit(Executor& executor, storage::RangeGate& volume, Identity identity,
              CopyService* copies);
  ~LogicalUnit();

  storage::RangeGate& volume() { return volume_; }
  const Identity& identity() const { return identity_; }
  CopyService* copies() const { return copies_; }
  Executor& executor() { return executor_; }
  uint32_t block_size() const { return volume_.traits().block_size; }
  uint64_t blocks() const { return volume_.traits().bytes / block_size(); }
  const storage::VolumeTraits& traits() const { return volume_.traits(); }
  bool thin() const { return volume_.traits().thin; }

  /// What START STOP UNIT and MODE SELECT change. Shared by all nexuses, read by all cores.
  struct Settings {
    std::atomic<bool> stopped = false;
    std::atomic<bool> descriptor_sense = false;        // D_SENSE
    std::atomic<bool> software_write_protect = false;  // SWP
    std::atomic<bool> write_cache = true;              // WCE
    std::atomic<uint8_t> task_management_only = 0;
    std::atomic<uint8_t> queue_algorithm_modifier = 1;
    std::atomic<uint8_t> no_attention_on_release = 0;
    std::atomic<uint8_t> queue_error_management = 0;
    std::atomic<uint8_t> attention_interlock = 0;
    std::atomic<uint8_t> task_aborted_status = 0;
  };
  Settings& settings() { return settings_; }
  const Settings& settings() const { return settings_; }

  /// What a reset does to the unit: settings as they were at the start.
  void reset();

  /// The sense data for a write that `core` must refuse; none if it may go on.
  std::optional<SenseData> write_refusal(CoreId core) const;

  Reservations& reservations() { return reservations_; }
  const Reservations& reservations() const { return reservations_; }

  /// The target devices it is a unit of, each with one port; ports are numbered from 1. Added
  /// before the cores run.
  void add_port(const std::string& target);
  const std::vector<std::string>& ports() const { return ports_; }
  /// Relative target port identifier; 0 if the unit is not there (any more).
  uint16_t port_number(const std::string& target) const;
  /// Null if there is none of that number.
  const std::string* port(uint16_t number) const;

  /// The nexuses of `core` whose LUN map has this unit. Touched only on that core.
  std::vector<Nexus*>& nexuses(CoreId core) { return nexuses_[core]; }

 private:
  Executor& executor_;
  storage::RangeGate& volume_;
  Identity identity_;
  CopyService* copies_;
  Settings settings_;
  std::vector<std::string> ports_;
  std::vector<std::vector<Nexus*>> nexuses_;
  Reservations reservations_;
};

}  // namespace tidemark::scsi
