// What the management port says, as values: the answers of /api/v1 read from JSON.
//
// Reading is lenient, because the daemon may be newer than this program: unknown fields are passed
// over, missing ones keep their default. What is no JSON at all is an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace tidemark::mgmt::cli {

struct StatusView {
  std::string version;
  uint64_t uptime_seconds = 0;
  uint64_t cores = 0;
  std::string io_engine;
  std::vector<std::string> portals;
  uint64_t targets = 0;
  uint64_t volumes = 0;
  uint64_t sessions = 0;
  uint64_t copies_running = 0;
  uint64_t copies_ended = 0;
  uint64_t pid = 0;
};

struct VolumeView {
  std::string name;
  std::string kind;
  std::string location;
  std::string cache;
  uint64_t size = 0;
  uint64_t block_size = 0;
  std::string provisioning;
  bool read_only = false;
  bool write_protected = false;
};

struct LunView {
  std::string target;
  uint64_t lun = 0;
  std::string volume;
  uint64_t size = 0;
  uint64_t block_size = 0;
  std::string naa;
  std::string serial;
};

struct SessionView {
  uint64_t id = 0;
  std::string target;
  std::string initiator;
  std::string peer;
  std::string type;
  uint64_t core = 0;
  uint64_t commands = 0;
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
};

struct PortGroupView {
  struct Lun {
    uint64_t lun = 0;
    std::string volume;
    std::string state;
    bool preferred = false;
  };
  uint64_t tag = 0;
  std::vector<Lun> luns;
};

struct CopyView {
  uint64_t id = 0;
  std::string origin;
  std::string source;
  std::string destination;
  std::string state;
  std::string consistency;
  std::string release;
  std::string on_preserve_error;
  uint64_t segment_size = 0;
  uint64_t grain = 0;
  uint64_t rate_limit = 0;
  std::string impact;
  uint64_t latency_budget_us = 0;
  uint64_t chunk = 0;
  uint64_t under_way = 0;
  double share = 1;
  std::string t0;
  std::string started;
  std::string ended;
  uint64_t fence_us = 0;
  uint64_t bytes_total = 0;
  uint64_t bytes_done = 0;
  uint64_t bytes_written = 0;
  uint64_t bytes_skipped = 0;
  uint64_t bytes_zero = 0;
  uint64_t bytes_hole = 0;
  uint64_t bytes_verified = 0;
  uint64_t bytes_mismatched = 0;
  uint64_t bytes_preserved = 0;
  uint64_t bytes_routed = 0;
  uint64_t bytes_spilled = 0;
  uint64_t store_bytes = 0;
  uint64_t segments_total = 0;
  uint64_t segments_done = 0;
  uint64_t held_now = 0;
  uint64_t held_total = 0;
  uint64_t writes_failed = 0;
  double hold_p50_us = 0;
  double hold_p99_us = 0;
  double hold_p999_us = 0;
  double hold_max_us = 0;
  double rate = 0;
  std::optional<double> eta_seconds;
  std::string error;  // one line; empty while all is well

  bool has_ended() const;
  bool completed() const { return state == "completed"; }
};

/// Copies with one begin time.
struct GroupView {
  uint64_t id = 0;
  std::string state;
  std::string t0;
  uint64_t fence_us = 0;
  std::vector<CopyView> copies;
};

/// One piece of a downsampled snapshot map: bytes of the source per state.
struct MapBucket {
  uint64_t offset = 0;
  uint64_t length = 0;
  uint64_t owed = 0;
  uint64_t in_flight = 0;
  uint64_t preserved = 0;
  uint64_t copied = 0;
};

struct MapView {
  uint64_t size = 0;
  uint64_t grain = 0;
  std::vector<MapBucket> buckets;
};

/// What of a copy can be changed while it runs; empty fields stay as they are.
struct CopySettings {
  std::string rate_limit;
  std::string impact;
  std::optional<uint64_t> latency_budget_us;
};

/// What is asked for; empty fields are left to the daemon. Sizes are text, as the daemon reads
/// them ("64MiB").
struct CopyOrder : CopySettings {
  std::string source;
  std::string destination;
  std::string consistency;
  std::string segment_size;
  std::string grain;
  std::string release;
  std::string route;
  std::string store_limit;
  std::string on_preserve_error;
  bool verify = false;
  bool hold = false;
  std::vector<std::string> ranges;  // "SOURCE_OFFSET:DESTINATION_OFFSET:LENGTH"
};

/// Of the LUNs of a target through one portal group; what is not given stays as it is.
struct PortGroupSettings {
  std::string state;
  std::optional<bool> preferred;
};

/// Copies that are to have one begin time, all of them or none.
struct GroupOrder : CopySettings {
  std::vector<std::string> pairs;  // "SOURCE:DESTINATION"
  std::string grain;
  std::string release;
  std::optional<uint64_t> fence_deadline_ms;
};

Result<StatusView> read_status(const std::string& json);
Result<std::vector<VolumeView>> read_volumes(const std::string& json);
Result<VolumeView> read_volume(const std::string& json);
Result<std::vector<LunView>> read_luns(const std::string& json);
Result<std::vector<SessionView>> read_sessions(const std::string& json);
Result<PortGroupView> read_port_group(const std::string& json);
Result<std::vector<PortGroupView>> read_port_groups(const std::string& json);
Result<CopyView> read_copy(const std::string& json);
Result<std::vector<CopyView>> read_copies(const std::string& json);
Result<GroupView> read_group(const std::string& json);
Result<std::vector<GroupView>> read_groups(const std::string& json);
Result<MapView> read_map(const std::string& json);
/// The problem document (RFC 9457) of an answer with an error status.
Error read_problem(unsigned status, const std::string& json);

std::string write_order(const CopyOrder& order);
std::string write_group_order(const GroupOrder& order);
std::string write_ranges(const std::vector<std::string>& ranges);
std::string write_settings(const CopySettings& settings);
std::string write_port_group(const PortGroupSettings& settings);
/// The body of a volume's growth to `size`.
std::string write_growth(const std::string& size);

}  // namespace tidemark::mgmt::cli
