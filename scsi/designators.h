// The designators of a logical unit: what its Device Identification VPD page names it by (SPC-4
// clause 7.8.6), and so what an identification descriptor of EXTENDED COPY may name it by
// (6.4.5.6).
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "scsi/logical_unit.h"

namespace tidemark::scsi {

/// Code sets and designator types (SPC-4 clause 4.3.3 and table 598).
enum class CodeSet : uint8_t { binary = 1, ascii = 2, utf8 = 3 };
enum class DesignatorType : uint8_t { t10_vendor_id = 1, eui64 = 2, naa = 3, scsi_name = 8 };

struct Designator {
  CodeSet code_set;
  DesignatorType type;
  std::vector<uint8_t> bytes;
};

/// All of a unit, association 00b, in the order of the page: NAA first, which hosts prefer.
std::vector<Designator> designators_of(const Identity& identity);

/// Whether the unit has a designator of this kind with these bytes. An identification descriptor
/// has room for 20 bytes, which a SCSI name fits without the zeroes it ends with: they may be
/// missing.
bool is_designated(const Identity& identity, CodeSet code_set, DesignatorType type,
                   ConstBytes bytes);

}  // namespace tidemark::scsi
