// The rules of persistent reservations (SPC-4 5.13.5 to 5.13.11) as one function: an order changes
// a state, or is refused. Pure; who is told and who is aborted comes out as lists.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scsi/reservation_state.h"
#include "scsi/sense.h"
#include "scsi/status.h"

namespace tidemark::scsi {

/// Service actions of PERSISTENT RESERVE OUT (SPC-4 table 213), and the older commands.
enum class ReservationAction : uint8_t {
  register_key = 0x00,
  reserve = 0x01,
  release = 0x02,
  clear = 0x03,
  preempt = 0x04,
  preempt_and_abort = 0x05,
  register_and_ignore = 0x06,
  register_and_move = 0x07,
  legacy_reserve = 0x80,
  legacy_release = 0x81,
  legacy_lost = 0x82,  // its holder is gone, or the unit was reset
};

struct ReservationOrder {
  ReservationAction action = ReservationAction::register_key;
  NexusName from = {};
  uint64_t key = 0;
  uint64_t action_key = 0;
  uint8_t scope = 0;
  uint8_t type = 0;
  bool persistent = false;  // APTPL
  bool unregister = false;  // UNREG of REGISTER AND MOVE
  bool quiet = false;       // NUAR: nobody is told of a RELEASE
  /// To be registered besides `from` (SPEC_I_PT, ALL_TG_PT), or the one to move to.
  std::vector<NexusName> others = {};
  bool names_others = false;  // SPEC_I_PT
};

struct ReservationEffect {
  struct Notice {
    NexusName nexus;
    Asc asc = 0;
  };

  Status status = Status::good;
  SenseData sense = {};
  std::vector<Notice> notices = {};    // unit attentions to raise
  std::vector<NexusName> aborts = {};  // whose tasks are to be aborted
};

/// With a status other than GOOD, `state` is not to be used any more.
ReservationEffect apply(ReservationState& state, const ReservationOrder& order);

}  // namespace tidemark::scsi
