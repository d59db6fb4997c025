// RangeRequest: the blocks a CDB asks for, decoded from the fields of its row and checked against
// the unit. Every command that touches the medium goes through it.
#pragma once

#include <cstdint>

namespace tidemark::scsi {

struct RangeRequest {
  uint64_t lba = 0;
  uint64_t blocks = 0;
  bool fua = false;
};

}  // namespace tidemark::scsi
