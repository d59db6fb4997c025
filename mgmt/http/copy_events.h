// CopyEvents: what event streams are told of copies. A change of state is a "copy" event, a store
// that has become fuller or emptier by a level a "store" event, anything else (figures, at most
// twice a second) a "progress" event; all carry the whole copy object.
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
  struct Told {
    copyengine::CopyState state;
    unsigned store_level;
  };
  std::map<uint64_t, Told> told_;  // of copies not yet at rest
};

/// `object` with the time of its event in front.
nlohmann::ordered_json at_time(uint64_t unix_ns, const nlohmann::ordered_json& object);

}  // namespace tidemark::mgmt
