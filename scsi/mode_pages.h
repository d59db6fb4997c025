// Mode pages (SPC-4 7.5, SBC-4 6.5): kept as rows of defaults and masks of what may be changed; the
// bits that can change are LogicalUnit::Settings, shared by all nexuses. Nothing is saved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "scsi/logical_unit.h"

namespace tidemark::scsi {

enum class PageControl : uint8_t { current, changeable, defaults, saved };

inline constexpr uint8_t kAllPages = 0x3f;
inline constexpr uint8_t kAllSubpages = 0xff;
inline constexpr size_t kModePagesMax = 128;

/// Appends the page (or all) to `to`; returns the bytes written, 0 if there is no such page. `to`
/// has kModePagesMax bytes.
size_t mode_pages(const LogicalUnit& unit, PageControl control, uint8_t page, Bytes to);

/// New values of the settings that can change, as a page list of MODE SELECT gives them.
struct ModeChange {
  std::optional<bool> descriptor_sense;
  std::optional<bool> software_write_protect;
  std::optional<bool> write_cache;

  /// Returns whether anything is different now.
  bool apply(LogicalUnit::Settings& settings) const;
};

/// Checks the pages of a MODE SELECT list, which begin at byte `from` of it; adds to `change` what
/// they change. None if all is well.
std::optional<SenseData> parse_mode_pages(const LogicalUnit& unit, ConstBytes list, size_t from,
                                          ModeChange& change);

}  // namespace tidemark::scsi
