// The daemon's own state as JSON: status, volumes, targets, LUNs, sessions.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "mgmt/http/backend.h"

namespace tidemark::mgmt {

nlohmann::ordered_json encode_status(const StatusView& status);
nlohmann::ordered_json encode_volume(const VolumeView& volume);
nlohmann::ordered_json encode_target(const TargetView& target);
nlohmann::ordered_json encode_lun(const LunView& lun);
nlohmann::ordered_json encode_session(const target::SessionInfo& session);
nlohmann::ordered_json encode_session_event(const target::SessionEvent& event);

}  // namespace tidemark::mgmt
