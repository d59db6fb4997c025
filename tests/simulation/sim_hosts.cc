#include "tests/simulation/sim_hosts.h"

#include <algorithm>
#include <cstring>

namespace tidemark::test {

using storage::Closure;
using storage::Errc;
using storage::Extent;
using storage::Verb;

struct SimHosts::Op {
  SimHosts* hosts;
  CoreId core;
  uint64_t number;
  storage::VolumeIo io;
  std::vector<uint64_t> data;
  iovec memory;
  bool racing = false;  // another write overlapped it in time and place
  bool cancelling = false;
  std::unique_ptr<Closure> closure;  // compare and write
};

SimHosts::SimHosts(SimExecutor& executor, bool sparse)
    : executor_(executor),
      sparse_(sparse),
      depth_(1 + static_cast<unsigned>(executor.random()() % 6)) {}

void SimHosts::fill(SimVolume& medium) {
  const uint64_t sectors = medium.bytes().size() / kSector;
  wanted_.assign(sectors, 0);
  sectors_ = sectors;
  if (sparse_) return;
  auto* words = reinterpret_cast<uint64_t*>(medium.bytes().data());
  for (uint64_t sector = 0; sector < sectors; ++sector) {
    const uint64_t number = next_number_++;
    std::fill_n(words + sector * (kSector / 8), kSector / 8, number);
    wanted_[sector] = number;
  }
  medium.fill_mapped();
}

void SimHosts::keep_out_of(const Extent& end) {
  sectors_ = end.offset / kSector;
  std::fill(wanted_.begin() + static_cast<ptrdiff_t>(sectors_), wanted_.end(), kUnknown);
}

void SimHosts::crash(bool forgets) {
  stopped_ = crashed_ = true;
  for (const Op* op : live_)
    if (changes_medium(op->io.verb)) set_wanted(op->io.extent, kUnknown);
  if (forgets) std::fill(wanted_.begin(), wanted_.end(), kUnknown);
}

void SimHosts::go_on(storage::RangeGate& gate) {
  stopped_ = crashed_ = false;
  start(gate);
}

void SimHosts::start(storage::RangeGate& gate) {
  gate_ = &gate;
  for (unsigned i = 0; i < depth_ * 2; ++i) {
    const auto core = static_cast<CoreId>(i % executor_.core_count());
    executor_.post(core, [this, core] { issue(core); });
  }
}

void SimHosts::issue(CoreId core) {
  if (stopped_) return;
  auto& random = executor_.random();
  auto* op = new Op{.hosts = this,
                    .core = core,
                    .number = next_number_++,
                    .io = {},
                    .data = {},
                    .memory = {},
                    .closure = nullptr};
  const uint64_t sectors = sectors_;
  const uint64_t most = random() % 8 == 0 ? 200 : 24;
  const uint64_t count = 1 + random() % std::min(most, sectors);
  op->io.extent = {random() % (sectors - count + 1) * kSector, count * kSector};
  if (random() % 3 == 0) {  // whole 4 KiB blocks
    op->io.extent.offset = op->io.extent.offset / 4096 * 4096;
    op->io.extent.length = std::max<uint64_t>(4096, op->io.extent.length / 4096 * 4096);
  }
  const auto kind = random() % 10;
  op->io.verb = kind < 6   ? Verb::write
                : kind < 7 ? Verb::unmap
                : kind < 8 ? Verb::write_zeroes
                           : Verb::read;
  op->data.assign(op->io.extent.length / 8, op->number);
  op->memory = {op->data.data(), op->io.extent.length};
  op->io.core = core;
  op->io.memory = {&op->memory, 1};
  op->io.done = on_done;
  op->io.owner = op;
  ++in_flight_;
  note_overlaps(*op);
  live_.insert(op);
  if (op->io.verb == Verb::write && random() % 10 == 0) return compare_and_write(*op);
  submit(*op);
}

void SimHosts::submit(Op& op) {
  maybe_abort(op);
  gate_->submit(op.io);
}

/// Exclusive read, then write, as COMPARE AND WRITE does it.
void SimHosts::compare_and_write(Op& op) {
  op.closure = std::make_unique<Closure>();
  op.closure->extent = op.io.extent;
  op.closure->excludes = Closure::Excludes::all;
  op.closure->core = op.core;
  op.closure->on_closed = [this, &op] {
    op.io.holder = op.closure.get();
    gate_->submit(op.io);
  };
  gate_->close(*op.closure);
}

void SimHosts::maybe_abort(Op& op) {
  if (op.io.verb == Verb::read || executor_.random()() % 12 != 0) return;
  executor_.post_after(op.core, executor_.random_duration(0, 150000),
                       [this, number = op.number, at = &op] {
                         if (!live_.contains(at) || at->number != number || at->cancelling) return;
                         at->cancelling = true;
                         gate_->cancel(at->io);
                       });
}

void SimHosts::on_done(storage::VolumeIo& io) noexcept {
  auto* op = static_cast<Op*>(io.owner);
  SimHosts* hosts = op->hosts;
  if (hosts->executor_.current_core() != op->core)
    hosts->complaint_ = "completed on a foreign core";
  if (!op->closure) return hosts->answered(*op);
  hosts->gate_->open(*op->closure, [hosts, op] { hosts->answered(*op); });
}

void SimHosts::answered(Op& op) {
  live_.erase(&op);
  --in_flight_;
  if (crashed_) {
    // Nobody is there to hear it.
  } else if (op.io.error == Errc::cancelled) {
    aborted_.insert(op.number);
    if (!op.cancelling) complaint_ = "cancelled without being asked";
  } else if (op.io.error != Errc::ok) {
    ++failed_writes_;
  } else if (changes_medium(op.io.verb)) {
    account_write(op);
  }
  const CoreId core = op.core;
  executor_.post_after(core, executor_.random_duration(0, 200000), [this, core] { issue(core); });
  delete &op;
}

void SimHosts::note_overlaps(Op& op) {
  if (!changes_medium(op.io.verb)) return;
  for (Op* other : live_) {
    if (!changes_medium(other->io.verb) || !other->io.extent.overlaps(op.io.extent)) continue;
    other->racing = op.racing = true;
  }
}

void SimHosts::account_write(const Op& op) {
  const uint64_t number = op.io.verb == Verb::write ? op.number : 0;
  set_wanted(op.io.extent, op.racing ? kUnknown : number);
}

void SimHosts::set_wanted(const Extent& extent, uint64_t number) {
  std::fill_n(wanted_.begin() + static_cast<ptrdiff_t>(extent.offset / kSector),
              extent.length / kSector, number);
}

void SimHosts::check(const SimVolume& medium, bool writes_may_fail, std::string& failure) {
  const auto say = [&](const std::string& what) {
    if (failure.empty()) failure = what;
  };
  if (!complaint_.empty()) say(complaint_);
  if (failed_writes_ > 0 && !writes_may_fail) say("a host write failed");
  const auto* words =
      reinterpret_cast<const uint64_t*>(const_cast<SimVolume&>(medium).bytes().data());
  for (uint64_t i = 0; i < wanted_.size() * (kSector / 8); ++i) {
    if (aborted_.contains(words[i])) return say("an aborted write landed");
    const uint64_t wanted = wanted_[i / (kSector / 8)];
    if (wanted != kUnknown && words[i] != wanted)
      return say("sector " + std::to_string(i / (kSector / 8)) + " lost a write");
  }
}

}  // namespace tidemark::test
