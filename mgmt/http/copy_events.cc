#include "mgmt/http/copy_events.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "mgmt/http/time_text.h"

namespace tidemark::mgmt {

std::string_view CopyEvents::type_of(const copyengine::CopyStatus& status) {
  const Told now{status.state, status.store_level};
  const auto [at, fresh] = told_.try_emplace(status.id, Told{status.state, 0});
  const Told before = std::exchange(at->second, now);
  if (status.at_rest) told_.erase(at);
  if (fresh || before.state != now.state) return "copy";
  return before.store_level != now.store_level ? "store" : "progress";
}

nlohmann::ordered_json at_time(uint64_t unix_ns, const nlohmann::ordered_json& object) {
  nlohmann::ordered_json event = {{"time", time_text(unix_ns)}};
  event.update(object);
  return event;
}

}  // namespace tidemark::mgmt
