#include "target/pdu_reader.h"

#include <algorithm>
#include <cstring>

#include "base/crc32c.h"
#include "base/invariant.h"

namespace tidemark::target {
namespace {

// Digests travel least significant byte first (RFC 7143 clause 13.1).
uint32_t load_digest(const uint8_t* from) {
  return uint32_t{from[0]} | uint32_t{from[1]} << 8 | uint32_t{from[2]} << 16 |
         uint32_t{from[3]} << 24;
}

// More pieces than this in one receive do not pay.
constexpr size_t kPiecesMax = 32;

}  // namespace

std::span<const iovec> PduReader::space() {
  space_.clear();
  if (begin_ > 0) {
    std::memmove(staging_.data(), staging_.data() + begin_, staged());
    end_ -= begin_;
    begin_ = 0;
  }
  // Staged bytes of a segment are moved to their place before more is received, so direct
  // receiving never overtakes them.
  if (phase_ == Phase::data && staged() == 0 && drop_bytes_ == 0)
    for (size_t i = place_; i < places_.size(); ++i) {
      if (space_.size() == kPiecesMax) return space_;
      space_.push_back(places_[i]);
    }
  if (end_ < staging_.size()) space_.push_back({staging_.data() + end_, staging_.size() - end_});
  return space_;
}

void PduReader::received(size_t bytes) {
  if (phase_ == Phase::data && staged() == 0 && drop_bytes_ == 0) {
    while (bytes > 0 && place_ < places_.size()) {
      const size_t part = std::min(bytes, places_[place_].iov_len);
      advance_direct(part);
      bytes -= part;
    }
  }
  end_ += bytes;
  INVARIANT(end_ <= staging_.size());
}

PduReader::Step PduReader::next() {
  if (phase_ == Phase::failed) return Step::fault;
  if (phase_ == Phase::done) {
    phase_ = Phase::bhs;
    own_.clear();
  }
  if (phase_ == Phase::bhs || phase_ == Phase::ahs) {
    if (!read_header()) return phase_ == Phase::failed ? Step::fault : Step::need_bytes;
    return Step::header;
  }
  if (phase_ == Phase::place) return Step::header;
  if (phase_ == Phase::data && !read_data()) return Step::need_bytes;
  if (phase_ == Phase::tail && !read_tail()) return Step::need_bytes;
  phase_ = Phase::done;
  return Step::pdu;
}

const uint8_t* PduReader::take(size_t bytes) {
  if (staged() < bytes) return nullptr;
  const uint8_t* from = staging_.data() + begin_;
  begin_ += bytes;
  return from;
}

void PduReader::fail(Fault why) {
  phase_ = Phase::failed;
  fault_ = why;
}

bool PduReader::read_header() {
  if (phase_ == Phase::bhs) {
    const uint8_t* from = take(kBhsSize);
    if (from == nullptr) return false;
    std::copy_n(from, kBhsSize, bhs_.data());
    phase_ = Phase::ahs;
  }
  const size_t ahs_length = ahs_length_of(bhs_);
  const uint8_t* from = take(ahs_length + (header_digest_ ? kDigestSize : 0));
  if (from == nullptr) return false;
  ahs_.assign(from, from + ahs_length);
  if (header_digest_) {
    const uint32_t crc = crc32c({from, ahs_length}, crc32c(bhs_));
    if (crc != load_digest(from + ahs_length)) return fail(Fault::header_digest), false;
  }
  // Only a SCSI command has additional segments (clause 11.2.2).
  if (ahs_length > 0 && opcode_of(bhs_) != Opcode::scsi_command)
    return fail(Fault::ahs_not_allowed), false;
  if (segment_length() > segment_max_) return fail(Fault::segment_too_long), false;
  digest_ok_ = true;
  crc_ = 0;
  places_.clear();
  place_ = 0;
  drop_bytes_ = 0;
  phase_ = segment_length() > 0 ? Phase::place : Phase::tail;
  return true;
}

void PduReader::data_to(const DataBuffer& buffer, size_t offset, size_t room) {
  if (phase_ != Phase::place) return;
  const size_t stored = std::min<size_t>(segment_length(), room);
  if (stored > 0) buffer.slice(offset, stored, places_);
  drop_bytes_ = segment_length() - stored;
  phase_ = Phase::data;
}

void PduReader::data_here() {
  if (phase_ != Phase::place) return;
  own_.resize(segment_length());
  places_.push_back({own_.data(), own_.size()});
  phase_ = Phase::data;
}

void PduReader::data_nowhere() {
  if (phase_ != Phase::place) return;
  drop_bytes_ = segment_length();
  phase_ = Phase::data;
}

void PduReader::forget_buffer() {
  if (phase_ != Phase::data) return;
  for (; place_ < places_.size(); ++place_) drop_bytes_ += places_[place_].iov_len;
  places_.clear();
  place_ = 0;
}

void PduReader::digest_part(const iovec& part, size_t bytes) {
  if (data_digest_) crc_ = crc32c({static_cast<const uint8_t*>(part.iov_base), bytes}, crc_);
}

void PduReader::advance_direct(size_t bytes) {
  iovec& place = places_[place_];
  digest_part(place, bytes);
  place.iov_base = static_cast<uint8_t*>(place.iov_base) + bytes;
  place.iov_len -= bytes;
  if (place.iov_len == 0) ++place_;
}

bool PduReader::read_data() {
  while (place_ < places_.size()) {
    const size_t part = std::min(staged(), places_[place_].iov_len);
    if (part == 0) return false;
    std::memcpy(places_[place_].iov_base, staging_.data() + begin_, part);
    begin_ += part;
    advance_direct(part);
  }
  const size_t dropped = std::min(staged(), drop_bytes_);
  digest_part({staging_.data() + begin_, dropped}, dropped);
  begin_ += dropped;
  drop_bytes_ -= dropped;
  if (drop_bytes_ > 0) return false;
  phase_ = Phase::tail;
  return true;
}

bool PduReader::read_tail() {
  const size_t length = segment_length();
  if (length == 0) return true;
  const size_t padding = padding_of(length);
  const uint8_t* from = take(padding + (data_digest_ ? kDigestSize : 0));
  if (from == nullptr) return false;
  if (data_digest_) digest_ok_ = crc32c({from, padding}, crc_) == load_digest(from + padding);
  return true;
}

}  // namespace tidemark::target
