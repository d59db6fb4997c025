// SimMachine: what survives a process: the disks, the stores and journals, and the ledger. And
// SimProcess: what does not: gates, guards and the engine.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "copyengine/copy_engine.h"
#include "copyengine/write_guard.h"
#include "storage/range_gate.h"
#include "tests/simulation/order_probe.h"
#include "tests/simulation/sim_plan.h"
#include "tests/support/sim_executor.h"
#include "tests/support/sim_files.h"
#include "tests/support/sim_volume.h"

namespace tidemark::test {

inline constexpr CoreId kSimHome = 0;

/// Records in virtual time like a disk would: some time later, then for good; or not.
class SimLedger final : public copyengine::CopyLedger {
 public:
  SimLedger(SimExecutor& executor, const SimPlan& plan, HungIo& hung)
      : executor_(executor), plan_(plan), hung_(hung) {}
  void record(const copyengine::CopyStatus& status, std::function<void(bool)> done) override;
  void crash() {
    ++epoch_;
    crashed_ = true;
  }
  void revive() { crashed_ = false; }

  std::map<uint64_t, copyengine::CopyStatus> kept;

 private:
  SimExecutor& executor_;
  const SimPlan& plan_;
  HungIo& hung_;
  unsigned epoch_ = 0;
  bool crashed_ = false;
};

class SimMachine {
 public:
  static constexpr uint64_t kJournalBytes = 64 * kKiB;  // so small that logs change often

  SimMachine(SimExecutor& executor, SimPlan& plan);

  /// Every disk: the process has ended, or the machine.
  void crash(SimVolume::Crash kind);
  void revive();
  void drop_hung() { hung_.let_go(); }
  void let_hung_go() {
    plan_.hang = SimPlan::Party::none;
    hung_.let_go();
  }
  SimVolume& volume(const std::string& name);
  std::string boot_id() const { return "start " + std::to_string(starts_); }

 private:
  HungIo hung_;

 public:
  SimFiles files;
  SimLedger ledger;

 private:
  void inject_faults();
  SimVolume::Fate fate(const storage::VolumeIo& io, SimPlan::Party party, bool errors,
                       storage::Errc write_error);
  void prepare_file(SimVolume& file, const std::string& what);

  SimExecutor& executor_;
  SimPlan& plan_;
  SimVolume source_;
  SimVolume copy0_;
  SimVolume copy1_;
  unsigned starts_ = 1;
};

/// A volume with the layers the daemon gives it.
struct SimServed {
  SimServed(SimExecutor& executor, SimVolume& medium)
      : probe(medium),
        guard(executor, kSimHome, probe.behind()),
        gate(executor, kSimHome, probe.front()) {
    probe.set_guard(guard);
  }

  OrderProbe probe;
  copyengine::WriteGuard guard;
  storage::RangeGate gate;
};

struct SimProcess {
  SimProcess(SimExecutor& executor, SimMachine& machine);

  SimServed source;
  SimServed copies[2];
  copyengine::CopyEngine engine;
  bool lives = true;  // until the crash: then it only runs down
};

}  // namespace tidemark::test
