// Exchange: one SCSI command of a connection from its request PDU to its last response PDU: the
// SCSI task, and where its data transfer stands. Pooled by its CommandFlow; ControlPdu is the other
// thing that can stand in the output queue.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "scsi/task.h"
#include "target/pdu.h"
#include "target/write_transfer.h"

namespace tidemark::target {

/// A place in the output queue.
struct Outgoing {
  enum class Kind : uint8_t { control, exchange };
  Kind kind;
  Outgoing* next = nullptr;
  explicit Outgoing(Kind k) : kind(k) {}
};

/// Intrusive first-in first-out list; allocates nothing.
template <class Node, Node* Node::*Next>
class Fifo {
 public:
  bool empty() const { return head_ == nullptr; }
  Node* front() { return head_; }
  void push(Node& node) {
    node.*Next = nullptr;
    (tail_ ? tail_->*Next : head_) = &node;
    tail_ = &node;
  }
  Node* pop() {
    Node* node = head_;
    if (node == nullptr) return nullptr;
    head_ = node->*Next;
    if (head_ == nullptr) tail_ = nullptr;
    node->*Next = nullptr;
    return node;
  }
  /// Takes `node` out; false if it is not in the list.
  bool remove(Node& node) {
    Node* previous = nullptr;
    for (Node* at = head_; at != nullptr; previous = at, at = at->*Next) {
      if (at != &node) continue;
      (previous ? previous->*Next : head_) = at->*Next;
      if (tail_ == at) tail_ = previous;
      at->*Next = nullptr;
      return true;
    }
    return false;
  }

 private:
  Node* head_ = nullptr;
  Node* tail_ = nullptr;
};

/// A response other than a command's data and status.
struct ControlPdu : Outgoing {
  enum class StatSn : uint8_t { consumed, shown };
  enum class After : uint8_t { nothing, close };

  Bhs bhs{};
  std::string data;
  StatSn stat_sn = StatSn::consumed;
  After after = After::nothing;

  ControlPdu() : Outgoing(Kind::control) {}
};

struct Exchange : Outgoing {
  enum class Stage : uint8_t {
    idle,       // in the pool
    receiving,  // its request PDU is coming in, or waits for memory
    gathering,  // Data-Out awaited
    waiting,    // complete; waits for room to execute
    executing,  // with the device server
    answering,  // in the output queue
  };

  scsi::Task task;
  WriteTransfer write;
  Stage stage = Stage::idle;
  uint32_t itt = kNoTag;
  uint32_t cmd_sn = 0;
  uint32_t expected = 0;  // Expected Data Transfer Length, in the direction of the command
  uint32_t bidirectional_read = 0;  // read length of a bidirectional command, which is refused
  bool immediate = false;
  bool under_way = false;  // counted in the CmdSN window, or with the immediate commands
  bool begun = false;      // known to the device server, which will call done
  bool busy = false;       // no memory for its data
  bool against = false;    // flagged as a write, but the command reads: moves nothing
  std::optional<scsi::SenseData> refusal;  // what to end it with, once its data has come
  TimePoint progress{};                    // when its data last came nearer

  // Sending.
  uint32_t send_length = 0;  // Data-In bytes that go
  uint32_t sent = 0;
  uint32_t data_sn = 0;
  uint64_t output_charge = 0;  // counted toward the connection's output bytes
  uint64_t write_charge = 0;   // counted toward the connection's write bytes
  std::array<uint8_t, 2 + scsi::kSenseMax> sense{};

  Exchange* wait_next = nullptr;  // in the list of those that wait for room, or for memory
  Exchange* hash_next = nullptr;

  Exchange() : Outgoing(Kind::exchange) {}
  void reset();
};

}  // namespace tidemark::target
