#include "scsi/reservation_rules.h"

#include <algorithm>

#include "scsi/unit_attentions.h"

namespace tidemark::scsi {
namespace {

using Action = ReservationAction;
using Effect = ReservationEffect;

constexpr Asc kInvalidRelease = 0x2604;
constexpr Asc kInsufficientResources = 0x5504;
constexpr uint16_t kKeyAt = 0;
constexpr uint16_t kActionKeyAt = 8;
constexpr uint16_t kFlagsAt = 20;
constexpr uint16_t kIdsAt = 28;
constexpr uint16_t kMoveTransportIdAt = 24;

Effect conflict() {
  return {.status = Status::reservation_conflict};
}
Effect refused(const SenseData& sense) {
  return {.status = Status::check_condition, .sense = sense};
}
Effect refused(Asc asc) {
  return refused(SenseData{.key = SenseKey::illegal_request, .asc = asc});
}

/// Tells everyone registered but `except`.
void tell_others(const ReservationState& state, const NexusName& except, Asc asc, Effect& effect) {
  for (const Registration& one : state.registrations)
    if (one.nexus != except) effect.notices.push_back({one.nexus, asc});
}

void release_reservation(ReservationState& state) {
  state.type = ReservationType::none;
  for (Registration& one : state.registrations) one.holder = false;
}

void reserve_for(ReservationState& state, const NexusName& nexus, ReservationType type) {
  release_reservation(state);
  state.type = type;
  if (!is_for_all_registrants(type)) state.find(nexus)->holder = true;
}

/// 5.13.11.2.3
void unregister(ReservationState& state, const NexusName& nexus, Effect& effect) {
  const bool holder = state.find(nexus)->holder;
  std::erase_if(state.registrations, [&](const Registration& one) { return one.nexus == nexus; });
  const bool all = is_for_all_registrants(state.type);
  if (!state.reserved() || (all ? !state.registrations.empty() : !holder)) return;
  if (admits_registrants(state.type))
    tell_others(state, nexus, attention::kReservationsReleased, effect);
  release_reservation(state);
}

bool add(ReservationState& state, const NexusName& nexus, uint64_t key) {
  if (state.registrations.size() == ReservationState::kRegistrationsMax) return false;
  state.registrations.push_back({nexus, key});
  return true;
}

/// 5.13.7, tables 67 and 68
Effect register_nexus(ReservationState& state, const ReservationOrder& order) {
  Effect effect;
  Registration* own = state.find(order.from);
  const bool ignores_key = order.action == Action::register_and_ignore;
  if (!ignores_key && order.key != (own ? own->key : 0)) return conflict();
  if (own && order.names_others) return refused(sense::invalid_field_in_list(kFlagsAt, 3));
  if (!own && order.action_key == 0) return effect;
  if (order.action_key == 0) {
    unregister(state, order.from, effect);
  } else if (own) {
    own->key = order.action_key;
  } else if (!add(state, order.from, order.action_key)) {
    return refused(kInsufficientResources);
  }
  for (const NexusName& other : order.others) {
    Registration* known = state.find(other);
    // What this initiator is by other ports goes with it (ALL_TG_PT); others must not be known.
    const bool same = other.initiator == order.from.initiator && other.isid == order.from.isid;
    if (order.action_key == 0) {
      if (known && same) unregister(state, other, effect);
    } else if (known) {
      if (!same) return refused(sense::invalid_field_in_list(kIdsAt));
      known->key = order.action_key;
    } else if (!add(state, other, order.action_key)) {
      return refused(kInsufficientResources);
    }
  }
  state.persistent = order.persistent;
  ++state.generation;
  return effect;
}

/// 5.13.9
Effect reserve(ReservationState& state, const ReservationOrder& order, ReservationType type) {
  if (!state.reserved()) {
    reserve_for(state, order.from, type);
    return {};
  }
  const bool repeated = state.holds(*state.find(order.from)) && state.type == type;
  return repeated ? Effect{} : conflict();
}

/// 5.13.11.2.2
Effect release(ReservationState& state, const ReservationOrder& order) {
  Effect effect;
  if (!state.reserved() || !state.holds(*state.find(order.from))) return effect;
  if (order.scope != 0 || order.type != static_cast<uint8_t>(state.type))
    return refused(kInvalidRelease);
  if (admits_registrants(state.type) && !order.quiet)
    tell_others(state, order.from, attention::kReservationsReleased, effect);
  release_reservation(state);
  return effect;
}

/// 5.13.11.2.7
Effect clear(ReservationState& state, const ReservationOrder& order) {
  Effect effect;
  tell_others(state, order.from, attention::kReservationsPreempted, effect);
  release_reservation(state);
  state.registrations.clear();
  ++state.generation;
  return effect;
}

/// Removes all that `victim` says, tells them, and notes whose tasks are to be aborted.
template <class Victim>
size_t remove(ReservationState& state, const ReservationOrder& order, Victim victim,
              Effect& effect) {
  const bool aborts = order.action == Action::preempt_and_abort;
  for (const Registration& one : state.registrations) {
    if (!victim(one)) continue;
    if (aborts) effect.aborts.push_back(one.nexus);
    if (one.nexus != order.from)
      effect.notices.push_back({one.nexus, attention::kRegistrationsPreempted});
  }
  return std::erase_if(state.registrations, victim);
}

/// 5.13.11.2.4.3: the reservation goes to the caller, who stays registered.
Effect take_over(ReservationState& state, const ReservationOrder& order, ReservationType type) {
  Effect effect;
  const auto preempted = [&](const Registration& one) {
    return order.action_key == 0 || one.key == order.action_key;
  };
  remove(
      state, order,
      [&](const Registration& one) { return one.nexus != order.from && preempted(one); }, effect);
  // Who preempts its own key stays registered; its other tasks end all the same (5.13.11.2.6).
  if (order.action == Action::preempt_and_abort && preempted(*state.find(order.from)))
    effect.aborts.push_back(order.from);
  if (state.type != type) tell_others(state, order.from, attention::kReservationsReleased, effect);
  reserve_for(state, order.from, type);
  ++state.generation;
  return effect;
}

/// 5.13.11.2.4 and 5.13.11.2.5, table 72
Effect preempt(ReservationState& state, const ReservationOrder& order) {
  const bool for_all = is_for_all_registrants(state.type);
  const auto holder = std::ranges::find(state.registrations, true, &Registration::holder);
  const bool held = state.reserved() && !for_all && holder != state.registrations.end();
  if (order.action_key == 0 && !for_all) return refused(sense::invalid_field_in_list(kActionKeyAt));
  if (for_all ? order.action_key == 0 : held && holder->key == order.action_key) {
    const auto type = reservation_type(order.type);
    if (!type || order.scope != 0)
      return refused(sense::invalid_field_in_cdb(2, order.scope != 0 ? 7 : 3));
    return take_over(state, order, *type);
  }
  Effect effect;
  const size_t removed = remove(
      state, order, [&](const Registration& one) { return one.key == order.action_key; }, effect);
  if (removed == 0) return conflict();
  if (state.registrations.empty()) release_reservation(state);
  ++state.generation;
  return effect;
}

/// 5.13.8, table 70
Effect move(ReservationState& state, const ReservationOrder& order) {
  Effect effect;
  if (!state.reserved()) return refused(sense::invalid_field_in_cdb(1, 4));
  if (is_for_all_registrants(state.type) || !state.find(order.from)->holder) return conflict();
  if (order.action_key == 0) return refused(sense::invalid_field_in_list(kActionKeyAt));
  const NexusName& to = order.others.front();
  // The same initiator port is refused, by whatever target port it is.
  if (to.initiator == order.from.initiator && to.isid == order.from.isid)
    return refused(sense::invalid_field_in_list(kMoveTransportIdAt));
  if (Registration* known = state.find(to)) {
    known->key = order.action_key;
  } else if (!add(state, to, order.action_key)) {
    return refused(kInsufficientResources);
  }
  reserve_for(state, to, state.type);
  if (order.unregister) unregister(state, order.from, effect);
  state.persistent = order.persistent;
  ++state.generation;
  return effect;
}

/// SPC-2 5.5, with the exceptions of SPC-4 5.13.3.
Effect apply_legacy(ReservationState& state, const ReservationOrder& order) {
  if (order.action == Action::legacy_lost) {
    if (order.from.initiator.empty() || state.legacy == order.from) state.legacy.reset();
    return {};
  }
  if (!state.registrations.empty()) {
    const Registration* own = state.find(order.from);
    const bool holder_or_admitted =
        own && state.reserved() && (state.holds(*own) || admits_registrants(state.type));
    return holder_or_admitted ? Effect{} : conflict();
  }
  if (order.action == Action::legacy_release) {
    if (state.legacy == order.from) state.legacy.reset();
    return {};
  }
  if (state.legacy && *state.legacy != order.from) return conflict();
  state.legacy = order.from;
  return {};
}

}  // namespace

Effect apply(ReservationState& state, const ReservationOrder& order) {
  if (order.action >= Action::legacy_reserve) return apply_legacy(state, order);
  // SPC-2: with the unit reserved the older way, all of these conflict, the holder's own as well.
  if (state.legacy) return conflict();
  if (order.action == Action::register_key || order.action == Action::register_and_ignore)
    return register_nexus(state, order);
  const Registration* own = state.find(order.from);
  if (!own || own->key != order.key) return conflict();
  switch (order.action) {
    case Action::reserve:
      if (order.scope != 0) return refused(sense::invalid_field_in_cdb(2, 7));
      if (const auto type = reservation_type(order.type)) return reserve(state, order, *type);
      return refused(sense::invalid_field_in_cdb(2, 3));
    case Action::release:
      return release(state, order);
    case Action::clear:
      return clear(state, order);
    case Action::preempt:
    case Action::preempt_and_abort:
      return preempt(state, order);
    case Action::register_and_move:
      return move(state, order);
    default:
      return refused(sense::invalid_field_in_list(kKeyAt));
  }
}

}  // namespace tidemark::scsi
