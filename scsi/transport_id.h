// iSCSI TransportIDs (SPC-4 7.6.4.6): how parameter data names initiator ports.
//
// Values, for any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace tidemark::scsi {

struct TransportId {
  std::string initiator;                        // an iSCSI name
  std::optional<uint64_t> isid = std::nullopt;  // none: every port of that initiator (format 00b)

  bool operator==(const TransportId&) const = default;
};

/// Least length of one; all are multiples of four.
inline constexpr size_t kTransportIdMin = 24;

std::vector<uint8_t> encode_transport_id(const TransportId& id);

/// The one that `from` begins with, and its length. None if it is not an iSCSI TransportID, is cut
/// short, or names nobody.
struct ParsedTransportId {
  TransportId id;
  size_t length = 0;
};
std::optional<ParsedTransportId> parse_transport_id(ConstBytes from);

}  // namespace tidemark::scsi
