// Task management requests of a session (RFC 7143 clauses 11.5 and 11.6).
#include "target/serial.h"
#include "target/session.h"

namespace tidemark::target {
namespace {

using Function = scsi::TaskManagementFunction;

// Function codes (RFC 7143 clause 11.5.1, RFC 7144 clause 4.2).
constexpr uint8_t kAbortTask = 1;
constexpr uint8_t kTargetColdReset = 7;
constexpr uint8_t kTaskReassign = 8;
constexpr uint8_t kQueryTask = 9;

// Responses (RFC 7143 clause 11.6.1).
constexpr uint8_t kComplete = 0;
constexpr uint8_t kNoSuchTask = 1;
constexpr uint8_t kNoSuchUnit = 2;
constexpr uint8_t kReassignmentNotSupported = 4;
constexpr uint8_t kNotSupported = 5;
constexpr uint8_t kSucceeded = 7;
constexpr uint8_t kRejected = 255;

struct FunctionRow {
  uint8_t code;
  Function function;
  uint32_t protocol_level;  // needed to use it
};
constexpr FunctionRow kFunctions[] = {
    {1, Function::abort_task, 0},         {2, Function::abort_task_set, 0},
    {3, Function::clear_aca, 0},          {4, Function::clear_task_set, 0},
    {5, Function::logical_unit_reset, 0}, {6, Function::target_reset, 0},
    {7, Function::target_reset, 0},       {9, Function::query_task, 2},
    {10, Function::query_task_set, 2},    {11, Function::i_t_nexus_reset, 2},
};

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

void Session::task_management() {
  const auto request = as<TaskManagementRequest>(reader_.bhs());
  const uint8_t code = request.start.flags & 0x7f;
  if (code == kTaskReassign) return answer_management(request.itt, kReassignmentNotSupported);
  for (const FunctionRow& row : kFunctions) {
    if (row.code != code || parameters_.get(Key::iscsi_protocol_level) < row.protocol_level)
      continue;
    if ((code == kAbortTask || code == kQueryTask) && !names_task(request)) return;
    return manage(request, row.function, code == kTargetColdReset);
  }
  answer_management(request.itt, kNotSupported);
}

bool Session::names_task(const TaskManagementRequest& request) {
  const Exchange* exchange = flow_->find(request.referenced_task_tag);
  if (exchange == nullptr) {
    // Inside the window: counts as received and aborted (RFC 7143 clause 11.5.5). Nothing can
    // arrive in front of this request any more on a single connection.
    const bool in_window = !serial_less(request.ref_cmd_sn, window_.exp_cmd_sn()) &&
                           serial_less_equal(request.ref_cmd_sn, window_.max_cmd_sn());
    answer_management(request.itt, in_window ? kComplete : kNoSuchTask);
    return false;
  }
  if (exchange->task.lun_field != request.lun || exchange->cmd_sn != request.ref_cmd_sn) {
    answer_management(request.itt, kRejected);
    return false;
  }
  // It has its status already, which goes out in front of this answer.
  if (exchange->stage == Exchange::Stage::answering) {
    answer_management(request.itt, kNoSuchTask);
    return false;
  }
  return true;
}

void Session::manage(const TaskManagementRequest& request, Function function, bool then_end_all) {
  port_->manage(function, request.lun, request.referenced_task_tag,
                [self = weak_from_this(), itt = uint32_t{request.itt},
                 then_end_all](scsi::TaskManagementResponse response) {
                  const auto session = self.lock();
                  if (!session) return;
                  session->answer_management(itt, code_of(response));
                  if (then_end_all) session->host_.end_all_sessions();
                });
}

void Session::answer_management(uint32_t itt, uint8_t response) {
  TaskManagementResponse reply;
  reply.start.byte2 = response;
  reply.itt = itt;
  output_.push(output_.make(reply));
  host_.work_ready();
}

}  // namespace tidemark::target
