#include "mgmt/bench/pdu_stream.h"

#include <algorithm>
#include <cstring>

#include "base/crc32c.h"

namespace tidemark::mgmt::bench {

using namespace tidemark::target;

PduStream::PduStream(PduSink& sink, size_t capacity)
    : sink_(sink), buffer_(std::max(capacity, kBhsSize + kAhsMax + kDigestSize)) {}

Bytes PduStream::space() {
  return {buffer_.data() + end_, buffer_.size() - end_};
}

bool PduStream::received(size_t bytes) {
  end_ += bytes;
  while (fault_ == Fault::none && step()) continue;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return fault_ == Fault::none;
}

/// False if more bytes are needed.
bool PduStream::step() {
  switch (stage_) {
    case Stage::header:
      return read_header();
    case Stage::payload:
      return read_payload();
    case Stage::trailer:
      return read_trailer();
  }
  return false;
}

bool PduStream::fail(Fault fault) {
  fault_ = fault;
  return false;
}

bool PduStream::read_header() {
  const size_t have = end_ - begin_;
  if (have < kBhsSize) return false;
  const uint8_t* at = buffer_.data() + begin_;
  Bhs bhs;
  std::memcpy(bhs.data(), at, kBhsSize);
  const size_t length = kBhsSize + ahs_length_of(bhs);
  const size_t whole = length + (digests_ ? kDigestSize : 0);
  if (have < whole) return false;
  if (digests_) {
    const uint32_t crc = crc32c({at, length});
    if (std::memcmp(&crc, at + length, kDigestSize) != 0) return fail(Fault::header_digest);
  }
  begin_ += whole;
  segment_ = segment_length_of(bhs);
  position_ = 0;
  crc_ = 0;
  stage_ = Stage::payload;
  sink_.header(bhs);
  if (segment_ == 0) end_pdu();
  return true;
}

bool PduStream::read_payload() {
  const size_t take = std::min<size_t>(end_ - begin_, segment_ - position_);
  if (take == 0) return false;
  const ConstBytes data{buffer_.data() + begin_, take};
  if (digests_) crc_ = crc32c(data, crc_);
  sink_.payload(data, position_);
  begin_ += take;
  position_ += static_cast<uint32_t>(take);
  if (position_ < segment_) return false;
  stage_ = Stage::trailer;
  return true;
}

bool PduStream::read_trailer() {
  const size_t padding = padding_of(segment_);
  const size_t whole = padding + (digests_ ? kDigestSize : 0);
  if (end_ - begin_ < whole) return false;
  const uint8_t* at = buffer_.data() + begin_;
  if (digests_) {
    crc_ = crc32c({at, padding}, crc_);
    if (std::memcmp(&crc_, at + padding, kDigestSize) != 0) return fail(Fault::data_digest);
  }
  begin_ += whole;
  end_pdu();
  return true;
}

void PduStream::end_pdu() {
  stage_ = Stage::header;
  sink_.complete();
}

}  // namespace tidemark::mgmt::bench
