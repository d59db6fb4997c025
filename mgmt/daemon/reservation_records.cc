#include "mgmt/daemon/reservation_records.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace tidemark::mgmt {
namespace {

using scsi::Registration;
using scsi::ReservationState;

int64_t kept(uint64_t number) {
  return static_cast<int64_t>(number);
}

Result<void> write(Database& database, const std::string& unit, const ReservationState& state) {
  // Its registrations go with it.
  if (auto gone = database.prepare("DELETE FROM reservation WHERE unit = ?").bind(unit).run();
      !gone)
    return gone;
  if (!state.persistent) return {};
  if (auto made = database.prepare("INSERT INTO reservation VALUES (?, ?)")
                      .bind(unit)
                      .bind(static_cast<int64_t>(state.type))
                      .run();
      !made)
    return made;
  int64_t place = 0;
  for (const Registration& one : state.registrations) {
    Statement insert = database.prepare("INSERT INTO registration VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    insert.bind(unit).bind(place++).bind(one.nexus.initiator).bind(kept(one.nexus.isid));
    insert.bind(one.nexus.port.target).bind(int64_t{one.nexus.port.portal_group});
    insert.bind(kept(one.key)).bind(int64_t{one.holder});
    if (auto made = insert.run(); !made) return made;
  }
  return {};
}

/// A reservation has exactly one holder, but for one for all registrants, which has none marked.
bool is_sound(const ReservationState& state) {
  size_t holders = 0;
  for (const Registration& one : state.registrations) {
    if (one.key == 0) return false;
    if (one.holder) ++holders;
  }
  if (state.registrations.size() > ReservationState::kRegistrationsMax) return false;
  if (scsi::is_for_all_registrants(state.type)) return holders == 0 && !state.registrations.empty();
  return holders == (state.reserved() ? 1u : 0u);
}

/// False if the number is no type of a reservation.
bool read_type(int64_t number, ReservationState& state) {
  if (number == 0) return true;
  const auto type = scsi::reservation_type(static_cast<uint8_t>(number));
  if (!type || number > UINT8_MAX) return false;
  state.type = *type;
  return true;
}

Result<void> read(Database& database, const std::string& unit, ReservationState& state) {
  const Error strange{ErrorKind::io, "they contradict themselves", {}};
  Statement reservation = database.prepare("SELECT type FROM reservation WHERE unit = ?");
  const auto found = reservation.bind(unit).step();
  if (!found) return found.error();
  if (found.value() == Statement::Step::done) return {};
  state.persistent = true;
  if (!read_type(reservation.number(0), state)) return strange;

  Statement registrations = database.prepare(
      "SELECT initiator, isid, target, portal_group, key, holder FROM registration "
      "WHERE unit = ? ORDER BY place");
  registrations.bind(unit);
  while (true) {
    const auto row = registrations.step();
    if (!row) return row.error();
    if (row.value() == Statement::Step::done) break;
    state.registrations.push_back(
        {.nexus = {.initiator = registrations.text(0),
                   .isid = static_cast<uint64_t>(registrations.number(1)),
                   .port = {registrations.text(2), static_cast<uint16_t>(registrations.number(3))}},
         .key = static_cast<uint64_t>(registrations.number(4)),
         .holder = registrations.number(5) != 0});
  }
  if (!is_sound(state)) return strange;
  return {};
}

}  // namespace

Result<ReservationState> ReservationRecords::load(const std::string& unit) const {
  ReservationState state;
  const auto done = store_.run([&](Database& database) { return read(database, unit, state); });
  if (done) return state;
  return Error{ErrorKind::io,
               fmt::format("the reservations of unit {} kept in {} cannot be read: {}; to go on "
                           "without any state, move that file away",
                           unit, store_.path(), done.error().message),
               {}};
}

void ReservationRecords::save(const std::string& unit, const ReservationState& state,
                              std::function<void(bool)> done) {
  store_.change([unit, state](Database& database) { return write(database, unit, state); },
                [done = std::move(done)](const Result<void>& result) { done(result.ok()); });
}

}  // namespace tidemark::mgmt
