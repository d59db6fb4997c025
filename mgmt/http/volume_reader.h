// A volume as people write it down: an entry of "volumes" in the configuration, and the body that
// makes one through the management port.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "mgmt/http/object_reader.h"
#include "storage/volume_spec.h"

namespace tidemark::mgmt {

inline constexpr uint64_t kVolumeBytesMax = (uint64_t{1} << 63) - 4096;
inline constexpr uint32_t kPhysicalBlockMax = 64 * 1024;

/// Reads the object `value`, which stands at `path`. `location` says whether it must have one.
storage::VolumeSpec read_volume(const nlohmann::json& value, const std::string& path, Need location,
                                Faults& faults);
/// What read_volume() makes the same of.
nlohmann::ordered_json write_volume(const storage::VolumeSpec& volume);

inline constexpr const char* kVolumeNameRule =
    "must be 1 to 64 letters, digits, '.', '_' or '-', and not start with '.'";
bool is_volume_name(std::string_view name);

}  // namespace tidemark::mgmt
