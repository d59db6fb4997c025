// Bytes of the vendor commands (docs/vendor-commands.md): the parameter lists of START, APPEND and
// SET, and the data of STATUS, LIST, SNAPSHOT MAP and LIMITS. Big-endian, with a version in each;
// values in, bytes out and back. What a copy is in version 2 is in copy_descriptor.h.
//
// Pure functions for any thread. What they parse comes from a peer.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "scsi/copy_service.h"
#include "scsi/sense.h"

namespace tidemark::scsi {

inline constexpr uint8_t kVendorLayoutVersion = 1;
inline constexpr uint8_t kVendorLayoutNewest = 2;
inline constexpr size_t kStartListBytes = 48;        // version 1
inline constexpr size_t kStartListHeaderBytes = 64;  // version 2: ranges and names follow
inline constexpr size_t kVendorRangeBytes = 24;
inline constexpr uint32_t kVendorRangesMax = 4096;
inline constexpr size_t kVendorNameMax = 255;
inline constexpr size_t kSetListBytes = 32;
inline constexpr size_t kAppendListHeaderBytes = 8;
inline constexpr size_t kListHeaderBytes = 16;
inline constexpr uint32_t kLatencyBudgetMaxUs = 60'000'000;
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
  enum class Form : uint8_t { this_unit = 0, naa = 1, lun = 2, volume = 3 };
  Form form = Form::this_unit;
  uint64_t value = 0;     // of the NAA designator or of the LUN field
  std::string name = {};  // of the volume; in version 2 alone
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
  // Version 2.
  bool release_durable = false;
  bool verify = false;
  bool hold = false;
  CopyImpact impact = CopyImpact::by_default;
  uint32_t latency_budget_us = 0;
  std::vector<CopyRange> ranges;  // none: the whole source
};

/// What is wrong is ILLEGAL REQUEST with a pointer at the first wrong byte.
std::variant<StartList, SenseData> parse_start_list(ConstBytes list);
/// The other direction, for those who send it.
std::vector<uint8_t> encode_start_list(const StartList& list);
std::vector<uint8_t> encode_start_list_2(const StartList& list);

std::variant<CopyAdjustment, SenseData> parse_set_list(ConstBytes list);
std::vector<uint8_t> encode_set_list(const CopyAdjustment& adjustment);

std::variant<std::vector<CopyRange>, SenseData> parse_append_list(ConstBytes list);
std::vector<uint8_t> encode_append_list(const std::vector<CopyRange>& ranges);

/// ERROR as a code that stays the same whatever the order of our own enumeration, and back.
uint8_t vendor_error_code(storage::Errc error);
storage::Errc error_of_vendor_code(uint8_t code);

/// LIMITS: what the vendor commands of this unit can.
std::vector<uint8_t> encode_vendor_limits();
/// The vendor VPD page (C0h) after its header: that there are these commands, and in which
/// versions.
std::vector<uint8_t> vendor_page_body(bool permitted);

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
