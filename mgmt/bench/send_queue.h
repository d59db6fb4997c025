// SendQueue: what a session has to send, as one gathered list: headers, paddings and digests lie
// one after the other in memory of the queue's own, data stays where the caller has it.
//
// Digests are CRC32C (RFC 7143 clause 13.1); a data digest covers the padding, too.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "target/pdu.h"

namespace tidemark::mgmt::bench {

class SendQueue {
 public:
  void set_digests(bool on) { digests_ = on; }

  /// A PDU; its DataSegmentLength is set here. `data` stays valid until it is sent.
  void add(target::Bhs bhs, ConstBytes data = {});

  bool empty() const { return pieces_.empty(); }
  /// Sent in part: the socket took no more.
  bool under_way() const { return first_ > 0 || first_sent_ > 0; }
  /// As much as one sendmsg takes, valid until the queue is changed.
  std::span<const iovec> pending();
  void sent(size_t bytes);

 private:
  struct Piece {
    const uint8_t* data;  // null: in own_
    size_t offset;        // there
    size_t length;
  };
  void add_own(const void* bytes, size_t length);

  bool digests_ = false;
  std::vector<uint8_t> own_;
  std::vector<Piece> pieces_;
  size_t first_ = 0;  // that is not sent, and how much of it is
  size_t first_sent_ = 0;
  std::vector<iovec> vectors_;
};

}  // namespace tidemark::mgmt::bench
