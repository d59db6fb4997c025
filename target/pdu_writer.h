// PduWriter: gathers PDUs into one scatter-gather list for one send. No I/O, no copy of data.
//
// A batch is filled with add() until full(), then handed to the socket piece by piece (pending,
// sent) until drained(), then filled again. Data given to add() must live until then. Padding,
// digests and DataSegmentLength are put in here.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <vector>

#include "base/buffer_pool.h"
#include "base/bytes.h"
#include "target/pdu.h"

namespace tidemark::target {

class PduWriter {
 public:
  static constexpr size_t kFramesMax = 64;
  static constexpr size_t kBatchBytes = kMiB;

  /// From the next add() on.
  void set_digests(bool header, bool data) {
    header_digest_ = header;
    data_digest_ = data;
  }

  bool full() const { return frame_count_ == kFramesMax || bytes_ >= kBatchBytes; }
  void add(const Bhs& bhs, ConstBytes data = {});
  void add(const Bhs& bhs, const DataBuffer& buffer, size_t offset, size_t length);

  bool drained() const { return next_piece_ == pieces_.size(); }
  std::span<const iovec> pending() const { return std::span(pieces_).subspan(next_piece_); }
  /// `bytes` of pending() have gone. Once drained, the batch is empty and may be filled again.
  void sent(size_t bytes);

 private:
  struct Frame {
    Bhs bhs;
    std::array<uint8_t, kDigestSize> header_digest;
    std::array<uint8_t, 3 + kDigestSize> tail;  // padding, data digest
  };

  void begin_frame(const Bhs& bhs, size_t length);
  void end_frame(size_t length, size_t first_data_piece);
  void push(const void* from, size_t length);

  bool header_digest_ = false;
  bool data_digest_ = false;
  std::array<Frame, kFramesMax> frames_;
  size_t frame_count_ = 0;
  std::vector<iovec> pieces_;
  size_t next_piece_ = 0;
  size_t bytes_ = 0;
};

}  // namespace tidemark::target
