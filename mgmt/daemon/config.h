// Config: what the daemon is told to be, checked as a whole before anything is opened.
//
// The file is JSON with comments. Unknown keys, wrong types, impossible values, names given twice
// and references to nothing are refused, with the path of the key and the reason.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/result.h"
#include "mgmt/daemon/access_config.h"
#include "mgmt/daemon/config_tokens.h"
#include "mgmt/daemon/isns_config.h"
#include "mgmt/http/authority.h"
#include "mgmt/http/tls_files.h"
#include "storage/volume_spec.h"
#include "target/limits.h"

namespace tidemark::storage {
enum class EngineChoice : uint8_t;
}

namespace tidemark::mgmt {

/// How EXTENDED COPY lists are carried out.
struct XcopyConfig {
  static constexpr uint64_t kGatherMaxMs = 100;
  Duration gather{};  // zero: each list by itself
  bool operator==(const XcopyConfig&) const = default;
};

struct Config {
  static constexpr size_t kVolumesMax = 16384;  // as many as there are LUNs
  static constexpr size_t kTargetsMax = 64;
  static constexpr uint16_t kLunMax = 16383;  // flat space addressing (SAM-5 clause 4.7.7.3)
  static constexpr CoreId kCoresMax = 64;
  static constexpr uint64_t kBusyPollMax = 1'000'000;  // us

  std::vector<target::PortalSpec> portals = {{"127.0.0.1:3260"}};
  std::string management = "127.0.0.1:8260";
  Role anonymous = Role::operator_;  // what the management port allows without a token
  std::optional<TlsFiles> tls;       // of the management port; none: in the clear
  std::string state_dir;             // empty: default_state_dir()
  CoreId cores = default_cores();
  uint64_t busy_poll_us = 0;          // how long a core looks for work before it sleeps
  storage::EngineChoice io_engine{};  // automatic
  uint64_t store_pool = 0;            // bytes of old data that all copies and images keep; 0: any
  std::vector<storage::VolumeSpec> volumes;
  std::vector<TargetConfig> targets;
  AuthConfig discovery;
  std::optional<IsnsConfig> isns;  // none: nobody is told
  target::Limits limits;
  TokensConfig tokens;
  XcopyConfig xcopy;

  static CoreId default_cores();
};

/// Checks `text`. The error's field is the path of the key; empty when it is not JSON, and then
/// the message gives line and column.
Result<Config> parse_config(std::string_view text);
/// With its secrets.
Result<Config> read_config(const std::string& file);
/// What tidemarkd serves without --config. conf/tidemark.json says the same.
Config default_config();
std::string_view default_config_text();

/// "not a loopback address" and the like, for the options that override the file.
Result<void> check_management(const Config& config);
Result<void> check_portal(const std::string& address);
bool is_loopback(const std::string& address);

/// /var/lib/tidemark for root, else $XDG_STATE_HOME/tidemark or ~/.local/state/tidemark.
std::string default_state_dir();
/// A relative file path lies in `state_dir`.
std::string resolve_location(const std::string& location, const std::string& state_dir);

}  // namespace tidemark::mgmt
