// What management shows of the daemon: values, as they were when they were asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scsi/access_state.h"

namespace tidemark::mgmt {

/// The snapshot stores of all copies and images.
struct StorePoolView {
  uint64_t limit = 0;  // bytes; 0: none
  uint64_t used = 0;   // of old data
  unsigned level = 0;  // percent of the limit that is reached: 0, 50, 80 or 95
};

struct StatusView {
  std::string version;
  uint64_t uptime_seconds = 0;
  uint64_t cores = 0;
  std::string io_engine;
  std::vector<std::string> portals;
  uint64_t targets = 0;
  uint64_t volumes = 0;
  uint64_t sessions = 0;
  std::vector<std::pair<std::string, uint64_t>> refused_logins;  // by cause, since the start
  uint64_t copies_running = 0;
  uint64_t copies_ended = 0;
  StorePoolView store_pool;
  int pid = 0;
};

struct VolumeView {
  std::string name;
  std::string kind;
  std::string location;
  uint64_t size = 0;
  uint32_t block_size = 512;
  bool read_only = false;
  bool write_protected = false;
  bool write_back = true;
  bool thin = true;
  uint32_t physical_block_size = 4096;
  bool removable = false;
  bool made = false;  // through the management port, not by the configuration file
};

struct TargetView {
  struct Lun {
    uint16_t lun = 0;
    std::string volume;
    bool made = false;
  };
  /// Who is let in; of secrets nothing is known here.
  struct Access {
    std::string initiator;
    std::string chap_user = {};  // empty: no CHAP
    bool mutual = false;
    std::optional<std::vector<Lun>> luns = {};  // none: those of the target
    bool copy_commands = false;                 // whether it may use the vendor commands
    bool made = false;
  };
  std::string name;
  std::vector<Access> access;
  std::vector<Lun> luns;
  std::string moved_to = {};  // empty: served here
  bool made = false;
};

struct LunView {
  /// What hosts have done to the unit since the daemon started, or since a host reset its counters.
  struct Io {
    uint64_t reads = 0;  // commands
    uint64_t writes = 0;
    uint64_t bytes_read = 0;
    uint64_t bytes_written = 0;
    uint64_t errors = 0;  // commands that ended in a medium error
  };
  std::string target;
  uint16_t lun = 0;
  std::string volume;
  uint64_t size = 0;
  uint32_t block_size = 512;
  std::string naa;
  std::string serial;
  bool made = false;
  Io io = {};
};

/// A point-in-time image that has a name.
struct ImageView {
  struct Place {
    std::string target;
    uint16_t lun = 0;
  };
  std::string name;
  std::string source;  // volume
  bool broken = false;
  uint64_t t0_unix_ns = 0;
  uint64_t size = 0;
  uint32_t block_size = 512;
  uint32_t grain = 0;
  uint64_t store_limit = 0;
  uint64_t bytes_preserved = 0;  // by hosts' writes while it was the newest
  uint64_t store_bytes = 0;
  uint64_t held_now = 0;
  uint64_t held_total = 0;
  std::vector<Place> luns = {};
  std::string naa = {};     // of the logical unit it is; empty: it is none any more
  std::string serial = {};  // likewise
  std::string error_code = {};
  std::string error_party = {};
  std::string error_text = {};  // why it is broken
};

/// The LUNs of one target through one of its portal groups.
struct PortGroupView {
  struct Lun {
    uint16_t lun = 0;
    std::string volume;
    scsi::AccessState state = scsi::AccessState::optimized;
    bool preferred = false;
  };
  uint16_t tag = 1;
  std::vector<Lun> luns;
};

struct PortGroupOrder {
  std::string target;
  uint16_t tag = 1;
  std::optional<scsi::AccessState> state;
  std::optional<bool> preferred;
};

}  // namespace tidemark::mgmt
