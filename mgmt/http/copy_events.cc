#include "mgmt/http/copy_events.h"

#include <nlohmann/json.hpp>

#include "mgmt/http/time_text.h"

namespace tidemark::mgmt {

std::string_view CopyEvents::type_of(const copyengine::CopyStatus& status) {
  const auto [at, fresh] = told_.try_emplace(status.id, status.state);
  const bool changed = fresh || at->second != status.state;
  at->second = status.state;
  if (status.at_rest) told_.erase(at);
  return changed ? "copy" : "progress";
}

nlohmann::ordered_json at_time(uint64_t unix_ns, const nlohmann::ordered_json& object) {
  nlohmann::ordered_json event = {{"time", time_text(unix_ns)}};
  event.update(object);
  return event;
}

}  // namespace tidemark::mgmt
