// PduStream: what a target sends, cut into PDUs. Does no I/O: the caller receives into space() and
// says how much came; the sink hears of headers, data where it lies, and ends, in order.
//
// One receive may bring many PDUs or a part of one; only a header cut in two is moved.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "target/pdu.h"

namespace tidemark::mgmt::bench {

class PduSink {
 public:
  virtual void header(const target::Bhs& bhs) = 0;
  /// A piece of the data segment, `position` bytes into it.
  virtual void payload(ConstBytes data, uint32_t position) = 0;
  virtual void complete() = 0;

 protected:
  ~PduSink() = default;
};

class PduStream {
 public:
  enum class Fault : uint8_t { none, header_digest, data_digest };

  explicit PduStream(PduSink& sink, size_t capacity = 256 * kKiB);

  /// From the next PDU on. For the end of the login phase, when nothing else can be under way.
  void set_digests(bool on) { digests_ = on; }
  Bytes space();
  /// False once a digest was wrong; nothing is read after that.
  bool received(size_t bytes);
  Fault fault() const { return fault_; }

 private:
  enum class Stage : uint8_t { header, payload, trailer };
  bool step();
  bool read_header();
  bool read_payload();
  bool read_trailer();
  void end_pdu();
  bool fail(Fault fault);

  PduSink& sink_;
  std::vector<uint8_t> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool digests_ = false;
  Stage stage_ = Stage::header;
  uint32_t segment_ = 0;
  uint32_t position_ = 0;
  uint32_t crc_ = 0;
  Fault fault_ = Fault::none;
};

}  // namespace tidemark::mgmt::bench
