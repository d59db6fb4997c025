// PduReader: any bytes, in pieces of any length. What it hands out keeps within its limits, and the
// bytes of segments add up.
#include "target/pdu_reader.h"

#include "tests/fuzz/fuzz_target.h"

namespace tidemark {
namespace {

using fuzz::Input;
using fuzz::must;
using target::PduReader;

constexpr uint32_t kSegmentLimit = 8192;
constexpr size_t kRoom = 512;  // of the buffer that segments are sent to

/// The first byte of an input.
enum Setup : uint8_t { header_digest = 1, data_digest = 2 };
/// What is said to a header; chosen by its task tag, so that the input has only bytes of the wire.
enum Choice : uint8_t { here, nowhere, buffer, choices };

size_t feed(PduReader& reader, Input& input, size_t length) {
  const ConstBytes from = input.bytes(length);
  size_t given = 0;
  for (const iovec& piece : reader.space()) {
    const size_t part = std::min(from.size() - given, piece.iov_len);
    std::copy_n(from.data() + given, part, static_cast<uint8_t*>(piece.iov_base));
    given += part;
  }
  must(given == from.size());
  reader.received(given);
  return given;
}

Choice place(PduReader& reader, const DataBuffer& data) {
  const auto choice = static_cast<Choice>(target::itt_of(reader.bhs()) % choices);
  if (choice == here) reader.data_here();
  if (choice == nowhere) reader.data_nowhere();
  if (choice == buffer) reader.data_to(data, 0, data.size());
  return choice;
}

}  // namespace
}  // namespace tidemark

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace tidemark;
  Input input(bytes, size);
  const uint8_t setup = input.byte();
  const size_t chunk = 1 + (setup >> 2) * size_t{11};
  BufferPool pool(kMiB);
  const DataBuffer data = pool.acquire(kRoom);
  PduReader reader(kSegmentLimit);
  reader.set_digests(setup & header_digest, setup & data_digest);
  Choice choice = nowhere;
  while (true) {
    switch (reader.next()) {
      case PduReader::Step::need_bytes:
        if (feed(reader, input, chunk) == 0) return 0;
        break;
      case PduReader::Step::header:
        must(reader.segment_length() <= kSegmentLimit);
        must(reader.ahs().size() == target::ahs_length_of(reader.bhs()));
        choice = place(reader, data);
        break;
      case PduReader::Step::pdu:
        must(choice != here || reader.segment_length() == 0 ||
             reader.data().size() == reader.segment_length());
        choice = nowhere;
        break;
      case PduReader::Step::fault:
        must(reader.fault() != PduReader::Fault::none);
        return 0;
    }
  }
}
