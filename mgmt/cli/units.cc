#include "mgmt/cli/units.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace tidemark::mgmt::cli {
namespace {

std::string three_digits(double value) {
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}", value, decimals);
}

}  // namespace

std::string bytes_text(double bytes) {
  static const char* const kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  size_t unit = 0;
  while (bytes >= 1023.5 && unit + 1 < std::size(kUnits)) {
    bytes /= 1024;
    ++unit;
  }
  if (unit == 0 || bytes == std::floor(bytes)) return fmt::format("{:.0f} {}", bytes, kUnits[unit]);
  return three_digits(bytes) + " " + kUnits[unit];
}

std::string rate_text(double bytes) {
  return bytes_text(bytes) + "/s";
}

std::string micros_text(double us) {
  if (us < 1000) return fmt::format("{:.0f} us", us);
  if (us < 1e6) return three_digits(us / 1000) + " ms";
  return three_digits(us / 1e6) + " s";
}

std::string seconds_text(double seconds) {
  const auto whole = static_cast<uint64_t>(std::clamp(std::round(seconds), 0.0, 1e12));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
  return fmt::format("{} d {} h", whole / 86400, whole / 3600 % 24);
}

std::string percent_text(uint64_t part, uint64_t whole) {
  if (part >= whole) return "100 %";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return fmt::format("{:.1f} %", std::min(percent, 99.9));
}

}  // namespace tidemark::mgmt::cli
