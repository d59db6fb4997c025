// Vital product data (SPC-4 7.8, SBC-4 6.6): who the unit is and what it takes.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "scsi/task.h"

namespace tidemark::scsi {

/// First byte of all INQUIRY data: qualifier and device type of the unit addressed. inquiry.cc.
uint8_t peripheral_device(const Task& task);

inline constexpr size_t kVpdMax = 2048;

/// Writes a page, header included; returns its length, 0 if the unit has no such page. For a LUN
/// without a unit there is page 00h alone. `to` has kVpdMax bytes, all zero.
size_t vpd_page(const Task& task, uint8_t page, Bytes to);

}  // namespace tidemark::scsi
