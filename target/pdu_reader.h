// PduReader: bytes in, PDUs out (RFC 7143 clause 11.2). No I/O.
//
// Bytes are received into `space()`: a staging area, preceded by what is still missing of a data
// segment whose place is known, so that bulk data goes straight to where it belongs. next() then
// tells, step by step, what has come. At Step::header the owner says where the data segment goes
// (data_to), keeps it here (data_here) or throws it away (data_nowhere), and may do so later: until
// then the reader only stages. Every length is checked against its limit before anything is
// reserved for it. After Step::fault framing is lost for good: the connection must be closed.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <vector>

#include "base/buffer_pool.h"
#include "base/bytes.h"
#include "target/pdu.h"

namespace tidemark::target {

class PduReader {
 public:
  enum class Step : uint8_t {
    need_bytes,  // receive more
    header,      // bhs() and ahs() are complete; now say where the data goes
    pdu,         // all of it is here; data_digest_ok() is known
    fault,       // fault() says why
  };
  enum class Fault : uint8_t { none, segment_too_long, ahs_not_allowed, header_digest };

  static constexpr size_t kStaging = 32 * kKiB;

  /// `segment_max`: longest data segment accepted, our own MaxRecvDataSegmentLength.
  explicit PduReader(uint32_t segment_max) : segment_max_(segment_max), staging_(kStaging) {}

  /// From the next PDU on.
  void set_segment_max(uint32_t bytes) { segment_max_ = bytes; }
  void set_digests(bool header, bool data) {
    header_digest_ = header;
    data_digest_ = data;
  }

  /// Where to receive: never empty unless a header awaits its owner's word and staging is full.
  std::span<const iovec> space();
  /// `bytes` of space() have been filled, in order.
  void received(size_t bytes);

  Step next();

  const Bhs& bhs() const { return bhs_; }
  ConstBytes ahs() const { return {ahs_.data(), ahs_.size()}; }
  uint32_t segment_length() const { return segment_length_of(bhs_); }
  Fault fault() const { return fault_; }
  bool data_digest_ok() const { return digest_ok_; }
  /// Inside a PDU: some of it is here, some is not.
  bool mid_pdu() const { return phase_ != Phase::bhs || staged() > 0; }

  /// After Step::header, one of these. `buffer` must live until Step::pdu or forget_buffer(); only
  /// the part of the segment that fits in [offset, offset + room) is stored, the rest is dropped.
  void data_to(const DataBuffer& buffer, size_t offset, size_t room);
  void data_here();
  void data_nowhere();
  bool awaits_place() const { return phase_ == Phase::place; }
  /// The buffer is going away: what is still to come of the segment is thrown away.
  void forget_buffer();
  /// The segment, if data_here() was said. Valid until the next call of next().
  ConstBytes data() const { return {own_.data(), own_.size()}; }

 private:
  enum class Phase : uint8_t { bhs, ahs, place, data, tail, done, failed };

  size_t staged() const { return end_ - begin_; }
  const uint8_t* take(size_t bytes);
  void fail(Fault why);
  bool read_header();
  bool read_data();
  bool read_tail();
  void to_data_phase();
  void advance_direct(size_t bytes);
  void digest_part(const iovec& part, size_t bytes);

  uint32_t segment_max_;
  bool header_digest_ = false;
  bool data_digest_ = false;

  Phase phase_ = Phase::bhs;
  Fault fault_ = Fault::none;
  Bhs bhs_{};
  std::vector<uint8_t> ahs_;
  std::vector<uint8_t> own_;
  uint32_t crc_ = 0;
  bool digest_ok_ = true;

  // Data phase: where the rest of the segment goes, then how much is to be dropped.
  std::vector<iovec> places_;
  size_t place_ = 0;       // index into places_
  size_t drop_bytes_ = 0;  // after the places

  std::vector<uint8_t> staging_;
  size_t begin_ = 0;
  size_t end_ = 0;
  std::vector<iovec> space_;
};

}  // namespace tidemark::target
