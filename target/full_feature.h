// FullFeature: the full feature phase of one connection (RFC 7143 clause 4.3): takes PDUs as the
// reader finds them, in the order of the session's CmdSN window, answers everything that is not a
// SCSI command itself and leaves those to its CommandFlow. No I/O: sends through an OutputQueue
// that the connection empties. Lives on its session's core; owned by its connection.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "target/command_flow.h"
#include "target/session.h"
#include "target/text_exchange.h"

namespace tidemark::target {

class FullFeature : public std::enable_shared_from_this<FullFeature> {
 public:
  /// What login left behind, of this connection alone.
  struct Start {
    Parameters parameters;  // the session's, with what was agreed for this connection
    uint32_t stat_sn = 0;
    uint16_t cid = 0;
    CoreId core = 0;
  };

  /// Call session->enter(*this) next.
  FullFeature(Start start, std::shared_ptr<Session> session, const TargetDirectory& targets,
              const Limits& limits, BufferPool& pool, PduReader& reader, ConnectionHost& host);

  uint16_t cid() const { return cid_; }
  Session& session() { return *session_; }
  const std::shared_ptr<Session>& shared_session() const { return session_; }

  /// A header is complete: says to the reader where its data goes. False: that is not to be said
  /// yet, because there is no memory or because requests before it are missing; call again after
  /// ConnectionHost::memory_wanted() or header_wanted() has led back here.
  bool header_complete(TimePoint now);
  /// A PDU is complete.
  void pdu_complete();

  /// Executes what there is room for.
  void work();
  /// Moves output into a drained writer; sent() once that has gone (true: close now).
  void fill(PduWriter& writer) { output_.fill(writer); }
  bool sent() { return output_.sent(); }
  bool has_output() { return !output_.empty(); }

  /// So much waits to be sent, that nothing more may be read.
  bool output_full() const { return output_.control_bytes() > limits_.control_output_bytes; }
  void ping();
  /// Asks the initiator to log out within `grace` (Async Message 1).
  void ask_logout(Duration grace);
  bool overdue(TimePoint deadline) { return flow_ && flow_->overdue(deadline); }

  /// Takes the connection out of its session and aborts its tasks. `left` runs when none is left
  /// with the device server.
  void leave(std::function<void()> left) { session_->leave(*this, std::move(left)); }

  const Parameters& parameters() const { return parameters_; }
  uint64_t commands() const { return flow_ ? flow_->commands() : 0; }
  uint64_t bytes_written() const { return flow_ ? flow_->bytes_written() : 0; }
  uint64_t bytes_read() const { return output_.bytes_read(); }
  CommandFlow* flow() { return flow_.get(); }
  const CommandWindow& window() const { return session_->window(); }

  // For the session.
  Exchange* find(uint32_t itt) { return flow_ ? flow_->find(itt) : nullptr; }
  void abort_tasks(std::function<void()> ended);
  void abort_refused(std::optional<uint64_t> lun, std::optional<uint32_t> itt) {
    if (flow_) flow_->abort_refused(lun, itt);
  }
  /// Sends what is ready, then closes without further words.
  void hang_up(const std::string& reason) { host_.hang_up(reason); }
  /// Announces that the target drops the connection (Async Message 2), then closes it.
  void drop(const std::string& reason);
  void header_again();
  void report_window();
  void end_all_sessions() { host_.end_all_sessions(); }
  void answer_management(uint32_t itt, uint8_t response, uint32_t additional);
  void answer_logout(uint32_t itt, uint8_t response);
  /// The StatSN up to which the initiator has acknowledged once it has seen all that is queued.
  uint32_t status_mark() const { return output_.stat_sn_after_all(); }
  bool acknowledged(uint32_t stat_sn) const {
    return serial_less_equal(stat_sn, acknowledged_stat_sn_);
  }

 private:
  void acknowledge(uint32_t exp_stat_sn);
  bool may_deliver(TimePoint now);
  bool place_data(Opcode opcode, TimePoint now);
  void handle(Opcode opcode);
  void nop_out();
  void text_request();
  void task_management();
  void logout();
  void log_out_session(uint32_t itt);
  void log_out_connection(uint32_t itt, uint16_t cid);
  void announce_drop();
  void reject(RejectReason reason);

  Parameters parameters_;
  const std::shared_ptr<Session> session_;
  const Limits& limits_;
  PduReader& reader_;
  ConnectionHost& host_;
  const uint16_t cid_;
  OutputQueue output_;
  TextExchange text_;
  std::unique_ptr<CommandFlow> flow_;

  enum class Early : uint8_t { no, waits, offered };
  Early early_ = Early::no;             // the header that came in waits for those before it
  bool skip_ = false;                   // the PDU coming in is to be ignored
  std::optional<RejectReason> reject_;  // the PDU coming in is to be rejected
  bool logging_out_ = false;
  uint32_t acknowledged_stat_sn_;
  uint32_t ping_tag_ = 0;
  TimePoint now_{};
};

}  // namespace tidemark::target
