// PERSISTENT RESERVE OUT (SPC-4 6.16), RESERVE and RELEASE (SPC-2 7.14, 7.21): read into an order,
// which the unit's Reservations carry out.
#include <utility>
#include <vector>

#include "base/big_endian.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/logical_unit.h"
#include "scsi/nexus.h"
#include "scsi/transport_id.h"

namespace tidemark::scsi {
namespace {

using Wrong = std::optional<SenseData>;
using Request = Reservations::Request;

constexpr size_t kBasicList = 24;
constexpr size_t kIdsAt = 28;     // of the basic list with SPEC_I_PT
constexpr size_t kMoveIdAt = 24;  // of the list of REGISTER AND MOVE
constexpr uint8_t kSpecIPt = 0x08;
constexpr uint8_t kAllTgPt = 0x04;
constexpr uint8_t kAptpl = 0x01;
constexpr uint8_t kUnreg = 0x02;

Request new_request(Task& task, ReservationAction action) {
  Request request;
  request.order.action = action;
  request.order.from = static_cast<Nexus&>(*task.nexus).name();
  request.task = &task;
  request.core = task.core;
  request.ended = [&task](Status status, const SenseData& sense) {
    task.sense = sense;
    task.finish(status);
  };
  return request;
}

Wrong read_ids(ConstBytes list, Request& request) {
  if (list.size() < kIdsAt) return sense::parameter_list_length_error();
  const size_t length = load_be32(&list[24]);
  if (length > list.size() - kIdsAt) return sense::parameter_list_length_error();
  for (size_t at = kIdsAt; at < kIdsAt + length;) {
    const auto parsed = parse_transport_id(list.subspan(at, kIdsAt + length - at));
    if (!parsed) return sense::invalid_field_in_list(static_cast<uint16_t>(at));
    if (parsed->id.isid) {
      request.order.others.push_back(
          {parsed->id.initiator, *parsed->id.isid, request.order.from.port});
    } else {
      request.initiators.push_back(parsed->id.initiator);
    }
    at += parsed->length;
  }
  return std::nullopt;
}

/// ALL_TG_PT: the same through every other port of the unit.
void add_ports(const LogicalUnit& unit, ReservationOrder& order) {
  std::vector<NexusName> named = order.others;
  named.push_back(order.from);
  const auto ports = unit.ports();
  for (const UnitPort& other : *ports) {
    const TargetPort& port = other.port;
    if (port == order.from.port) continue;
    for (const NexusName& one : named) order.others.push_back({one.initiator, one.isid, port});
  }
}

Wrong read_basic_list(const Task& task, ConstBytes list, Request& request) {
  ReservationOrder& order = request.order;
  const uint8_t flags = list[20];
  const bool registers = order.action == ReservationAction::register_key ||
                         order.action == ReservationAction::register_and_ignore;
  order.names_others = flags & kSpecIPt;
  if (order.names_others && order.action != ReservationAction::register_key)
    return sense::invalid_field_in_list(20, 3);
  if (!order.names_others && list.size() != kBasicList) return sense::parameter_list_length_error();
  order.persistent = registers && (flags & kAptpl);
  if (order.persistent && !task.unit->reservations().can_be_kept())
    return sense::invalid_field_in_list(20, 0);
  if (order.names_others)
    if (const Wrong wrong = read_ids(list, request)) return wrong;
  if (registers && (flags & kAllTgPt)) add_ports(*task.unit, order);
  return std::nullopt;
}

Wrong read_move_list(const Task& task, ConstBytes list, ReservationOrder& order) {
  order.unregister = list[17] & kUnreg;
  order.persistent = list[17] & kAptpl;
  if (order.persistent && !task.unit->reservations().can_be_kept())
    return sense::invalid_field_in_list(17, 0);
  if (load_be32(&list[20]) != list.size() - kMoveIdAt) return sense::parameter_list_length_error();
  const auto port = task.unit->port(load_be16(&list[18]));
  if (!port) return sense::invalid_field_in_list(18);
  const auto parsed = parse_transport_id(list.subspan(kMoveIdAt));
  if (!parsed || !parsed->id.isid || parsed->length != list.size() - kMoveIdAt)
    return sense::invalid_field_in_list(kMoveIdAt);
  order.others.push_back({parsed->id.initiator, *parsed->id.isid, *port});
  return std::nullopt;
}

}  // namespace

void persistent_reserve_out(Task& task) {
  if (task.data_out_length < kBasicList || task.data_out_received < task.data_out_length)
    return task.finish(sense::parameter_list_length_error());
  std::vector<uint8_t> list(task.data_out_length);
  task.data_out.copy_out(0, list);
  Request request = new_request(task, static_cast<ReservationAction>(*task.row->service_action));
  ReservationOrder& order = request.order;
  order.key = load_be64(&list[0]);
  order.action_key = load_be64(&list[8]);
  order.quiet = task.unit->settings().no_attention_on_release != 0;
  order.scope = static_cast<uint8_t>(field_value(task, FieldRole::scope));
  order.type = static_cast<uint8_t>(field_value(task, FieldRole::reservation_type));
  const Wrong wrong = order.action == ReservationAction::register_and_move
                          ? read_move_list(task, list, order)
                          : read_basic_list(task, list, request);
  if (wrong) return task.finish(*wrong);
  task.unit->reservations().carry_out(std::move(request));
}

void reserve(Task& task) {
  task.unit->reservations().carry_out(new_request(task, ReservationAction::legacy_reserve));
}

void release(Task& task) {
  task.unit->reservations().carry_out(new_request(task, ReservationAction::legacy_release));
}

}  // namespace tidemark::scsi
