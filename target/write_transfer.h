// WriteTransfer: how the data of one write command comes in: immediate, unsolicited, or asked for
// by R2T (RFC 7143 clauses 4.2.5.2, 11.7 and 11.8). Decides only; moves no bytes.
//
// What breaks the rules fails the command, not the connection: the transfer goes on swallowing
// until every open burst has had its final PDU, and then the command is answered with sense.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "scsi/sense.h"

namespace tidemark::target {

/// What was negotiated.
struct WriteRules {
  bool initial_r2t = true;
  bool immediate_data = true;
  uint32_t first_burst = 65536;
  uint32_t max_burst = 262144;
  uint32_t outstanding_r2t = 1;
};

class WriteTransfer {
 public:
  static constexpr size_t kR2tMax = 8;

  enum class Fault : uint8_t {
    none,
    unexpected_unsolicited,  // 0Ch/0Ch
    wrong_amount,            // 0Ch/0Dh: a burst ended before it was complete
    sequence,                // DataSN, offset or length out of line: 47h/05h as for a lost PDU
    digest,                  // 47h/05h
  };

  struct Ask {
    uint32_t ttt = 0;
    uint32_t r2t_sn = 0;
    uint32_t offset = 0;
    uint32_t length = 0;
  };

  /// `expected`: the initiator's Expected Data Transfer Length. `wanted`: what the command needs.
  /// `immediate`: length of the command's own data segment. `final`: its F bit.
  void begin(const WriteRules& rules, uint32_t expected, uint64_t wanted, uint32_t immediate,
             bool final);

  /// Judges a Data-Out header. True: the segment belongs at its buffer offset. False: it is to be
  /// thrown away. Either way data_out_ended() follows when all of it has come.
  bool data_out(uint32_t ttt, uint32_t data_sn, uint32_t offset, uint32_t length, bool final);

  /// The next R2T to send, if one is due. `ttt` is used for it.
  std::optional<Ask> next_ask(uint32_t ttt);

  /// No more data will be asked for; answered once open bursts have ended.
  void fail(Fault why) {
    if (fault_ == Fault::none) fault_ = why;
  }
  /// Ask for nothing more, without a fault of the transfer (the command has ended already).
  void stop() { stopped_ = true; }

  /// Nothing more is to come.
  bool over() const {
    return !unsolicited_open_ && open_count_ == 0 &&
           (fault_ != Fault::none || stopped_ || next_offset_ >= wanted_);
  }
  /// Data-Out is on its way, or may be.
  bool bursts_open() const { return unsolicited_open_ || open_count_ > 0; }
  Fault fault() const { return fault_; }
  scsi::SenseData sense() const;
  uint32_t wanted() const { return wanted_; }
  uint32_t asks_sent() const { return next_r2t_sn_; }
  /// How much of [offset, offset + length) is wanted.
  size_t room_at(uint32_t offset) const { return offset < wanted_ ? wanted_ - offset : 0; }

 private:
  struct Burst {
    uint32_t ttt = 0;
    uint32_t offset = 0;
    uint32_t length = 0;
    uint32_t received = 0;
    uint32_t next_data_sn = 0;
    bool open = false;
  };

  bool unsolicited(uint32_t data_sn, uint32_t offset, uint32_t length, bool final);
  bool solicited(Burst& burst, uint32_t data_sn, uint32_t offset, uint32_t length, bool final);

  WriteRules rules_;
  uint32_t wanted_ = 0;       // min(expected, what the command needs)
  uint32_t first_limit_ = 0;  // unsolicited bytes end here
  uint32_t next_offset_ = 0;  // everything below has come or been asked for
  uint32_t unsolicited_sn_ = 0;
  uint32_t next_r2t_sn_ = 0;
  bool unsolicited_open_ = false;
  bool stopped_ = false;
  Fault fault_ = Fault::none;
  std::array<Burst, kR2tMax> bursts_{};
  uint32_t open_count_ = 0;
};

}  // namespace tidemark::target
