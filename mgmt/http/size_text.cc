#include "mgmt/http/size_text.h"

#include <array>
#include <charconv>

#include "base/bytes.h"

namespace tidemark::mgmt {
namespace {

struct Unit {
  std::string_view name;
  uint64_t bytes;
};
constexpr std::array kUnits = {Unit{"", 1}, Unit{"KiB", kKiB}, Unit{"MiB", kMiB}, Unit{"GiB", kGiB},
                               Unit{"TiB", 1024 * kGiB}};

}  // namespace

Result<uint64_t> parse_size(std::string_view text) {
  const Error fault{
      ErrorKind::invalid, "must be a size: bytes, or a whole number of KiB, MiB, GiB or TiB", {}};
  uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || rest == text.data()) return fault;
  const std::string_view unit(rest, static_cast<size_t>(end - rest));
  for (const Unit& row : kUnits) {
    if (row.name != unit) continue;
    if (count > UINT64_MAX / row.bytes) return fault;
    return count * row.bytes;
  }
  return fault;
}

std::string size_text(uint64_t bytes) {
  for (size_t i = kUnits.size(); i-- > 1;)
    if (bytes != 0 && bytes % kUnits[i].bytes == 0)
      return std::to_string(bytes / kUnits[i].bytes) + std::string(kUnits[i].name);
  return std::to_string(bytes);
}

}  // namespace tidemark::mgmt
