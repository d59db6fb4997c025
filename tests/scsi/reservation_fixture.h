// Hosts that reserve: nexuses of a TestTarget on several cores, and PERSISTENT RESERVE commands.
#pragma once

#include "scsi/transport_id.h"
#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {

using Out = ReservationAction;
using Type = ReservationType;

/// What a PERSISTENT RESERVE OUT says besides its service action.
struct OutList {
  uint64_t key = 0;
  uint64_t action_key = 0;
  Type type = Type::none;
  uint8_t scope = 0;
  uint8_t flags = 0;
  Data more = {};
};

class ReservationTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kA = 0xa1;
  static constexpr uint64_t kB = 0xb2;
  static constexpr uint64_t kC = 0xc3;

  const Sent& out(ItNexus& nexus, Out action, const OutList& with) {
    Data list(24);
    store_be64(&list[0], with.key);
    store_be64(&list[8], with.action_key);
    list[20] = with.flags;
    list.insert(list.end(), with.more.begin(), with.more.end());
    return send_list(nexus, action, list, with);
  }
  const Sent& send_list(ItNexus& nexus, Out action, const Data& list, const OutList& with = {}) {
    const Data cdb = CdbBuilder(0x5f, static_cast<uint8_t>(action))
                         .set(FieldRole::scope, with.scope)
                         .set(FieldRole::reservation_type, static_cast<uint64_t>(with.type))
                         .set(FieldRole::parameter_list_length, list.size());
    return target_.send_to(nexus, cdb, list);
  }
  Data in(ItNexus& nexus, uint8_t action) {
    return target_
        .send_to(nexus, CdbBuilder(0x5e, action).set(FieldRole::allocation_length, 4096), {})
        .data;
  }
  void enrol(ItNexus& nexus, uint64_t key) {
    EXPECT_TRUE(out(nexus, Out::register_and_ignore, {.action_key = key}).good());
  }
  void reserve(ItNexus& nexus, uint64_t key, Type type) {
    EXPECT_TRUE(out(nexus, Out::reserve, {.key = key, .type = type}).good());
  }
  bool conflicts(const Sent& sent) {
    return sent.done && sent.status == Status::reservation_conflict;
  }
  bool may_write(ItNexus& nexus) {
    return !conflicts(target_.send_to(nexus, CdbBuilder(0x8a).range(0, 1), blocks_of(1, 1)));
  }
  bool may_read(ItNexus& nexus) {
    return !conflicts(target_.send_to(nexus, CdbBuilder(0x88).range(0, 1)));
  }
  /// The unit attention pending for a nexus, which is thereby fetched; 0 if none.
  Asc told(ItNexus& nexus) {
    const Sent& sent = target_.send_to(nexus, {0x00});
    return sent.sense.key == SenseKey::unit_attention ? sent.sense.asc : Asc{0};
  }
  std::vector<uint64_t> keys() {
    const Data data = in(a_, 0x00);
    std::vector<uint64_t> found;
    for (size_t at = 8; at + 8 <= data.size(); at += 8) found.push_back(load_be64(&data[at]));
    return found;
  }
  uint32_t generation() { return load_be32(in(a_, 0x00).data()); }
  Type held_type() {
    const Data data = in(a_, 0x01);
    return data.size() == 8 ? Type::none : static_cast<Type>(data[21] & 0x0f);
  }

  TestTarget target_{UnitOptions{.cores = 3}};
  ItNexus& a_ = target_.attach(0);
  ItNexus& b_ = target_.attach(1);
  ItNexus& c_ = target_.attach(2);
};

}  // namespace tidemark::scsi
