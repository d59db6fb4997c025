#include "scsi/mode_pages.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/big_endian.h"

namespace tidemark::scsi {
namespace {

constexpr uint8_t kSavable = 0x80;        // PS
constexpr uint8_t kSubpageFormat = 0x40;  // SPF
constexpr size_t kPageMax = 32;
using PageBytes = std::array<uint8_t, kPageMax>;

/// Pages as they are sent, sorted. Fields of ModeSettings are 0 here.
constexpr PageBytes kPages[] = {
    {0x01, 0x0a},                                   // read-write error recovery
    {0x02, 0x0e},                                   // disconnect-reconnect
    {0x07, 0x0a},                                   // verify error recovery
    {0x08, 0x12, 0x10},                             // caching: DISC
    {0x0a, 0x0a, 0x22, 0, 0, 0, 0, 0, 0xff, 0xff},  // control: TST 1, GLTSD
    // Control extension: SCSIP, as SET TIMESTAMP is there; IALUAE, as management may change the
    // states of target port groups; maximum sense data length.
    {0x0a | kSubpageFormat, 0x01, 0x00, 0x1c, 0x03, 0, kSenseMax},
    {0x1c, 0x0a, 0x08},  // informational exceptions: DEXCPT
};

uint8_t code_of(const PageBytes& page) {
  return page[0] & 0x3f;
}
uint8_t subpage_of(const PageBytes& page) {
  return page[0] & kSubpageFormat ? page[1] : 0;
}
size_t length_of(const PageBytes& page) {
  return page[0] & kSubpageFormat ? size_t{4} + load_be16(&page[2]) : size_t{2} + page[1];
}
size_t header_of(const PageBytes& page) {
  return page[0] & kSubpageFormat ? 4 : 2;
}

bool belongs(const ModeField& field, const PageBytes& page) {
  return field.page == code_of(page) && field.subpage == subpage_of(page);
}

bool is_wanted(const PageBytes& row, uint8_t page, uint8_t subpage) {
  return (page == kAllPages || page == code_of(row)) &&
         (subpage == kAllSubpages || subpage == subpage_of(row));
}

const PageBytes* find_page(uint8_t code, uint8_t subpage) {
  for (const PageBytes& page : kPages)
    if (code_of(page) == code && subpage_of(page) == subpage) return &page;
  return nullptr;
}

uint8_t value_of(const LogicalUnit& unit, const ModeField& field, PageControl control) {
  switch (control) {
    case PageControl::current:
      return unit.settings().*field.value;
    case PageControl::changeable:  // all its bits, or none
      if (!field.changeable(unit.traits().write_cache)) return 0;
      return static_cast<uint8_t>(field.mask >> std::countr_zero(field.mask));
    case PageControl::defaults:
      return unit.default_settings().*field.value;
    case PageControl::saved:
      return unit.saved_settings().*field.value;
  }
  return 0;
}

PageBytes page_with_settings(const LogicalUnit& unit, const PageBytes& fixed, PageControl control) {
  PageBytes page = fixed;
  if (control == PageControl::changeable)
    std::fill(page.begin() + static_cast<ptrdiff_t>(header_of(fixed)), page.end(), uint8_t{0});
  for (const ModeField& field : mode_fields()) {
    if (!belongs(field, fixed)) continue;
    const auto value = value_of(unit, field, control) << std::countr_zero(field.mask);
    page[field.byte] = static_cast<uint8_t>(page[field.byte] | value);
    if (unit.kept().possible()) page[0] = static_cast<uint8_t>(page[0] | kSavable);
  }
  return page;
}

/// The first bit in which a page of the list differs where it may not.
std::optional<SenseData> check_fixed_bits(const LogicalUnit& unit, const PageBytes& fixed,
                                          const PageBytes& page, size_t at) {
  const PageBytes current = page_with_settings(unit, fixed, PageControl::current);
  const PageBytes changeable = page_with_settings(unit, fixed, PageControl::changeable);
  for (size_t i = header_of(fixed); i < length_of(fixed); ++i) {
    const auto wrong = static_cast<uint8_t>((page[i] ^ current[i]) & ~changeable[i]);
    if (wrong)
      return sense::invalid_field_in_list(static_cast<uint16_t>(at + i),
                                          static_cast<uint8_t>(std::bit_width(wrong) - 1));
  }
  return std::nullopt;
}

/// The page that begins at `at` of the list; null, and `wrong` set, if there is no such page.
const PageBytes* page_at(ConstBytes list, size_t at, SenseData& wrong) {
  wrong = sense::parameter_list_length_error();
  const bool has_subpage = list[at] & kSubpageFormat;
  if (list.size() - at < (has_subpage ? 4u : 2u)) return nullptr;
  const auto code = static_cast<uint8_t>(list[at] & 0x3f);
  const PageBytes* fixed = find_page(code, has_subpage ? list[at + 1] : uint8_t{0});
  if (!fixed) {
    const bool known = find_page(code, 0) != nullptr;
    wrong = known ? sense::invalid_field_in_list(static_cast<uint16_t>(at), 6)
                  : sense::invalid_field_in_list(static_cast<uint16_t>(at), 5);
    return nullptr;
  }
  const size_t length = has_subpage ? size_t{4} + load_be16(&list[at + 2]) : 2u + list[at + 1];
  if (length != length_of(*fixed)) {
    wrong = sense::invalid_field_in_list(static_cast<uint16_t>(at + (has_subpage ? 2 : 1)));
    return nullptr;
  }
  return list.size() - at < length ? nullptr : fixed;
}

}  // namespace

PagesWanted mode_pages_wanted(uint8_t page, uint8_t subpage) {
  bool code_known = page == kAllPages;
  for (const PageBytes& row : kPages) {
    if (is_wanted(row, page, subpage)) return PagesWanted::some;
    code_known |= code_of(row) == page;
  }
  return code_known ? PagesWanted::no_such_subpage : PagesWanted::no_such_page;
}

size_t mode_pages(const LogicalUnit& unit, PageControl control, uint8_t page, uint8_t subpage,
                  Bytes to) {
  size_t written = 0;
  for (const PageBytes& fixed : kPages) {
    if (!is_wanted(fixed, page, subpage)) continue;
    const PageBytes bytes = page_with_settings(unit, fixed, control);
    std::copy_n(bytes.begin(), length_of(fixed), to.begin() + static_cast<ptrdiff_t>(written));
    written += length_of(fixed);
  }
  return written;
}

std::optional<SenseData> parse_mode_pages(const LogicalUnit& unit, ConstBytes list, size_t from,
                                          std::vector<ModeChange>& changes) {
  for (size_t at = from; at < list.size();) {
    SenseData wrong;
    const PageBytes* fixed = page_at(list, at, wrong);
    if (!fixed) return wrong;
    PageBytes page{};
    std::copy_n(list.begin() + static_cast<ptrdiff_t>(at), length_of(*fixed), page.begin());
    if (auto differs = check_fixed_bits(unit, *fixed, page, at)) return differs;
    for (const ModeField& field : mode_fields()) {
      if (!belongs(field, *fixed)) continue;
      const auto value =
          static_cast<uint8_t>((page[field.byte] & field.mask) >> std::countr_zero(field.mask));
      if (!field.allows(value))
        return sense::invalid_field_in_list(static_cast<uint16_t>(at + field.byte),
                                            static_cast<uint8_t>(std::bit_width(field.mask) - 1));
      changes.push_back({&field, value});
    }
    at += length_of(*fixed);
  }
  return std::nullopt;
}

bool make_changes(const std::vector<ModeChange>& changes, ModeSettings& settings) {
  bool different = false;
  for (const ModeChange& change : changes)
    different |= (settings.*change.field->value).exchange(change.value) != change.value;
  return different;
}

}  // namespace tidemark::scsi
