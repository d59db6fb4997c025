// CommandFlow: the SCSI commands of one connection, from request PDU to status: gathers their write
// data, hands them to the device server when there is room for their read data, and queues their
// answers. No I/O; on the session's core only.
//
// Memory: write data is reserved before it is asked for, within Limits::write_bytes; read data is
// executed only within Limits::output_bytes; both within the connection's share of the core's pool
// (memory_share.h). A command
// that brings unsolicited data when there is no room stops the connection (Place::no_memory), or is
// answered BUSY if the connection must go on being read because Data-Out of others is due.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/buffer_pool.h"
#include "target/command_window.h"
#include "target/connection_host.h"
#include "target/exchange_table.h"
#include "target/limits.h"
#include "target/memory_share.h"
#include "target/negotiation.h"
#include "target/output_queue.h"
#include "target/pdu_reader.h"
#include "target/scsi_port.h"

namespace tidemark::target {

class CommandFlow final : public ExchangeOwner {
 public:
  CommandFlow(ScsiPort& port, BufferPool& pool, CoreId core, const Parameters& parameters,
              const Limits& limits, CommandWindow& window, OutputQueue& output, PduReader& reader,
              ConnectionHost& host);

  /// The header of a SCSI Command, its CmdSN found in order and its tag free, or of a Data-Out.
  /// Says to the reader where the data goes. A reason: the PDU is to be rejected.
  enum class Place : uint8_t { done, no_memory, rejected };
  Place command_header(TimePoint now);
  void data_out_header(TimePoint now);
  RejectReason reason() const { return reason_; }
  /// A command waits for memory: call this to try again.
  bool awaits_memory() const { return stalled_; }
  Place retry_memory();
  /// The rest of what began with one of the headers has come.
  void pdu_complete();

  /// Executes what there is room for, asks for what there is memory for.
  void work();

  Exchange* find(uint32_t itt) { return table_.find(itt); }
  /// Commands of a LUN (any, if none is given) or tag that the device server refused at once, but
  /// whose data is still coming: they end without the status they were to get.
  void abort_refused(std::optional<uint64_t> lun, std::optional<uint32_t> itt);
  /// The connection is gone, its session is not: aborts its tasks, one by one; `ended` runs when
  /// none of them is left and the CmdSN window holds no place for them.
  void abort_all(std::function<void()> ended);
  /// Data-Out that was due before `deadline` has not come.
  bool overdue(TimePoint deadline);
  size_t in_use() const { return table_.in_use(); }

  uint64_t commands() const { return commands_; }
  uint64_t bytes_written() const { return bytes_written_; }

  void status_leaves(Exchange& exchange) override;
  void exchange_sent(Exchange& exchange) override;

 private:
  using WaitList = Fifo<Exchange, &Exchange::wait_next>;

  Place reject(RejectReason reason);
  bool fill_task(Exchange& exchange, const ScsiCommand& command);
  void begin_task(Exchange& exchange, const ScsiCommand& command);
  void advance(Exchange& exchange);
  void send_asks(Exchange& exchange);
  bool reserve(Exchange& exchange);
  void give_back(Exchange& exchange);
  void serve_memory();
  void execute_waiting();
  void complete(Exchange& exchange);
  void answer(Exchange& exchange);
  void ended(Exchange& exchange);
  void release_window(Exchange& exchange);
  void close(Exchange& exchange);
  bool others_gather(const Exchange& but);
  static void task_done(scsi::Task& task) noexcept;

  ScsiPort& port_;
  BufferPool& pool_;
  CoreId core_;
  const Parameters& parameters_;
  const Limits& limits_;
  CommandWindow& window_;
  OutputQueue& output_;
  PduReader& reader_;
  ConnectionHost& host_;

  ExchangeTable table_;
  WaitList waiting_;              // complete, to be executed
  WaitList memory_waiting_;       // to be asked for
  Exchange* incoming_ = nullptr;  // whose PDU is coming in
  bool stalled_ = false;          // it waits for memory
  RejectReason reason_ = RejectReason::protocol_error;
  TimePoint now_{};
  uint32_t next_ttt_ = 1;
  uint32_t immediate_count_ = 0;
  MemoryShare write_share_;
  MemoryShare read_share_;
  uint64_t commands_ = 0;
  uint64_t bytes_written_ = 0;
};

}  // namespace tidemark::target
