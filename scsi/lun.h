// LUN fields (SAM-5 4.7): the 8 bytes in a PDU or in REPORT LUNS, and the number they mean.
#pragma once

#include <cstdint>
#include <optional>

namespace tidemark::scsi {

/// The LUN field of the REPORT LUNS well known logical unit (SPC-4 clause 8.2): it tells of the
/// others and holds nothing.
inline constexpr uint64_t kReportLunsUnit = uint64_t{0xc101} << 48;

inline constexpr uint16_t kMaxLun = 16383;

/// The number of a single-level LUN in peripheral (bus 0) or flat form; none for other forms.
std::optional<uint16_t> decode_lun(uint64_t field);
/// The form that fits the number: peripheral up to 255, flat above.
uint64_t encode_lun(uint16_t lun);

}  // namespace tidemark::scsi
