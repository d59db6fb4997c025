// PduReader over what one receive brings: SCSI Command PDUs, without and with immediate data.
#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "target/pdu_reader.h"

namespace tidemark::target {
namespace {

constexpr unsigned kPdus = 32;

std::vector<uint8_t> commands(uint32_t segment) {
  ScsiCommand command;
  command.start.segment_length = segment;
  const Bhs bhs = bhs_of(command);
  std::vector<uint8_t> bytes;
  for (unsigned i = 0; i < kPdus; ++i) {
    bytes.insert(bytes.end(), bhs.begin(), bhs.end());
    bytes.resize(bytes.size() + segment);
  }
  return bytes;
}

/// Puts as much of `from` into the reader as it takes; how much that is.
size_t feed(PduReader& reader, ConstBytes from) {
  size_t done = 0;
  for (const iovec& piece : reader.space()) {
    const size_t part = std::min(piece.iov_len, from.size() - done);
    std::memcpy(piece.iov_base, from.data() + done, part);
    done += part;
  }
  reader.received(done);
  return done;
}

void pdu(benchmark::State& state) {
  const std::vector<uint8_t> stream = commands(static_cast<uint32_t>(state.range(0)));
  PduReader reader(256 * kKiB);
  uint64_t seen = 0;
  for (auto step : state) {
    for (size_t at = 0; at < stream.size();) {
      at += feed(reader, ConstBytes(stream).subspan(at));
      for (auto next = reader.next(); next != PduReader::Step::need_bytes; next = reader.next()) {
        if (next == PduReader::Step::fault) return state.SkipWithError("broken framing");
        if (next == PduReader::Step::header)
          reader.data_here();
        else
          ++seen;
      }
    }
  }
  if (seen != static_cast<uint64_t>(state.iterations()) * kPdus)
    return state.SkipWithError("PDUs are missing");
  state.SetItemsProcessed(static_cast<int64_t>(seen));
}
BENCHMARK(pdu)->Arg(0)->Arg(4096);

}  // namespace
}  // namespace tidemark::target
