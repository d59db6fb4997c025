#include "base/fail_point.h"

#include <atomic>
#include <charconv>
#include <csignal>
#include <string>

namespace tidemark {
namespace {

std::atomic<uint64_t> to_go{1};

}  // namespace

FailPoint armed_fail_point = FailPoint::none;

void reach_armed_fail_point() {
  if (--to_go == 0) std::raise(SIGKILL);
}

Result<void> arm_fail_point(std::string_view order) {
  const size_t colon = order.find(':');
  const std::string_view name = order.substr(0, colon);
  uint64_t count = 1;
  if (colon != std::string_view::npos) {
    const std::string_view text = order.substr(colon + 1);
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (wrong != std::errc{} || end != text.data() + text.size() || count == 0)
      return Error{ErrorKind::invalid, "'" + std::string(text) + "' is no count", {}};
  }
  for (const FailPointName& row : kFailPointNames) {
    if (row.name != name) continue;
    to_go = count;
    armed_fail_point = row.point;
    return {};
  }
  return Error{ErrorKind::invalid, "there is no fail point '" + std::string(name) + "'", {}};
}

}  // namespace tidemark
