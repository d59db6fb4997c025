// Bytes of the vendor commands (docs/vendor-commands.md): the START parameter list and the data of
// STATUS and SNAPSHOT MAP. Big-endian, with a version in each; values in, bytes out and back.
//
// Pure functions for any thread. What they parse comes from a peer.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "scsi/copy_service.h"
#include "scsi/sense.h"

namespace tidemark::scsi {

inline constexpr uint8_t kVendorLayoutVersion = 1;
inline constexpr size_t kStartListBytes = 48;
inline constexpr size_t kMapHeaderBytes = 40;
inline constexpr size_t kMapRunBytes = 24;
/// Most runs one SNAPSHOT MAP answers with.
inline constexpr size_t kMapRunsMax = 4096;
/// NEXT GRAIN of the last page.
inline constexpr uint64_t kNoMoreGrains = UINT64_MAX;

/// Where the parts of the START parameter list are, for sense data.
inline constexpr uint16_t kStartSourceAt = 8;
inline constexpr uint16_t kStartDestinationAt = 16;

/// How START names a unit.
struct UnitName {
  enum class Form : uint8_t { this_unit = 0, naa = 1, lun = 2 };
  Form form = Form::this_unit;
  uint64_t value = 0;  // of the NAA designator or of the LUN field
};

struct StartList {
  bool per_segment = false;
  bool release_ram = false;
  bool fail_write = false;
  UnitName source;
  UnitName destination;
  uint64_t segment_size = 0;  // bytes; 0: the default
  uint32_t grain = 0;         // bytes; 0: the default
  uint64_t rate_limit = 0;    // bytes per second; 0: none
};

/// What is wrong is ILLEGAL REQUEST with a pointer at the first wrong byte.
std::variant<StartList, SenseData> parse_start_list(ConstBytes list);
/// The other direction, for those who send it.
std::vector<uint8_t> encode_start_list(const StartList& list);

std::vector<uint8_t> encode_copy_report(const CopyReport& report);

/// One page of a snapshot map.
struct MapPage {
  uint64_t copy_id = 0;
  uint32_t grain = 0;
  uint64_t first_offset = 0;            // bytes of the source: what was asked for
  uint64_t next_grain = kNoMoreGrains;  // where the next page begins
  std::vector<MapRun> runs;
};
std::vector<uint8_t> encode_map_page(const MapPage& page);

}  // namespace tidemark::scsi
