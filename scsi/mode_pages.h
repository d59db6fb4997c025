// Mode pages (SPC-4 7.5, SBC-4 6.5): kept as rows of what never changes; what does is ModeSettings,
// shared by all nexuses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "scsi/logical_unit.h"

namespace tidemark::scsi {

enum class PageControl : uint8_t { current, changeable, defaults, saved };

inline constexpr uint8_t kAllPages = 0x3f;
inline constexpr uint8_t kAllSubpages = 0xff;
inline constexpr size_t kModePagesMax = 192;

/// Which pages MODE SENSE asks for, and whether there are such.
enum class PagesWanted : uint8_t { some, no_such_page, no_such_subpage };
PagesWanted mode_pages_wanted(uint8_t page, uint8_t subpage);

/// Writes the pages wanted to `to`, which has kModePagesMax bytes; returns the bytes written.
size_t mode_pages(const LogicalUnit& unit, PageControl control, uint8_t page, uint8_t subpage,
                  Bytes to);

/// A setting's new value, as a page list of MODE SELECT gives it.
struct ModeChange {
  const ModeField* field = nullptr;
  uint8_t value = 0;
};

/// Checks the pages of a MODE SELECT list, which begin at byte `from` of it; adds to `changes` what
/// they say. None if all is well.
std::optional<SenseData> parse_mode_pages(const LogicalUnit& unit, ConstBytes list, size_t from,
                                          std::vector<ModeChange>& changes);
/// Returns whether anything is different now.
bool make_changes(const std::vector<ModeChange>& changes, ModeSettings& settings);

}  // namespace tidemark::scsi
