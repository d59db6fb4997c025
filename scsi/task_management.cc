// Task management (SAM-5 clause 7). What concerns one nexus is done on its core; what concerns a
// unit goes to every core that has nexuses of it, and comes back when all has ended there.
#include <utility>

#include "scsi/announcement.h"
#include "scsi/copy_records.h"
#include "scsi/logical_unit.h"
#include "scsi/lun.h"
#include "scsi/nexus.h"
#include "scsi/target_device.h"

namespace tidemark::scsi {
namespace {

using Answer = std::function<void(TaskManagementResponse)>;
using Units = std::vector<std::shared_ptr<LogicalUnit>>;

/// A reset of some units: all their tasks are aborted, whoever sent them, and all are told.
struct Sweep {
  Executor& executor;
  Units units;
  const Nexus* asker;
  CoreId home;
  std::function<void()> ended;
  size_t pending = 0;  // on `home`: cores that have not ended
};
using SweepPtr = std::shared_ptr<Sweep>;

void core_ended(const SweepPtr& sweep) {
  sweep->executor.run_on(sweep->home, [sweep] {
    if (--sweep->pending == 0) sweep->ended();
  });
}

/// Aborts on one core; `left` counts what has yet to end there.
void sweep_core(const SweepPtr& sweep, CoreId core) {
  const auto left = std::make_shared<size_t>(1);
  const auto one_ended = [sweep, left] {
    if (--*left == 0) core_ended(sweep);
  };
  for (const auto& unit : sweep->units) {
    const std::vector<Nexus*> nexuses = unit->nexuses(core);
    for (Nexus* nexus : nexuses) {
      // Held until its part has ended: detaching waits for functions.
      nexus->function_begins();
      ++*left;
      nexus->tasks().abort({.unit = unit.get(), .by_another = nexus != sweep->asker},
                           [nexus, one_ended] {
                             one_ended();
                             nexus->function_ends();
                           });
      nexus->tasks().end_aca(unit.get());
      if (nexus->copy_records) nexus->copy_records->forget_unit(unit.get());
      nexus->add_attention(unit.get(), attention::kUnitReset);
      nexus->prevent_removal(*unit, false);
    }
    const auto copies = unit->background_copies(core).all();
    *left += copies.size();
    BackgroundCopies::terminate(copies, one_ended);
  }
  one_ended();
}

/// A reset ends what RESERVE(6) and (10) hold (SPC-2 5.5.1): `then` runs once all cores know.
void end_legacy(const Units& units, CoreId core, const std::function<void()>& then) {
  const auto left = std::make_shared<size_t>(1);
  const auto one_ended = [left, then] {
    if (--*left == 0) then();
  };
  for (const auto& unit : units) {
    if (!unit->reservations().state(core).legacy) continue;
    ++*left;
    unit->reservations().carry_out(
        {.order = {.action = ReservationAction::legacy_lost, .from = {}},
         .core = core,
         .ended = [one_ended](Status, const SenseData&) { one_ended(); }});
  }
  one_ended();
}

void start_sweep(SweepPtr sweep) {
  sweep->pending = sweep->executor.core_count();
  for (CoreId core = 0; core < sweep->executor.core_count(); ++core)
    sweep->executor.run_on(core, [sweep, core] { sweep_core(sweep, core); });
}

}  // namespace

void TargetDevice::abort_own(Nexus& nexus, std::optional<uint16_t> lun, std::optional<uint64_t> tag,
                             Answer answer) {
  TaskSet::Selection selection;
  if (lun) selection.unit = nexus.find(*lun)->unit.get();
  selection.tag = tag;
  if (tag && !nexus.tasks().contains(selection))
    return answer(TaskManagementResponse::no_such_task);
  nexus.tasks().abort(selection,
                      [answer = std::move(answer)] { answer(TaskManagementResponse::complete); });
}

void TargetDevice::manage(ItNexus& it_nexus, TaskManagementFunction function, uint64_t lun_field,
                          uint64_t tag, Answer on_answer) {
  using Function = TaskManagementFunction;
  using Response = TaskManagementResponse;
  auto& nexus = static_cast<Nexus&>(it_nexus);
  nexus.function_begins();
  Answer answer = [&nexus, on_answer = std::move(on_answer)](Response response) {
    on_answer(response);
    nexus.function_ends();
  };

  const bool of_a_unit =
      function != Function::target_reset && function != Function::i_t_nexus_reset;
  const auto lun = decode_lun(lun_field);
  Nexus::Entry* entry = lun ? nexus.find(*lun) : nullptr;
  if (of_a_unit && !entry) return answer(Response::no_such_unit);

  const auto reset = [&](Units units) {
    // Settings come last: whether those whose tasks are aborted hear of it is one of them (TAS).
    const auto ended = [answer, units] {
      for (const auto& unit : units) unit->reset();
      answer(Response::complete);
    };
    const auto work =
        std::make_shared<Sweep>(Sweep{executor_, std::move(units), &nexus, nexus.core(), ended});
    end_legacy(work->units, nexus.core(), [work] { start_sweep(work); });
  };
  const auto query = [&](std::optional<uint64_t> wanted) {
    const bool found = nexus.tasks().contains({.unit = entry->unit.get(), .tag = wanted});
    answer(found ? Response::succeeded : Response::complete);
  };
  switch (function) {
    case Function::abort_task:
      return abort_own(nexus, lun, tag, std::move(answer));
    case Function::abort_task_set:
    case Function::clear_task_set:  // the same: each nexus has a task set of its own (TST 001b)
      return abort_own(nexus, lun, std::nullopt, std::move(answer));
    case Function::logical_unit_reset:
      return reset({entry->unit});
    case Function::target_reset: {
      Units all;
      for (const auto& [number, unit] : nexus.units()) all.push_back(unit);
      return reset(std::move(all));
    }
    case Function::i_t_nexus_reset:
      nexus.add_attention(nullptr, attention::kNexusLoss);
      nexus.release_legacy();
      for (const auto& [number, unit] : nexus.units()) nexus.prevent_removal(*unit, false);
      abort_own(nexus, std::nullopt, std::nullopt, std::move(answer));
      return nexus.tasks().end_aca(nullptr);
    case Function::query_task:
      return query(tag);
    case Function::query_task_set:
      return query(std::nullopt);
    case Function::clear_aca:
      nexus.tasks().abort({.unit = entry->unit.get(), .attribute = TaskAttribute::aca},
                          [answer] { answer(Response::complete); });
      return nexus.tasks().end_aca(entry->unit.get());
    case Function::query_asynchronous_event:
      return answer(Response::not_supported);
  }
  answer(Response::not_supported);
}

TaskManagementResponse TargetDevice::query_attention(ItNexus& it_nexus, uint64_t lun_field,
                                                     uint32_t& additional) {
  const auto lun = decode_lun(lun_field);
  Nexus::Entry* entry = lun ? static_cast<Nexus&>(it_nexus).find(*lun) : nullptr;
  if (!entry) return TaskManagementResponse::no_such_unit;
  const auto oldest = entry->attentions.first();
  if (!oldest) return TaskManagementResponse::complete;
  // UADE DEPTH: one, or more than one.
  const uint32_t depth = entry->attentions.count() > 1 ? 2 : 1;
  const auto key = static_cast<uint32_t>(SenseKey::unit_attention);
  additional = (depth << 4 | key) << 16 | *oldest;
  return TaskManagementResponse::succeeded;
}

}  // namespace tidemark::scsi
