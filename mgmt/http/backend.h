// Backend: what the management port asks of the daemon. The daemon's service implements it; tests
// have one of their own.
//
// Called on the HTTP thread. Answers come later, on any thread; none of the calls waits.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "copyengine/copy_types.h"
#include "scsi/access_state.h"
#include "target/session_info.h"

namespace tidemark::mgmt {

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
};

struct TargetView {
  struct Lun {
    uint16_t lun = 0;
    std::string volume;
  };
  /// Who is let in; of secrets nothing is known here.
  struct Access {
    std::string initiator;
    std::string chap_user = {};  // empty: no CHAP
    bool mutual = false;
    std::optional<std::vector<Lun>> luns = {};  // none: those of the target
  };
  std::string name;
  std::vector<Access> access;
  std::vector<Lun> luns;
  std::string moved_to = {};  // empty: served here
};

struct LunView {
  std::string target;
  uint16_t lun = 0;
  std::string volume;
  uint64_t size = 0;
  uint32_t block_size = 512;
  std::string naa;
  std::string serial;
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

class Backend {
 public:
  template <class T>
  using Reply = std::function<void(T)>;

  virtual ~Backend() = default;

  virtual void status(Reply<StatusView> reply) = 0;
  virtual void volumes(Reply<std::vector<VolumeView>> reply) = 0;
  virtual void sessions(Reply<std::vector<target::SessionInfo>> reply) = 0;
  virtual std::vector<TargetView> targets() const = 0;
  virtual std::vector<LunView> luns() const = 0;
  virtual std::optional<uint64_t> volume_size(const std::string& name) const = 0;

  /// Makes a volume `size` bytes large while it serves; answers with what it is then.
  virtual void grow_volume(const std::string& name, uint64_t size,
                           Reply<Result<VolumeView>> reply) = 0;

  // Target port groups, as scsi/port_groups.h has them.
  virtual void port_groups(const std::string& target,
                           Reply<Result<std::vector<PortGroupView>>> reply) = 0;
  /// Answered when every core knows.
  virtual void set_port_group(PortGroupOrder order, Reply<Result<PortGroupView>> reply) = 0;

  // Copies, as copyengine/copy_engine.h has them.
  virtual void start_copy(copyengine::CopyRequest request,
                          Reply<Result<copyengine::CopyStatus>> reply) = 0;
  virtual void act(uint64_t id, copyengine::CopyVerb verb,
                   Reply<Result<copyengine::CopyStatus>> reply) = 0;
  virtual void append_ranges(uint64_t id, std::vector<copyengine::CopyRange> ranges,
                             Reply<Result<copyengine::CopyStatus>> reply) = 0;
  virtual void set_copy(uint64_t id, const copyengine::CopyChange& change,
                        Reply<Result<copyengine::CopyStatus>> reply) = 0;
  virtual void copy(uint64_t id, Reply<Result<copyengine::CopyStatus>> reply) = 0;
  virtual void copies(Reply<std::vector<copyengine::CopyStatus>> reply) = 0;
  virtual void map(uint64_t id, uint64_t from, size_t max_runs,
                   Reply<Result<std::vector<copyengine::MapRun>>> reply) = 0;
};

}  // namespace tidemark::mgmt
