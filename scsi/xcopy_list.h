// The parameter lists of EXTENDED COPY(LID1) and (LID4) as a value (SPC-4 clauses 6.4.3 to 6.4.6,
// 6.5). They differ in their headers alone.
//
// Bytes in, list or sense data out: no unit is looked at, nothing is resolved. What is wrong with
// the list itself is ILLEGAL REQUEST with a pointer at the first wrong byte of the list.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "scsi/sense.h"

namespace tidemark::scsi {

/// The limits this copy manager announces (84h/03h, VPD page 8Fh) and enforces.
inline constexpr size_t kXcopyHeaderBytes = 16;      // LID1
inline constexpr size_t kXcopyLid4HeaderBytes = 48;  // LID4
inline constexpr size_t kCscdBytes = 32;
inline constexpr uint16_t kMaxCscds = 64;
inline constexpr uint16_t kMaxSegments = 256;
inline constexpr uint32_t kMaxDescriptorBytes = kMaxCscds * 32 + kMaxSegments * 32;
inline constexpr uint32_t kMaxSegmentBytes = 256 * kMiB;
/// Longest parameter list that can be right: inline data is not supported.
inline constexpr size_t kMaxXcopyListBytes = kXcopyLid4HeaderBytes + kMaxDescriptorBytes;
/// Segments move multiples of this many bytes, from and to multiples of it (DATA SEGMENT
/// GRANULARITY): what every kind of volume can do.
inline constexpr uint8_t kSegmentGranularityLog2 = 9;
inline constexpr uint32_t kSegmentGranularity = 1u << kSegmentGranularityLog2;

/// Descriptor type codes (SPC-4 tables 131 and 146); these are all that is supported.
inline constexpr uint8_t kIdentificationCscd = 0xe4;
inline constexpr uint8_t kBlockToBlock = 0x02;
inline constexpr uint8_t kVerifyCscd = 0x07;
inline constexpr uint8_t kBlockOffsetToBlockOffset = 0x0a;
inline constexpr uint8_t kBlockImage = 0x16;
/// All of them, segments first, each ascending.
std::span<const uint8_t> supported_descriptor_types();

/// Which header a list has, by the command that brings it.
enum class XcopyFormat : uint8_t { lid1, lid4 };

/// LIST ID USAGE (SPC-4 table 124); the reserved value is refused by the parser.
enum class ListIdUsage : uint8_t {
  keep = 0,     // the identifier is valid
  discard = 2,  // the same, and held data need not be kept
  none = 3,     // no identifier: nothing can be asked about this copy
};

/// An identification descriptor CSCD (E4h): names a unit by one of its designators.
struct Cscd {
  uint16_t at = 0;  // where it begins in the list
  uint8_t peripheral_type = 0;
  uint8_t code_set = 0;
  uint8_t association = 0;
  uint8_t designator_type = 0;
  uint8_t designator_length = 0;  // 20 at most
  std::array<uint8_t, 20> designator{};
  bool pad = false;
  uint32_t block_length = 0;  // 0: the copy manager finds out

  ConstBytes name() const { return ConstBytes(designator).first(designator_length); }
};

/// A segment of any type that is supported; a field its type does not have is zero.
struct XcopySegment {
  uint16_t at = 0;  // where it begins in the list
  uint8_t type = 0;
  bool cat = false;
  bool destination_count = false;  // DC: `count` is in destination blocks
  uint16_t source = 0;             // CSCD descriptor IDs
  uint16_t destination = 0;
  uint32_t count = 0;  // blocks (02h, 16h) or bytes (0Ah)
  uint64_t source_lba = 0;
  uint64_t destination_lba = 0;
  uint16_t source_byte = 0;  // 0Ah: offset from the LBA
  uint16_t destination_byte = 0;
  bool test_unit_ready = false;  // 07h: TUR
};

struct XcopyList {
  XcopyFormat format = XcopyFormat::lid1;
  uint32_t list_id = 0;
  ListIdUsage usage = ListIdUsage::keep;
  bool immediate = false;    // GOOD is sent once the copy is accepted
  bool tells_count = false;  // G_SENSE: sense data with GOOD, with the number of segments
  /// CSCD descriptor ID of the first: IDs count places of 32 bytes from byte 16 of the list (SPC-4
  /// table 148), where the header of LID4 has one that looks like a descriptor.
  uint16_t first_cscd_id = 0;
  std::vector<Cscd> cscds;
  std::vector<XcopySegment> segments;
};

/// Parses a list that is not empty. Bounded by the limits above whatever the bytes are.
std::variant<XcopyList, SenseData> parse_xcopy_list(ConstBytes list,
                                                    XcopyFormat format = XcopyFormat::lid1);

}  // namespace tidemark::scsi
