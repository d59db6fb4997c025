#include "target/task_management.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "target/exchange.h"
#include "target/full_feature.h"
#include "target/serial.h"
#include "target/session.h"

namespace tidemark::target {

namespace {

// Responses (RFC 7143 clause 11.6.1, RFC 7144 clause 6.4.2).
constexpr uint8_t kComplete = 0;
constexpr uint8_t kNoSuchTask = 1;
constexpr uint8_t kNoSuchUnit = 2;
constexpr uint8_t kReassignmentNotSupported = 4;
constexpr uint8_t kNotSupported = 5;
constexpr uint8_t kSucceeded = 7;
constexpr uint8_t kRejected = 255;

constexpr uint8_t kTaskReassign = 8;

/// What becomes of commands that were sent before the request but have not come.
enum class Missing : uint8_t {
  awaited,  // the function is about them too
  plugged,  // count as received and ended (clause 4.2.3.3, target resets)
  ignored,  // the function names its task, or is about none
};

}  // namespace

struct FunctionRow {
  uint8_t code;
  scsi::TaskManagementFunction function;
  uint32_t protocol_level;  // needed to use it
  Missing missing;
  bool names_task;  // by Referenced Task Tag
  bool of_a_unit;   // by the LUN field
  bool ends_tasks;  // more than one: the response is fenced
  bool ends_sessions;
};

namespace {

using Function = scsi::TaskManagementFunction;

// clang-format off
//                                               level  missing           names  unit   ends tasks, sessions
constexpr FunctionRow kFunctions[] = {
    {1,  Function::abort_task,               0, Missing::ignored, true,  true,  false, false},
    {2,  Function::abort_task_set,           0, Missing::awaited, false, true,  true,  false},
    {3,  Function::clear_aca,                0, Missing::awaited, false, true,  false, false},
    {4,  Function::clear_task_set,           0, Missing::awaited, false, true,  true,  false},
    {5,  Function::logical_unit_reset,       0, Missing::awaited, false, true,  true,  false},
    {6,  Function::target_reset,             0, Missing::plugged, false, false, true,  false},
    {7,  Function::target_reset,             0, Missing::plugged, false, false, true,  true},
    {9,  Function::query_task,               2, Missing::ignored, true,  true,  false, false},
    {10, Function::query_task_set,           2, Missing::awaited, false, true,  false, false},
    {11, Function::i_t_nexus_reset,          2, Missing::plugged, false, false, true,  false},
    {12, Function::query_asynchronous_event, 2, Missing::ignored, false, true,  false, false},
};
// clang-format on

const FunctionRow* row_of(uint8_t code, uint32_t protocol_level) {
  const auto* row =
      std::find_if(std::begin(kFunctions), std::end(kFunctions),
                   [code](const FunctionRow& candidate) { return candidate.code == code; });
  return row == std::end(kFunctions) || row->protocol_level > protocol_level ? nullptr : row;
}

uint8_t code_of(scsi::TaskManagementResponse response) {
  using Response = scsi::TaskManagementResponse;
  switch (response) {
    case Response::complete:
      return kComplete;
    case Response::succeeded:
      return kSucceeded;
    case Response::no_such_task:
      return kNoSuchTask;
    case Response::no_such_unit:
      return kNoSuchUnit;
    case Response::not_supported:
      return kNotSupported;
    case Response::rejected:
      return kRejected;
  }
  return kRejected;
}

}  // namespace

void TaskManagement::request(FullFeature& from, const TaskManagementRequest& request) {
  const uint8_t code = request.start.flags & 0x7f;
  if (code == kTaskReassign)
    return from.answer_management(request.itt, kReassignmentNotSupported, 0);
  const FunctionRow* row = row_of(code, session_.parameters().get(Key::iscsi_protocol_level));
  if (row == nullptr) return from.answer_management(request.itt, kNotSupported, 0);
  if (full()) return from.answer_management(request.itt, kRejected, 0);
  if (row->function == Function::query_asynchronous_event) return query_attention(from, request);
  if (row->names_task && !names_task(from, *row, request)) return;
  ++under_way_;
  if (!must_wait(*row, request)) return carry_out(from, *row, request);
  early_.push_back({from.weak_from_this(), request, row});
}

/// Nothing can come in between any more on a session of one connection.
bool TaskManagement::must_wait(const FunctionRow& row, const TaskManagementRequest& request) {
  CommandWindow& window = session_.window();
  const bool missing = serial_less(window.exp_cmd_sn(), request.cmd_sn);
  if (!missing || session_.single() || !window.contains(request.cmd_sn)) return false;
  if (row.missing == Missing::plugged) {
    const uint32_t first = window.exp_cmd_sn();
    for (uint32_t cmd_sn = request.cmd_sn; cmd_sn != first;) window.plug(--cmd_sn);
    session_.window_moved();
  }
  return row.missing == Missing::awaited;
}

void TaskManagement::window_moved() {
  for (Early& early : std::exchange(early_, {})) {
    const auto from = early.from.lock();
    if (!from) {
      --under_way_;
    } else if (must_wait(*early.row, early.request)) {
      early_.push_back(std::move(early));
    } else {
      carry_out(*from, *early.row, early.request);
    }
  }
}

/// Whether there is such a task to act on; if not, the request has been answered.
bool TaskManagement::names_task(FullFeature& from, const FunctionRow& row,
                                const TaskManagementRequest& request) {
  const Exchange* exchange = session_.find(request.referenced_task_tag);
  if (exchange == nullptr) return unknown_task(from, row, request), false;
  // The task of an immediate command has the CmdSN of whoever asks (clause 11.5.5).
  const bool same_number = request.ref_cmd_sn == exchange->cmd_sn ||
                           (exchange->immediate && request.ref_cmd_sn == request.cmd_sn);
  if (exchange->task.lun_field != request.lun || !same_number)
    return from.answer_management(request.itt, kRejected, 0), false;
  // It has its status already, which goes out in front of this answer.
  if (exchange->stage == Exchange::Stage::answering) {
    const bool query = row.function == Function::query_task;
    return from.answer_management(request.itt, query ? kSucceeded : kNoSuchTask, 0), false;
  }
  if (exchange->begun || row.function != Function::abort_task) return true;
  // The device server has refused it and knows it no more; its data is still coming.
  abort_refused(row, request);
  return from.answer_management(request.itt, kComplete, 0), false;
}

void TaskManagement::abort_refused(const FunctionRow& row, const TaskManagementRequest& request) {
  std::optional<uint64_t> lun;
  std::optional<uint32_t> itt;
  if (row.names_task) itt = request.referenced_task_tag;
  if (!row.names_task && row.of_a_unit) lun = request.lun;
  for (FullFeature* connection : session_.connections()) connection->abort_refused(lun, itt);
}

/// Clause 11.5.1: one that may still come counts as received and aborted.
void TaskManagement::unknown_task(FullFeature& from, const FunctionRow& row,
                                  const TaskManagementRequest& request) {
  if (row.function == Function::query_task)
    return from.answer_management(request.itt, kComplete, 0);
  CommandWindow& window = session_.window();
  const bool to_come =
      window.contains(request.ref_cmd_sn) && serial_less(request.ref_cmd_sn, request.cmd_sn);
  if (to_come) {
    window.plug(request.ref_cmd_sn);
    session_.window_moved();
  }
  from.answer_management(request.itt, to_come ? kComplete : kNoSuchTask, 0);
}

void TaskManagement::query_attention(FullFeature& from, const TaskManagementRequest& request) {
  uint32_t additional = 0;
  const auto response = session_.port()->query_attention(request.lun, additional);
  from.answer_management(request.itt, code_of(response), additional);
}

void TaskManagement::carry_out(FullFeature& from, const FunctionRow& row,
                               const TaskManagementRequest& request) {
  if (row.ends_tasks) abort_refused(row, request);
  session_.port()->manage(row.function, request.lun, request.referenced_task_tag,
                          [session = session_.weak_from_this(), from = from.weak_from_this(), &row,
                           itt = uint32_t{request.itt}](scsi::TaskManagementResponse response) {
                            if (const auto alive = session.lock())
                              alive->management().ended(from, row, itt, code_of(response));
                          });
}

void TaskManagement::ended(const std::weak_ptr<FullFeature>& from, const FunctionRow& row,
                           uint32_t itt, uint8_t response) {
  const auto asker = from.lock();
  if (!asker) {
    --under_way_;
    return;
  }
  Fenced fenced{from, itt, response, row.ends_sessions, {}};
  for (FullFeature* connection : session_.connections()) {
    const uint32_t mark = connection->status_mark();
    if (!row.ends_tasks || connection == asker.get() || connection->acknowledged(mark)) continue;
    fenced.marks.push_back({connection->weak_from_this(), mark});
    connection->ping();  // its answer acknowledges
  }
  fenced_.push_back(std::move(fenced));
  acknowledged();
}

/// Lets go the responses whose statuses have all been acknowledged.
void TaskManagement::acknowledged() {
  for (Fenced& fenced : std::exchange(fenced_, {})) {
    std::erase_if(fenced.marks, [this](const Mark& mark) {
      const auto connection = mark.connection.lock();
      return !connection || !session_.has(*connection) || connection->acknowledged(mark.stat_sn);
    });
    if (!fenced.marks.empty()) {
      fenced_.push_back(std::move(fenced));
      continue;
    }
    --under_way_;
    const auto from = fenced.from.lock();
    if (!from) continue;
    from->answer_management(fenced.itt, fenced.response, 0);
    if (fenced.then_end_all) from->end_all_sessions();
  }
}

}  // namespace tidemark::target
