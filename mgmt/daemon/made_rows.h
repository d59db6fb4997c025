// MadeRows: what was made through the management port, on top of what the configuration file says:
// volumes, targets, LUNs and access rows, each as the JSON that the configuration would have for
// it; and point-in-time images (image_rows.h). Values; made_records.h keeps them.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "mgmt/daemon/config.h"

namespace tidemark::mgmt {

struct MadeKey {
  std::string kind;   // "volume", "image", "target", "access", "lun"
  std::string owner;  // of "access" and "lun": the target, which may be one of the file's
  std::string name;   // of "access": the initiator; of "lun": its number
  auto operator<=>(const MadeKey&) const = default;

  static MadeKey volume(const std::string& name) { return {"volume", {}, name}; }
  static MadeKey image(const std::string& name) { return {"image", {}, name}; }
  static MadeKey target(const std::string& name) { return {"target", {}, name}; }
  static MadeKey access(const std::string& target, const std::string& initiator) {
    return {"access", target, initiator};
  }
  static MadeKey lun(const std::string& target, uint16_t number) {
    return {"lun", target, std::to_string(number)};
  }
};

using MadeRows = std::map<MadeKey, std::string>;

// The rows' JSON.
std::string made_volume(const storage::VolumeSpec& volume);
/// A volume's row with another size.
std::string with_size(const std::string& row, uint64_t bytes);
std::string made_target(const std::string& name);
std::string made_access(const AccessConfig& access);
std::string made_lun(const LunConfig& lun);

struct MadeConfig {
  Config config;
  /// Of rows that do not fit to the file: what they name is not there, or is there already. They
  /// are left out.
  std::vector<Error> misfits;
};

/// `file` with `rows` added to it.
MadeConfig with_made(Config file, const MadeRows& rows);

}  // namespace tidemark::mgmt
