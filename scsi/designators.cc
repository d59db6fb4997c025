#include "scsi/designators.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/big_endian.h"

namespace tidemark::scsi {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr size_t kT10SerialMax = 200;

Bytes bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

std::string vendor_of(const Identity& identity) {
  std::string vendor = identity.vendor;
  vendor.resize(8, ' ');
  return vendor;
}

/// A T10 vendor ID of 20 bytes: behind the vendor the 60 bits that differ in the NAA designators of
/// units, five to a character (RFC 4648 clause 6).
Bytes short_t10_vendor_id(const Identity& identity) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text = vendor_of(identity);
  const uint64_t number = load_be64(identity.naa.data());
  for (int shift = 55; shift >= 0; shift -= 5) text += kAlphabet[number >> shift & 0x1f];
  return bytes_of(text);
}

/// NUL-terminated, and padded to a multiple of four (SPC-4 clause 7.8.6.11).
Bytes scsi_name(const Identity& identity) {
  Bytes name = bytes_of(fmt::format("naa.{:016X}", load_be64(identity.naa.data())));
  name.resize(name.size() / 4 * 4 + 4);
  return name;
}

ConstBytes without_zeroes(ConstBytes bytes) {
  while (!bytes.empty() && bytes.back() == 0) bytes = bytes.first(bytes.size() - 1);
  return bytes;
}

}  // namespace

std::vector<Designator> designators_of(const Identity& identity) {
  return {
      {CodeSet::binary, DesignatorType::naa, {identity.naa.begin(), identity.naa.end()}},
      {CodeSet::binary, DesignatorType::eui64, {identity.eui64.begin(), identity.eui64.end()}},
      {CodeSet::ascii, DesignatorType::t10_vendor_id,
       bytes_of(vendor_of(identity) + identity.serial.substr(0, kT10SerialMax))},
      {CodeSet::ascii, DesignatorType::t10_vendor_id, short_t10_vendor_id(identity)},
      {CodeSet::utf8, DesignatorType::scsi_name, scsi_name(identity)},
  };
}

bool is_designated(const Identity& identity, CodeSet code_set, DesignatorType type,
                   ConstBytes bytes) {
  const bool name = type == DesignatorType::scsi_name;
  return std::ranges::any_of(designators_of(identity), [&](const Designator& one) {
    if (one.code_set != code_set || one.type != type) return false;
    return std::ranges::equal(one.bytes, bytes) ||
           (name && std::ranges::equal(without_zeroes(one.bytes), bytes));
  });
}

}  // namespace tidemark::scsi
