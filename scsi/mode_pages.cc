#include "scsi/mode_pages.h"

#include <algorithm>
#include <bit>

namespace tidemark::scsi {
namespace {

constexpr size_t kPageMax = 20;
using PageBytes = std::array<uint8_t, kPageMax>;

/// A bit of a page that MODE SELECT may change.
struct ChangeableBit {
  uint8_t page;
  uint8_t byte;
  uint8_t mask;
  std::atomic<bool> LogicalUnit::Settings::*setting;
  std::optional<bool> ModeChange::*change;
};

constexpr ChangeableBit kChangeable[] = {
    {0x08, 2, 0x04, &LogicalUnit::Settings::write_cache, &ModeChange::write_cache},
    {0x0a, 2, 0x04, &LogicalUnit::Settings::descriptor_sense, &ModeChange::descriptor_sense},
    {0x0a, 4, 0x08, &LogicalUnit::Settings::software_write_protect,
     &ModeChange::software_write_protect},
};

/// A page: its code, length, then what never changes. Bits of kChangeable are 0 here.
constexpr PageBytes kPages[] = {
    {0x01, 0x0a},                                      // read-write error recovery
    {0x08, 0x12, 0x10},                                // caching: DISC
    {0x0a, 0x0a, 0x22, 0x10, 0, 0, 0, 0, 0xff, 0xff},  // control: TST 1, GLTSD, QAM 1
    {0x1c, 0x0a, 0x08},                                // informational exceptions: DEXCPT
};

size_t length_of(const PageBytes& page) {
  return size_t{2} + page[1];
}

bool setting_of(const LogicalUnit& unit, const ChangeableBit& bit, PageControl control) {
  if (control == PageControl::changeable) return true;
  if (control == PageControl::current) return unit.settings().*(bit.setting);
  return bit.setting == &LogicalUnit::Settings::write_cache && unit.traits().write_cache;
}

PageBytes page_with_settings(const LogicalUnit& unit, const PageBytes& fixed, PageControl control) {
  PageBytes page = fixed;
  if (control == PageControl::changeable) std::fill(page.begin() + 2, page.end(), uint8_t{0});
  for (const ChangeableBit& bit : kChangeable)
    if (bit.page == fixed[0] && setting_of(unit, bit, control))
      page[bit.byte] = static_cast<uint8_t>(page[bit.byte] | bit.mask);
  return page;
}

const PageBytes* find_page(uint8_t code) {
  for (const PageBytes& page : kPages)
    if (page[0] == code) return &page;
  return nullptr;
}

/// The first bit in which a page of the list differs where it may not.
std::optional<SenseData> check_fixed_bits(const LogicalUnit& unit, ConstBytes page, size_t at) {
  const PageBytes* fixed = find_page(page[0]);
  const PageBytes current = page_with_settings(unit, *fixed, PageControl::current);
  const PageBytes changeable = page_with_settings(unit, *fixed, PageControl::changeable);
  for (size_t i = 2; i < page.size(); ++i) {
    const auto wrong = static_cast<uint8_t>((page[i] ^ current[i]) & ~changeable[i]);
    if (wrong)
      return sense::invalid_field_in_list(static_cast<uint16_t>(at + i),
                                          static_cast<uint8_t>(std::bit_width(wrong) - 1));
  }
  return std::nullopt;
}

}  // namespace

size_t mode_pages(const LogicalUnit& unit, PageControl control, uint8_t page, Bytes to) {
  size_t written = 0;
  for (const PageBytes& fixed : kPages) {
    if (page != kAllPages && page != fixed[0]) continue;
    const PageBytes bytes = page_with_settings(unit, fixed, control);
    std::copy_n(bytes.begin(), length_of(fixed), to.begin() + written);
    written += length_of(fixed);
  }
  return written;
}

bool ModeChange::apply(LogicalUnit::Settings& settings) const {
  bool different = false;
  for (const ChangeableBit& bit : kChangeable)
    if (const auto& value = this->*(bit.change))
      different |= (settings.*(bit.setting)).exchange(*value) != *value;
  return different;
}

std::optional<SenseData> parse_mode_pages(const LogicalUnit& unit, ConstBytes list, size_t from,
                                          ModeChange& change) {
  for (size_t at = from; at < list.size();) {
    if (list.size() - at < 2) return sense::parameter_list_length_error();
    const auto code = static_cast<uint8_t>(list[at] & 0x3f);
    const PageBytes* fixed = find_page(code);
    if (!fixed || (list[at] & 0x40))  // SPF: no subpage is known
      return sense::invalid_field_in_list(static_cast<uint16_t>(at), fixed ? 6 : 5);
    if (list[at + 1] != (*fixed)[1])
      return sense::invalid_field_in_list(static_cast<uint16_t>(at + 1));
    if (list.size() - at < length_of(*fixed)) return sense::parameter_list_length_error();
    PageBytes page{};
    std::copy_n(list.begin() + at, length_of(*fixed), page.begin());
    page[0] = code;  // PS is reserved here, and initiators send back what they were sent
    if (auto wrong = check_fixed_bits(unit, ConstBytes(page).first(length_of(*fixed)), at))
      return wrong;
    for (const ChangeableBit& bit : kChangeable)
      if (bit.page == code) change.*(bit.change) = (page[bit.byte] & bit.mask) != 0;
    at += length_of(*fixed);
  }
  return std::nullopt;
}

}  // namespace tidemark::scsi
