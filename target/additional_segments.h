// The additional header segments of a SCSI command (RFC 7143 clause 11.2.2): the rest of a long
// CDB, and the read length of a bidirectional command.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace tidemark::target {

struct AdditionalSegments {
  ConstBytes extended_cdb;  // CDB bytes from 16 on
  bool bidirectional = false;
  uint32_t read_length = 0;
};

/// False if the segments do not follow the rules: unknown type, a type twice, a length that runs
/// out of them, or a CDB longer than the standards know (260 bytes).
bool parse_additional_segments(ConstBytes ahs, AdditionalSegments& to);

}  // namespace tidemark::target
