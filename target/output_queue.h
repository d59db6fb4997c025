// OutputQueue: what a session has to send, in order, and the numbers that are put on it as it goes:
// StatSN, ExpCmdSN, MaxCmdSN (RFC 7143 clause 4.2.2). Data-In PDUs are cut from a command's buffer
// only when there is room in the batch, so a long read costs no memory beyond its data.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "target/command_window.h"
#include "target/exchange.h"
#include "target/negotiation.h"
#include "target/pdu_writer.h"

namespace tidemark::target {

/// Who owns the exchanges in the queue.
class ExchangeOwner {
 public:
  virtual ~ExchangeOwner() = default;
  /// The PDU with the status is about to be made: the command is no longer under way.
  virtual void status_leaves(Exchange& exchange) = 0;
  /// All of it has been handed to the network.
  virtual void exchange_sent(Exchange& exchange) = 0;
};

class OutputQueue {
 public:
  OutputQueue(const Parameters& parameters, const CommandWindow& window, uint32_t stat_sn)
      : parameters_(parameters), window_(window), stat_sn_(stat_sn) {}

  void set_owner(ExchangeOwner& owner) { owner_ = &owner; }

  /// A control PDU to fill in and push().
  ControlPdu& make();
  template <class Layout>
  ControlPdu& make(const Layout& layout) {
    ControlPdu& pdu = make();
    pdu.bhs = bhs_of(layout);
    return pdu;
  }
  void push(ControlPdu& pdu);
  void push(Exchange& exchange) {
    ++statuses_;
    queue_.push(exchange);
  }

  /// Nothing waits and nothing is on its way.
  bool idle() { return queue_.empty() && leaving_.empty(); }
  bool empty() { return queue_.empty(); }
  size_t control_bytes() const { return control_bytes_; }

  /// Moves as much as fits into `writer`, which must have been drained().
  void fill(PduWriter& writer);
  /// What fill() moved has been handed to the network. True: the connection is to be closed.
  bool sent();

  uint64_t bytes_read() const { return bytes_read_; }
  /// The next StatSN, and what it will be when all that is queued has gone.
  uint32_t stat_sn() const { return stat_sn_; }
  uint32_t stat_sn_after_all() const { return stat_sn_ + statuses_; }

 private:
  using Queue = Fifo<Outgoing, &Outgoing::next>;

  bool fill_one(Exchange& exchange, PduWriter& writer);
  void add_data_in(Exchange& exchange, PduWriter& writer, bool with_status);
  void add_response(Exchange& exchange, PduWriter& writer);
  void stamp(Bhs& bhs, bool consumes);

  const Parameters& parameters_;
  const CommandWindow& window_;
  ExchangeOwner* owner_ = nullptr;
  uint32_t stat_sn_;
  uint32_t statuses_ = 0;  // in the queue: PDUs that will take a StatSN
  Queue queue_;
  Queue leaving_;  // in the writer
  bool close_ = false;
  size_t control_bytes_ = 0;
  uint64_t bytes_read_ = 0;
  std::vector<std::unique_ptr<ControlPdu>> all_;
  std::vector<ControlPdu*> free_;
};

}  // namespace tidemark::target
