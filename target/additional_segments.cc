#include "target/additional_segments.h"

#include "base/big_endian.h"
#include "target/pdu.h"

namespace tidemark::target {
namespace {

constexpr uint8_t kExtendedCdb = 1;
constexpr uint8_t kBidirectionalReadLength = 2;
constexpr size_t kExtendedCdbMax = 260 - 16;

}  // namespace

bool parse_additional_segments(ConstBytes ahs, AdditionalSegments& to) {
  while (!ahs.empty()) {
    if (ahs.size() < 4) return false;
    // AHSLength counts what follows the type byte: one reserved byte, then the content.
    const size_t length = load_be16(ahs.data());
    const uint8_t type = ahs[2] & 0x3f;
    const size_t whole = padded(3 + length);
    if (length < 1 || whole > ahs.size()) return false;
    const ConstBytes content = ahs.subspan(4, length - 1);
    if (type == kExtendedCdb && to.extended_cdb.empty() && !content.empty() &&
        content.size() <= kExtendedCdbMax) {
      to.extended_cdb = content;
    } else if (type == kBidirectionalReadLength && !to.bidirectional && content.size() == 4) {
      to.bidirectional = true;
      to.read_length = load_be32(content.data());
    } else {
      return false;
    }
    ahs = ahs.subspan(whole);
  }
  return true;
}

}  // namespace tidemark::target
