// TaskManagement: the task management requests of one session (RFC 7143 clauses 11.5 and 11.6, RFC
// 7144 clause 6): which tasks a request is about, when it may go to the device server, and when its
// response may leave. No I/O; on the session's core; part of its Session.
//
// A request waits, without blocking its connection, until every command sent before it has arrived
// (clause 4.2.3.3). Its response waits until the initiator has acknowledged the statuses that other
// connections of the session have for it, lest it overtake them. On a session of one connection
// both are so already.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "scsi/target_device.h"
#include "target/limits.h"
#include "target/pdu.h"

namespace tidemark::target {

class FullFeature;
class Session;
struct Exchange;
struct FunctionRow;

class TaskManagement {
 public:
  TaskManagement(Session& session, const Limits& limits) : session_(session), limits_(limits) {}

  /// As many as the session may have under way.
  bool full() const { return under_way_ >= limits_.management_functions; }
  void request(FullFeature& from, const TaskManagementRequest& request);

  /// Requests wait for their CmdSN.
  bool waiting() const { return !early_.empty(); }
  void window_moved();
  /// Responses wait for acknowledgements.
  bool fenced() const { return !fenced_.empty(); }
  void acknowledged();

 private:
  struct Early {
    std::weak_ptr<FullFeature> from;
    TaskManagementRequest request;
    const FunctionRow* row;
  };
  struct Mark {
    std::weak_ptr<FullFeature> connection;
    uint32_t stat_sn;
  };
  struct Fenced {
    std::weak_ptr<FullFeature> from;
    uint32_t itt;
    uint8_t response;
    bool then_end_all;
    std::vector<Mark> marks;
  };

  bool must_wait(const FunctionRow& row, const TaskManagementRequest& request);
  bool names_task(FullFeature& from, const FunctionRow& row, const TaskManagementRequest& request);
  void unknown_task(FullFeature& from, const FunctionRow& row,
                    const TaskManagementRequest& request);
  void carry_out(FullFeature& from, const FunctionRow& row, const TaskManagementRequest& request);
  void abort_refused(const FunctionRow& row, const TaskManagementRequest& request);
  void query_attention(FullFeature& from, const TaskManagementRequest& request);
  void ended(const std::weak_ptr<FullFeature>& from, const FunctionRow& row, uint32_t itt,
             uint8_t response);

  Session& session_;
  const Limits& limits_;
  uint32_t under_way_ = 0;
  std::vector<Early> early_;
  std::vector<Fenced> fenced_;
};

}  // namespace tidemark::target
