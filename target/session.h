// Session: the full feature phase of one connection (RFC 7143 clause 4.3): takes PDUs as the
// reader finds them, keeps the CmdSN window, answers everything that is not a SCSI command itself
// and leaves those to its CommandFlow. No I/O: sends through an OutputQueue that the connection
// empties. Lives on one core; owned by its connection.
#pragma once

#include <memory>
#include <string>

#include "target/command_flow.h"
#include "target/text_exchange.h"

namespace tidemark::target {

class Session : public std::enable_shared_from_this<Session> {
 public:
  /// What login left behind.
  struct Start {
    Parameters parameters;
    uint32_t cmd_sn = 0;
    uint32_t stat_sn = 0;
    uint16_t cid = 0;
    std::string local_address;
    CoreId core = 0;
  };

  /// `port` is null in a discovery session.
  Session(Start start, std::unique_ptr<ScsiPort> port, const TargetDirectory& targets,
          const Limits& limits, BufferPool& pool, PduReader& reader, SessionHost& host);

  /// A header is complete: says to the reader where its data goes. False: there is no memory for
  /// it now; call again after SessionHost::memory_wanted() has led back here.
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
  /// Asks the initiator to log out (Async Message 1).
  void ask_logout();
  bool overdue(TimePoint deadline) { return flow_ && flow_->overdue(deadline); }

  /// The connection is gone: aborts what runs. `ended` runs when nothing of this session is left
  /// with the device server.
  void detach(std::function<void()> ended);

  const Parameters& parameters() const { return parameters_; }
  uint64_t commands() const { return flow_ ? flow_->commands() : 0; }
  uint64_t bytes_written() const { return flow_ ? flow_->bytes_written() : 0; }
  uint64_t bytes_read() const { return output_.bytes_read(); }
  CommandFlow* flow() { return flow_.get(); }
  const CommandWindow& window() const { return window_; }

 private:
  bool place_data(Opcode opcode, TimePoint now);
  void handle(Opcode opcode);
  void nop_out();
  void text_request();
  void logout();
  void answer_logout(uint32_t itt, uint8_t response);
  void task_management();
  bool names_task(const TaskManagementRequest& request);
  void manage(const TaskManagementRequest& request, scsi::TaskManagementFunction function,
              bool then_end_all = false);
  void answer_management(uint32_t itt, uint8_t response);
  void reject(RejectReason reason);

  Parameters parameters_;
  const Limits& limits_;
  PduReader& reader_;
  SessionHost& host_;
  uint16_t cid_;
  CommandWindow window_;
  OutputQueue output_;
  TextExchange text_;
  std::unique_ptr<ScsiPort> port_;
  std::unique_ptr<CommandFlow> flow_;

  bool skip_ = false;                   // the PDU coming in is to be ignored
  std::optional<RejectReason> reject_;  // the PDU coming in is to be rejected
  bool logging_out_ = false;
  bool detaching_ = false;
  bool detached_ = false;
  std::vector<std::function<void()>> on_detached_;
  uint32_t ping_tag_ = 0;
};

}  // namespace tidemark::target
