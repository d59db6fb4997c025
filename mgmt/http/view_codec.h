// The daemon's own state as JSON: status, volumes, targets, LUNs, sessions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "mgmt/http/backend.h"

namespace tidemark::mgmt {

nlohmann::ordered_json encode_store_pool(const StorePoolView& pool);
nlohmann::ordered_json encode_status(const StatusView& status);
nlohmann::ordered_json encode_volume(const VolumeView& volume);
nlohmann::ordered_json encode_target(const TargetView& target);
nlohmann::ordered_json encode_lun(const LunView& lun);
nlohmann::ordered_json encode_session(const target::SessionInfo& session);
nlohmann::ordered_json encode_session_event(const target::SessionEvent& event);

/// Entity tags: of what was made or configured, not of what goes on.
std::string tag_of(const VolumeView& volume);
std::string tag_of(const TargetView& target);
std::string tag_of(const LunView& lun);

}  // namespace tidemark::mgmt
