#include "tests/simulation/sim_machine.h"

#include <cstring>

namespace tidemark::test {

using storage::Errc;
using storage::Verb;
using Party = SimPlan::Party;

void SimLedger::record(const copyengine::CopyStatus& status, std::function<void(bool)> done) {
  const auto go = [this, status, done = std::move(done), epoch = epoch_] {
    // Whoever has crashed may believe what it likes: it only runs down.
    if (epoch != epoch_ || crashed_) return done(true);
    if (plan_.ledger_errors && executor_.random()() % 2 == 0) return done(false);
    kept[status.id] = status;
    done(true);
  };
  if (plan_.state_hangs() && ended(status.state))
    return hung_.add([this, go] { executor_.post(kSimHome, go); });
  executor_.post_after(kSimHome, executor_.random_duration(0, 500000), go);
}

SimMachine::SimMachine(SimExecutor& executor, SimPlan& plan)
    : files(executor, kJournalBytes, plan.slowest_store,
            [this](SimVolume& file, const std::string& what) { prepare_file(file, what); }),
      ledger(executor, plan, hung_),
      executor_(executor),
      plan_(plan),
      source_(executor, "source", plan.bytes(), 100000),
      copy0_(executor, "copy0", plan.bytes(), plan.slowest_destination),
      copy1_(executor, "copy1", plan.bytes(), plan.slowest_destination) {
  for (SimVolume* copy : {&copy0_, &copy1_}) {
    std::memset(copy->bytes().data(), 0xee, plan_.bytes());  // stale, to be overwritten
    copy->fill_mapped();
    if (plan_.crashes > 0) copy->keep_unflushed();
  }
  inject_faults();
}

SimVolume& SimMachine::volume(const std::string& name) {
  return name == "source" ? source_ : name == "copy0" ? copy0_ : copy1_;
}

void SimMachine::crash(SimVolume::Crash kind) {
  if (kind == SimVolume::Crash::power) ++starts_;
  for (SimVolume* volume : {&source_, &copy0_, &copy1_}) volume->crash(kind);
  files.crash(kind);
  ledger.crash();
}

void SimMachine::revive() {
  for (SimVolume* volume : {&source_, &copy0_, &copy1_}) volume->revive();
  files.revive();
  ledger.revive();
}

void SimMachine::prepare_file(SimVolume& file, const std::string& what) {
  if (plan_.crashes > 0) file.keep_unflushed();
  const bool store = what == "store";
  file.decide(
      [this, store](const storage::VolumeIo& io) {
        return fate(io, store ? Party::store : Party::journal,
                    store ? plan_.store_errors : plan_.journal_errors, Errc::no_space);
      },
      &hung_);
}

SimVolume::Fate SimMachine::fate(const storage::VolumeIo& io, Party party, bool errors,
                                 Errc write_error) {
  if (plan_.hang == party && executor_.random()() % 20 == 0) return {.hang = true};
  if (!errors || executor_.random()() % 40 != 0) return {};
  return {.error = io.verb == Verb::read ? Errc::medium_read : write_error};
}

void SimMachine::inject_faults() {
  source_.decide(
      [this](const storage::VolumeIo& io) -> SimVolume::Fate {
        // Only the engine's own reads and flushes: a host's error would be its own affair.
        if (!io.internal || changes_medium(io.verb)) return {};
        return fate(io, Party::source, plan_.source_errors, Errc::medium_write);
      },
      &hung_);
  for (SimVolume* copy : {&copy0_, &copy1_})
    copy->decide(
        [this](const storage::VolumeIo& io) {
          return fate(io, Party::destination, plan_.destination_errors, Errc::no_space);
        },
        &hung_);
}

SimProcess::SimProcess(SimExecutor& executor, SimMachine& machine)
    : source(executor, machine.volume("source")),
      copies{{executor, machine.volume("copy0")}, {executor, machine.volume("copy1")}},
      engine(executor, kSimHome, machine.files, &machine.ledger) {
  engine.add_volume("source", source.gate, source.guard);
  engine.add_volume("copy0", copies[0].gate, copies[0].guard);
  engine.add_volume("copy1", copies[1].gate, copies[1].guard);
  engine.set_boot_id(machine.boot_id());
}

}  // namespace tidemark::test
