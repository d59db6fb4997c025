#include "scsi/reservations.h"

#include <algorithm>
#include <utility>

#include "scsi/copy_records.h"
#include "scsi/every_core.h"
#include "scsi/logical_unit.h"
#include "scsi/nexus.h"

namespace tidemark::scsi {

struct Reservations::Work {
  Request request;
  std::shared_ptr<const ReservationState> state;  // once decided
  ReservationEffect effect;
  std::vector<std::vector<NexusName>> found;  // by core
};

namespace {

constexpr Asc kInternalTargetFailure = 0x4400;

std::vector<uint64_t> copies_of(const Nexus& nexus, const LogicalUnit& unit) {
  if (!unit.copies() || !nexus.copy_records) return {};
  return nexus.copy_records->snapshots(&unit);
}

}  // namespace

Reservations::Reservations(LogicalUnit& unit) : unit_(unit) {
  const auto nothing = std::make_shared<const ReservationState>();
  views_.assign(unit.executor().core_count(), nothing);
}

void Reservations::keep_in(ReservationStore& store, ReservationState found) {
  store_ = &store;
  const auto kept = std::make_shared<const ReservationState>(std::move(found));
  std::ranges::fill(views_, kept);
}

void Reservations::carry_out(Request request) {
  const auto work = std::make_shared<Work>();
  work->request = std::move(request);
  unit_.executor().run_on(kHome, [this, work] {
    queue_.push_back(work);
    if (!busy_) next();
  });
}

void Reservations::next() {
  busy_ = !queue_.empty();
  if (!busy_) return;
  const WorkPtr work = std::move(queue_.front());
  queue_.pop_front();
  work->request.initiators.empty() ? decide(work) : find_initiators(work);
}

void Reservations::find_initiators(const WorkPtr& work) {
  work->found.resize(views_.size());
  on_every_core(
      unit_.executor(), kHome,
      [this, work](CoreId core, const std::function<void()>& done) {
        for (const Nexus* nexus : unit_.nexuses(core))
          if (std::ranges::count(work->request.initiators, nexus->initiator_name()) != 0)
            work->found[core].push_back(nexus->name());
        done();
      },
      [this, work] {
        ReservationOrder& order = work->request.order;
        for (const auto& names : work->found)
          for (const NexusName& name : names)
            if (std::ranges::count(order.others, name) == 0) order.others.push_back(name);
        decide(work);
      });
}

void Reservations::decide(const WorkPtr& work) {
  const ReservationState& now = *views_[kHome];
  auto changed = std::make_shared<ReservationState>(now);
  work->effect = apply(*changed, work->request.order);
  if (work->effect.status != Status::good || *changed == now) {
    answer(work);
    return next();
  }
  work->state = std::move(changed);
  if (!store_ || (!now.persistent && !work->state->persistent)) return publish(work);
  // The executor outlives the store's thread; the unit need not.
  Executor& executor = unit_.executor();
  store_->save(unit_.identity().serial, *work->state, [this, &executor, work](bool kept) {
    executor.post(kHome, [this, work, kept] {
      if (kept) return publish(work);
      work->effect = {.status = Status::check_condition,
                      .sense = {.key = SenseKey::hardware_error, .asc = kInternalTargetFailure}};
      answer(work);
      next();
    });
  });
}

void Reservations::publish(const WorkPtr& work) {
  on_every_core(
      unit_.executor(), kHome,
      [this, work](CoreId core, const std::function<void()>& done) {
        show(*work, core);
        done();
      },
      [this, work] {
        // The next order must not wait for the tasks: its own may be among them.
        work->effect.aborts.empty() ? answer(work) : abort_tasks(work);
        next();
      });
}

void Reservations::show(const Work& work, CoreId core) {
  views_[core] = work.state;
  for (Nexus* nexus : unit_.nexuses(core)) {
    nexus->restrict(unit_, restriction_of(*work.state, nexus->name()));
    for (const auto& notice : work.effect.notices)
      if (notice.nexus == nexus->name()) nexus->add_attention(&unit_, notice.asc);
  }
}

void Reservations::abort_tasks(const WorkPtr& work) {
  on_every_core(
      unit_.executor(), kHome,
      [this, work](CoreId core, std::function<void()> done) {
        abort_on(*work, core, std::move(done));
      },
      [this, work] { answer(work); });
}

void Reservations::abort_on(const Work& work, CoreId core, std::function<void()> ended) {
  const auto left = std::make_shared<size_t>(1);
  const auto one_ended = [left, ended = std::move(ended)] {
    if (--*left == 0) ended();
  };
  const std::vector<Nexus*> nexuses = unit_.nexuses(core);
  for (Nexus* nexus : nexuses) {
    if (std::ranges::count(work.effect.aborts, nexus->name()) == 0) continue;
    // Held until its part has ended: detaching waits for functions.
    nexus->function_begins();
    ++*left;
    nexus->tasks().abort({.unit = &unit_,
                          .except = work.request.task,
                          .by_another = nexus->name() != work.request.order.from},
                         [nexus, one_ended] {
                           one_ended();
                           nexus->function_ends();
                         });
    nexus->tasks().end_aca(&unit_);
    nexus->prevent_removal(unit_, false);
    for (const uint64_t copy : copies_of(*nexus, unit_)) {
      ++*left;
      unit_.copies()->cancel(copy, core, [one_ended](bool) { one_ended(); });
    }
  }
  // Copies that need no task any more end too (SPC-4 5.13.11.2.6), nor a nexus that is still there.
  const auto copies = unit_.background_copies(core).of(work.effect.aborts);
  *left += copies.size();
  BackgroundCopies::terminate(copies, one_ended);
  one_ended();
}

void Reservations::answer(const WorkPtr& work) {
  unit_.executor().run_on(work->request.core,
                          [work] { work->request.ended(work->effect.status, work->effect.sense); });
}

}  // namespace tidemark::scsi
