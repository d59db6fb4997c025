// PERSISTENT RESERVE OUT with any parameter list, from three hosts: every command ends, and what it
// leaves is a state that SPC-4 knows.
//
// An input is a list of commands: a byte for the host and the service action, bytes 2, 5 to 8 of
// the CDB shortened to scope and type and a list length of 8 bits, then as many bytes of parameter
// list.
#include <set>

#include "tests/fuzz/fuzz_target.h"
#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

using fuzz::Input;
using fuzz::must;

constexpr size_t kHosts = 3;
constexpr size_t kCommandsMax = 64;

/// Keeps what it is given, so that APTPL is there to be asked for.
class Store final : public ReservationStore {
 public:
  void save(const std::string&, const ReservationState&, std::function<void(bool)> done) override {
    done(true);
  }
};

void check(const ReservationState& state) {
  must(state.registrations.size() <= ReservationState::kRegistrationsMax);
  size_t holders = 0;
  for (size_t i = 0; i < state.registrations.size(); ++i) {
    const Registration& one = state.registrations[i];
    must(one.key != 0);
    if (one.holder) ++holders;
    for (size_t j = 0; j < i; ++j) must(state.registrations[j].nexus != one.nexus);
  }
  if (!state.reserved()) return must(holders == 0);
  must(reservation_type(static_cast<uint8_t>(state.type)).has_value());
  must(!state.registrations.empty());
  must(holders == (is_for_all_registrants(state.type) ? 0u : 1u));
}

void run(Input& input) {
  Store store;
  TestTarget target;
  target.unit_->reservations().keep_in(store, {});
  std::vector<ItNexus*> hosts;
  for (size_t i = 0; i < kHosts; ++i) hosts.push_back(&target.attach());
  for (size_t i = 0; i < kCommandsMax && !input.empty(); ++i) {
    const uint8_t first = input.byte();
    Data cdb(10);
    cdb[0] = 0x5f;
    cdb[1] = first & 0x1f;
    cdb[2] = input.byte();
    cdb[8] = input.byte();
    const ConstBytes list = input.bytes(cdb[8]);
    const Sent& sent =
        target.send_to(*hosts[(first >> 5) % kHosts], cdb, Data(list.begin(), list.end()));
    must(sent.done);
    const ReservationState& state = target.unit_->reservations().state(0);
    check(state);
    // A refusal of the list points into it, a refusal of the CDB into that.
    if (sent.sense.field) must(sent.sense.field->byte < (sent.sense.field->in_cdb ? 10 : 256));
  }
  // What is reported of it can be reported.
  for (uint8_t action = 0; action < 4; ++action) {
    const Sent& sent = target.send_to(*hosts[0], {0x5e, action, 0, 0, 0, 0, 0, 0xff, 0xff, 0});
    must(sent.done && (sent.good() || sent.sense.key == SenseKey::unit_attention));
  }
}

}  // namespace
}  // namespace tidemark::scsi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  tidemark::fuzz::Input input(bytes, size);
  tidemark::scsi::run(input);
  return 0;
}
