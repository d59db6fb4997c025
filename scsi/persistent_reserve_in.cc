// PERSISTENT RESERVE IN (SPC-4 6.15): answered from the state this core knows.
#include <algorithm>
#include <array>
#include <vector>

#include "base/big_endian.h"
#include "scsi/command_handlers.h"
#include "scsi/logical_unit.h"
#include "scsi/reply.h"
#include "scsi/transport_id.h"

namespace tidemark::scsi {
namespace {

using Data = std::vector<uint8_t>;
constexpr size_t kHeader = 8;

const ReservationState& state_of(const Task& task) {
  return task.unit->reservations().state(task.core);
}

/// PRGENERATION and ADDITIONAL LENGTH, once the rest is there.
void put_header(const ReservationState& state, Data& data) {
  store_be32(&data[0], state.generation);
  store_be32(&data[4], static_cast<uint32_t>(data.size() - kHeader));
}

uint8_t scope_and_type(const ReservationState& state) {
  return static_cast<uint8_t>(state.type);  // scope 0: the logical unit
}

void put_status(const Task& task, const Registration& one, Data& data) {
  const ReservationState& state = state_of(task);
  const Data id = encode_transport_id({one.nexus.initiator, one.nexus.isid});
  const size_t at = data.size();
  data.resize(at + 24);
  store_be64(&data[at], one.key);
  if (state.holds(one)) {
    data[at + 12] = 0x01;  // R_HOLDER
    data[at + 13] = scope_and_type(state);
  }
  store_be16(&data[at + 18], task.unit->port_number(one.nexus.port));
  store_be32(&data[at + 20], static_cast<uint32_t>(id.size()));
  data.insert(data.end(), id.begin(), id.end());
}

}  // namespace

void persistent_reserve_in_read_keys(Task& task) {
  const ReservationState& state = state_of(task);
  Data data(kHeader + 8 * state.registrations.size());
  uint8_t* to = &data[0] + kHeader;
  for (const Registration& one : state.registrations) {
    store_be64(to, one.key);
    to += 8;
  }
  put_header(state, data);
  reply(task, data);
}

void persistent_reserve_in_read_reservation(Task& task) {
  const ReservationState& state = state_of(task);
  Data data(kHeader + (state.reserved() ? 16 : 0));
  if (state.reserved()) {
    const auto holder = std::ranges::find(state.registrations, true, &Registration::holder);
    if (holder != state.registrations.end()) store_be64(&data[8], holder->key);
    data[21] = scope_and_type(state);
  }
  put_header(state, data);
  reply(task, data);
}

void persistent_reserve_in_report_capabilities(Task& task) {
  std::array<uint8_t, 8> data{};
  const bool kept = task.unit->reservations().can_be_kept();
  store_be16(data.data(), data.size());
  data[2] = static_cast<uint8_t>(0x10 | 0x08 | 0x04 | (kept ? 0x01 : 0));  // CRH, SIP_C, ATP_C
  // TMV; ALLOW COMMANDS 000b says nothing; PTPL_A.
  data[3] = static_cast<uint8_t>(0x80 | (state_of(task).persistent ? 0x01 : 0));
  data[4] = 0xea;  // all types
  data[5] = 0x01;
  reply(task, data);
}

void persistent_reserve_in_read_full_status(Task& task) {
  const ReservationState& state = state_of(task);
  Data data(kHeader);
  for (const Registration& one : state.registrations) put_status(task, one, data);
  put_header(state, data);
  reply(task, data);
}

}  // namespace tidemark::scsi
