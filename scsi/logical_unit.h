// LogicalUnit: a SCSI disk device server on a volume (SBC-4, SPC-4).
//
// Shared by all cores; built before they run. It holds the gate of a volume, behind which the
// volume's write guard always stands.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/executor.h"
#include "scsi/background_copies.h"
#include "scsi/copy_service.h"
#include "scsi/kept_state.h"
#include "scsi/medium_operation.h"
#include "scsi/mode_settings.h"
#include "scsi/port_groups.h"
#include "scsi/readiness.h"
#include "scsi/reservations.h"
#include "scsi/sense.h"
#include "scsi/statistics.h"
#include "scsi/target_port.h"
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
  std::array<uint8_t, 8> eui64{};         // with the U/L bit: locally administered

  /// Derives serial, NAA and EUI-64 from a name that never changes (a hash; same name, same
  /// identity).
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
  std::optional<storage::SpaceUse> space() const { return volume_.space(); }

  /// What MODE SELECT changes: as it is, as it is without anything saved, as it is saved.
  ModeSettings& settings() { return settings_; }
  const ModeSettings& settings() const { return settings_; }
  const ModeSettings& default_settings() const { return default_settings_; }
  ModeSettings& saved_settings() { return saved_settings_; }
  const ModeSettings& saved_settings() const { return saved_settings_; }

  Readiness& readiness() { return readiness_; }
  const Readiness& readiness() const { return readiness_; }
  MediumOperation& operation() { return operation_; }
  Statistics& statistics() { return statistics_; }
  const Statistics& statistics() const { return statistics_; }

  /// From here on `store`, which outlives the unit, keeps what the unit must know after a restart;
  /// `found` is what it kept so far. Before the unit is used.
  void keep_in(UnitStore& store, UnitRecord found);
  KeptState& kept() { return kept_; }
  const KeptState& kept() const { return kept_; }

  /// How many nexuses prevent the removal of the medium.
  std::atomic<uint32_t>& removal_preventions() { return removal_preventions_; }
  /// What SET TIMESTAMP added to the time of day, in milliseconds; none if it was never set.
  struct ClockOffset {
    std::atomic<bool> set = false;
    std::atomic<int64_t> milliseconds = 0;
  };
  ClockOffset& clock_offset() { return clock_offset_; }

  /// What a reset does to the unit: settings as they are saved, and started if it was stopped.
  void reset();

  /// The sense data for a write that `core` must refuse; none if it may go on.
  std::optional<SenseData> write_refusal(CoreId core) const;

  Reservations& reservations() { return reservations_; }
  const Reservations& reservations() const { return reservations_; }

  /// The target ports it is reached through. They are numbered from 1 in the order in which they
  /// were first named; a number is not given to another port. Set from one thread at a time; read
  /// from any, and what ports() gave does not change.
  using Ports = std::vector<UnitPort>;
  void set_ports(const std::vector<TargetPort>& ports);
  void add_port(const TargetPort& port);
  std::shared_ptr<const Ports> ports() const { return ports_.load(); }
  /// Relative target port identifier, also of a port that is gone: a session through it may still
  /// be on its way out, and registrations through it stay. 0 if the unit never was there.
  uint16_t port_number(const TargetPort& port) const;
  /// None if there is none of that number (any more).
  std::optional<TargetPort> port(uint16_t number) const;

  PortGroups& port_groups() { return port_groups_; }
  const PortGroups& port_groups() const { return port_groups_; }

  /// The nexuses of `core` whose LUN map has this unit. Touched only on that core.
  std::vector<Nexus*>& nexuses(CoreId core) { return nexuses_[core]; }
  /// Of nexuses that are or were on `core`. Touched only there.
  BackgroundCopies& background_copies(CoreId core) { return background_copies_[core]; }

 private:
  Executor& executor_;
  storage::RangeGate& volume_;
  Identity identity_;
  CopyService* copies_;
  ModeSettings settings_;
  ModeSettings default_settings_;
  ModeSettings saved_settings_;
  Readiness readiness_;
  Statistics statistics_;
  KeptState kept_;
  std::atomic<uint32_t> removal_preventions_ = 0;
  ClockOffset clock_offset_;
  /// All ports there ever were, each with its number.
  std::atomic<std::shared_ptr<const Ports>> numbered_ = std::make_shared<const Ports>();
  std::atomic<std::shared_ptr<const Ports>> ports_ = std::make_shared<const Ports>();
  std::vector<std::vector<Nexus*>> nexuses_;
  std::vector<BackgroundCopies> background_copies_;
  Reservations reservations_;
  PortGroups port_groups_;
  MediumOperation operation_;
};

}  // namespace tidemark::scsi
