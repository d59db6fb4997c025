// The full feature dialogue of a session with two connections and a device server that ends
// commands when the input says so. Whatever comes, no memory is left and no task forgotten.
//
// An input is a list of steps: one byte says what happens; a PDU is followed by its 48 bytes. The
// fields that no chance would hit (CmdSN, tags) can be filled in from the dialogue.
#include "tests/fuzz/fuzz_target.h"
#include "tests/target/session_harness.h"

namespace tidemark::target {
namespace {

using fuzz::Input;
using fuzz::must;

constexpr size_t kStepsMax = 200;
constexpr size_t kMemory = kMiB;
constexpr size_t kSegmentMost = 2048;  // of what a PDU claims, what really follows

// The byte of a step.
constexpr uint8_t kWhatMask = 0x07;
enum What : uint8_t { pdu, also_pdu, finish, fail, abort, toggle_at_once, tick, close_second };
constexpr uint8_t kOnSecond = 0x08;
constexpr uint8_t kNextCmdSn = 0x10;
constexpr uint8_t kKnownTags = 0x20;
constexpr uint8_t kAsScsi = 0x40;  // a READ or WRITE rather than whatever the bytes say
constexpr uint8_t kNoSegment = 0x80;

class Dialogue {
 public:
  explicit Dialogue(uint8_t setup) : first_(limits(), parameters(), setup & 1, kMemory) {
    first_.set_digests(setup & 2, setup & 4);
    if (!(setup & 1))
      second_ = std::make_unique<ConnectionHarness>(first_.made, 4, first_.limits, first_.pool);
  }

  bool over() const { return first_.hung_up || first_.closed; }

  void step(uint8_t byte, Input& input) {
    FakePort* port = first_.port;
    const bool executes = port && !port->executed.empty();
    switch (static_cast<What>(byte & kWhatMask)) {
      case pdu:
      case also_pdu:
        return send(byte, input);
      case finish:
        if (executes) port->finish(*port->executed[0]);
        break;
      case fail:
        if (executes) port->fail(*port->executed[0]);
        break;
      case abort:
        if (port && !port->begun.empty()) port->abort(*port->begun[0]);
        break;
      case toggle_at_once:
        if (port) port->at_once = !port->at_once;
        break;
      case tick:
        first_.session->tick(first_.now += std::chrono::seconds(1));
        break;
      case close_second:
        if (second_) second_->hung_up = "closed";
        break;
    }
    settle();
  }

  void end() {
    for (ConnectionHarness* connection : {second_.get(), static_cast<ConnectionHarness*>(&first_)})
      if (connection) connection->full->leave([] {});
    must(first_.over);
    if (first_.port) must(first_.port->begun.empty());
    // What is queued to be sent is all that may be left; the harness sends everything.
    if (!first_.hung_up && !first_.closed) must(first_.pool.in_use() == 0);
  }

 private:
  static Limits limits() {
    Limits limits;
    limits.window_depth = 8;
    limits.immediate_commands = 4;
    limits.management_functions = 4;
    limits.write_bytes = 256 * kKiB;
    return limits;
  }
  static Parameters parameters() {
    Parameters parameters = SessionHarness::defaults();
    parameters.set(Key::max_connections, 2);
    parameters.set(Key::max_outstanding_r2t, 4);
    return parameters;
  }

  void send(uint8_t byte, Input& input) {
    ConnectionHarness& on = (byte & kOnSecond) && second_ ? *second_ : first_;
    Bhs bhs{};
    const ConstBytes bytes = input.bytes(kBhsSize);
    std::copy(bytes.begin(), bytes.end(), bhs.begin());
    if (byte & kAsScsi) {
      bhs[0] = static_cast<uint8_t>(Opcode::scsi_command);
      bhs[4] = 0;
      bhs[32] = bhs[32] & 1 ? 0x2a : 0x28;
      store_be32(&bhs[20], load_be32(&bhs[20]) % (64 * kKiB));
    }
    if (byte & kNextCmdSn) store_be32(&bhs[24], first_.full->window().exp_cmd_sn() + bhs[27] % 4);
    if (byte & kKnownTags) know_tags(on, bhs);
    if (byte & kNoSegment) set_segment_length(bhs, 0);
    std::string pdu(bhs.begin(), bhs.end());
    pdu.append(ahs_length_of(bhs), '\1');
    pdu.append(std::min(padded(segment_length_of(bhs)), kSegmentMost), 'x');
    on.feed(pdu);
    settle();
  }

  /// The tags of the last R2T, or of a task under way.
  void know_tags(const ConnectionHarness& on, Bhs& bhs) {
    for (auto sent = on.out.rbegin(); sent != on.out.rend(); ++sent)
      if (sent->opcode() == Opcode::r2t) {
        std::copy_n(sent->bhs.begin() + 16, 8, bhs.begin() + 16);
        std::copy_n(sent->bhs.begin() + 40, 4, bhs.begin() + 40);
        return;
      }
    if (first_.port && !first_.port->begun.empty())
      store_be32(&bhs[20], static_cast<uint32_t>(first_.port->begun[0]->tag));
  }

  /// What a connection would do after each turn of its loop.
  void settle() {
    if (second_ && (second_->hung_up || second_->closed)) {
      second_->full->leave([] {});
      second_.reset();
    }
    first_.run();
    if (second_) second_->run();
    first_.run();
    const CommandWindow& window = first_.full->window();
    must(window.under_way() <= first_.limits.window_depth);
    must(first_.pool.in_use() <= kMemory);
  }

  SessionHarness first_;
  std::unique_ptr<ConnectionHarness> second_;
};

}  // namespace
}  // namespace tidemark::target

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  tidemark::fuzz::Input input(bytes, size);
  tidemark::target::Dialogue dialogue(input.byte());
  for (size_t steps = 0; steps < tidemark::target::kStepsMax; ++steps) {
    if (input.empty() || dialogue.over()) break;
    dialogue.step(input.byte(), input);
  }
  dialogue.end();
  return 0;
}
