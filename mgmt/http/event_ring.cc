#include "mgmt/http/event_ring.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidemark::mgmt {

uint64_t EventRing::publish(std::string_view type, std::string_view data) {
  events_.push_back(fmt::format("id: {}\nevent: {}\ndata: {}\n\n", next_, type, data));
  if (events_.size() > kKept) events_.pop_front();
  return next_++;
}

uint64_t EventRing::position_after(std::optional<uint64_t> last_seen) const {
  if (!last_seen) return next_;
  if (*last_seen >= next_) return oldest();
  return *last_seen + 1;
}

std::string EventRing::take(uint64_t& position, size_t bytes_max) const {
  std::string text;
  if (position < oldest()) {
    text = fmt::format(": {} events are lost\n\n", oldest() - position);
    position = oldest();
  }
  while (position < next_ && text.size() < bytes_max) {
    text += events_[position - oldest()];
    ++position;
  }
  return text;
}

}  // namespace tidemark::mgmt
