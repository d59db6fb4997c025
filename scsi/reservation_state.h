// ReservationState: who is registered with a logical unit and who holds it reserved (SPC-4 5.13).
//
// A value. Its home core makes a new one for every change; each core looks at the one it was given
// last (see reservations.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scsi/target_port.h"

namespace tidemark::scsi {

/// Values of the TYPE field (SPC-4 table 208).
enum class ReservationType : uint8_t {
  none = 0,
  write_exclusive = 1,
  exclusive_access = 3,
  write_exclusive_registrants_only = 5,
  exclusive_access_registrants_only = 6,
  write_exclusive_all_registrants = 7,
  exclusive_access_all_registrants = 8,
};
/// None of a value that is no type.
std::optional<ReservationType> reservation_type(uint8_t value);
/// Every registrant is a holder.
bool is_for_all_registrants(ReservationType type);
/// Registrants may do what the holder may: registrants only and all registrants.
bool admits_registrants(ReservationType type);

/// An I_T nexus by names that outlive its session: those of its initiator port and target port.
struct NexusName {
  std::string initiator;
  uint64_t isid = 0;
  TargetPort port = {};

  bool operator==(const NexusName&) const = default;
};

struct Registration {
  NexusName nexus;
  uint64_t key = 0;     // never 0
  bool holder = false;  // of a reservation that is not for all registrants

  bool operator==(const Registration&) const = default;
};

struct ReservationState {
  /// More are refused: INSUFFICIENT REGISTRATION RESOURCES.
  static constexpr size_t kRegistrationsMax = 256;

  uint32_t generation = 0;
  ReservationType type = ReservationType::none;
  std::vector<Registration> registrations;
  bool persistent = false;          // APTPL: to be kept through a restart
  std::optional<NexusName> legacy;  // who holds it by RESERVE(6) or (10); never with registrations

  const Registration* find(const NexusName& nexus) const;
  Registration* find(const NexusName& nexus);
  bool holds(const Registration& registration) const;
  bool reserved() const { return type != ReservationType::none; }

  bool operator==(const ReservationState&) const = default;
};

/// What a reservation takes from a nexus.
enum class Restriction : uint8_t {
  none,
  no_writes,  // write exclusive, held by another
  no_access,  // exclusive access, held by another
  legacy,     // RESERVE(6), (10) by another: but for a few, all commands
};
Restriction restriction_of(const ReservationState& state, const NexusName& nexus);
/// What a copy may do with the medium for a nexus so restricted.
constexpr bool may_read(Restriction restriction) {
  return restriction == Restriction::none || restriction == Restriction::no_writes;
}
constexpr bool may_write(Restriction restriction) {
  return restriction == Restriction::none;
}

}  // namespace tidemark::scsi
