#include "target/pdu_writer.h"

#include <algorithm>

#include "base/crc32c.h"
#include "base/invariant.h"

namespace tidemark::target {
namespace {

// Digests travel least significant byte first (RFC 7143 clause 13.1).
void store_digest(uint8_t* to, uint32_t crc) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<uint8_t>(crc >> (8 * i));
}

}  // namespace

void PduWriter::add(const Bhs& bhs, ConstBytes data) {
  begin_frame(bhs, data.size());
  const size_t first = pieces_.size();
  push(data.data(), data.size());
  end_frame(data.size(), first);
}

void PduWriter::add(const Bhs& bhs, const DataBuffer& buffer, size_t offset, size_t length) {
  begin_frame(bhs, length);
  const size_t first = pieces_.size();
  buffer.slice(offset, length, pieces_);
  bytes_ += length;
  end_frame(length, first);
}

void PduWriter::begin_frame(const Bhs& bhs, size_t length) {
  INVARIANT(frame_count_ < kFramesMax && length <= kSegmentMax);
  Frame& frame = frames_[frame_count_];
  frame.bhs = bhs;
  set_segment_length(frame.bhs, static_cast<uint32_t>(length));
  push(frame.bhs.data(), kBhsSize);
  if (!header_digest_) return;
  store_digest(frame.header_digest.data(), crc32c(frame.bhs));
  push(frame.header_digest.data(), kDigestSize);
}

void PduWriter::end_frame(size_t length, size_t first_data_piece) {
  Frame& frame = frames_[frame_count_++];
  if (length == 0) return;
  const size_t padding = padding_of(length);
  std::fill_n(frame.tail.begin(), padding, uint8_t{0});
  size_t tail = padding;
  if (data_digest_) {
    uint32_t crc = 0;
    for (size_t i = first_data_piece; i < pieces_.size(); ++i)
      crc = crc32c({static_cast<const uint8_t*>(pieces_[i].iov_base), pieces_[i].iov_len}, crc);
    crc = crc32c({frame.tail.data(), padding}, crc);
    store_digest(frame.tail.data() + padding, crc);
    tail += kDigestSize;
  }
  push(frame.tail.data(), tail);
}

void PduWriter::push(const void* from, size_t length) {
  if (length == 0) return;
  pieces_.push_back({const_cast<void*>(from), length});
  bytes_ += length;
}

void PduWriter::sent(size_t bytes) {
  while (bytes > 0) {
    iovec& piece = pieces_[next_piece_];
    const size_t part = std::min(bytes, piece.iov_len);
    piece.iov_base = static_cast<uint8_t*>(piece.iov_base) + part;
    piece.iov_len -= part;
    bytes -= part;
    if (piece.iov_len == 0) ++next_piece_;
  }
  if (!drained()) return;
  pieces_.clear();
  next_piece_ = 0;
  frame_count_ = 0;
  bytes_ = 0;
}

}  // namespace tidemark::target
