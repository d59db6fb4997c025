// The part of the configuration that says who may use what: targets with their access lists, CHAP,
// LUN maps and redirection, portals, and discovery.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mgmt/daemon/secret_source.h"
#include "target/portal_spec.h"
#include "target/target_directory.h"

namespace tidemark::mgmt {

struct LunConfig {
  uint16_t lun = 0;
  std::string volume;
  bool operator==(const LunConfig&) const = default;
};

/// One side's name and secret.
struct ChapConfig {
  std::string user;
  SecretSource source;
  target::Secret secret;  // set by load_secrets()
  bool operator==(const ChapConfig&) const = default;
};

struct AuthConfig {
  std::optional<ChapConfig> chap;    // what an initiator has to prove; none: its name is enough
  std::optional<ChapConfig> mutual;  // what we prove when asked
  bool operator==(const AuthConfig&) const = default;
};

struct AccessConfig {
  std::string initiator;  // an iSCSI name, a beginning and "*", or "*"
  AuthConfig auth;
  std::optional<std::vector<LunConfig>> luns;  // none: the target's
  bool copy_commands = false;                  // whether it may use the vendor commands
  bool operator==(const AccessConfig&) const = default;
};

struct TargetConfig {
  std::string name;
  std::vector<LunConfig> luns;
  std::vector<AccessConfig> access;
  std::optional<target::Redirection> redirect;
  bool operator==(const TargetConfig&) const = default;
};

}  // namespace tidemark::mgmt
