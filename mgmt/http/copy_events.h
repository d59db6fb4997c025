// CopyEvents: what event streams are told of copies. A change of state is a "copy" event, anything
// else (figures, at most twice a second) a "progress" event; both carry the whole copy object.
//
// On the copies' home core.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "copyengine/copy_types.h"

namespace tidemark::mgmt {

class CopyEvents {
 public:
  std::string_view type_of(const copyengine::CopyStatus& status);

 private:
  std::map<uint64_t, copyengine::CopyState> told_;  // of copies not yet at rest
};

/// `object` with the time of its event in front.
nlohmann::ordered_json at_time(uint64_t unix_ns, const nlohmann::ordered_json& object);

}  // namespace tidemark::mgmt
