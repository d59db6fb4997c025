// Reservations: the persistent reservations of one logical unit.
//
// Orders are carried out one after the other on a home core. What comes of one is given to every
// core, as a state nobody changes any more, before the order has ended: from then on each core
// admits commands by it. A core looks only at its own reference, and each nexus keeps what follows
// for it, so that a command costs one comparison.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "base/executor.h"
#include "scsi/reservation_rules.h"
#include "scsi/reservation_store.h"

namespace tidemark::scsi {

class LogicalUnit;
class Task;

class Reservations {
 public:
  using Ended = std::function<void(Status, const SenseData&)>;

  /// Part of `unit`.
  explicit Reservations(LogicalUnit& unit);
  Reservations(const Reservations&) = delete;
  Reservations& operator=(const Reservations&) = delete;

  /// From here on `store`, which outlives the unit, keeps what must be kept; `found` is what it
  /// kept so far. Before the cores run.
  void keep_in(ReservationStore& store, ReservationState found);
  bool can_be_kept() const { return store_ != nullptr; }

  /// As `core` knows it. On that core.
  const ReservationState& state(CoreId core) const { return *views_[core]; }

  struct Request {
    ReservationOrder order = {};
    /// Every port of these initiators that is known here is among order.others, too.
    std::vector<std::string> initiators = {};
    const Task* task = nullptr;  // the command itself; not aborted by its own order
    CoreId core = 0;             // where `ended` runs
    Ended ended = {};
  };
  /// From any core. `ended` runs once all cores know, all unit attentions are raised, and all tasks
  /// to be aborted have ended. The unit lives until then.
  void carry_out(Request request);

 private:
  struct Work;
  using WorkPtr = std::shared_ptr<Work>;

  static constexpr CoreId kHome = 0;

  void next();
  void find_initiators(const WorkPtr& work);
  void decide(const WorkPtr& work);
  void publish(const WorkPtr& work);
  void show(const Work& work, CoreId core);
  void abort_tasks(const WorkPtr& work);
  void abort_on(const Work& work, CoreId core, std::function<void()> ended);
  void answer(const WorkPtr& work);

  LogicalUnit& unit_;
  ReservationStore* store_ = nullptr;
  std::vector<std::shared_ptr<const ReservationState>> views_;  // each touched on its core only

  // On the home core.
  std::deque<WorkPtr> queue_;
  bool busy_ = false;
};

}  // namespace tidemark::scsi
