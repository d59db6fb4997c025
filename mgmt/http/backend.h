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
#include "mgmt/http/authority.h"
#include "mgmt/http/inventory.h"
#include "mgmt/http/views.h"
#include "target/session_info.h"

namespace tidemark::mgmt {

class Backend {
 public:
  template <class T>
  using Reply = std::function<void(T)>;

  virtual ~Backend() = default;

  virtual void status(Reply<StatusView> reply) = 0;
  virtual void volumes(Reply<std::vector<VolumeView>> reply) = 0;
  virtual void sessions(Reply<std::vector<target::SessionInfo>> reply) = 0;
  /// Ends one; its initiator may log in again. Answers with what it was.
  virtual void drop_session(uint64_t id, Reply<Result<target::SessionInfo>> reply) = 0;
  virtual std::vector<TargetView> targets() const = 0;
  virtual std::vector<LunView> luns() const = 0;
  virtual std::optional<uint64_t> volume_size(const std::string& name) const = 0;
  /// How these are changed.
  virtual Inventory& inventory() = 0;
  /// What is in force, as JSON text in the words of the configuration file.
  virtual void configuration(Reply<Result<std::string>> reply) = 0;
  /// Reads the file again and applies what has changed; answers with what is in force then.
  virtual void reload(Reply<Result<std::string>> reply) = 0;
  /// Who may ask what of the port.
  virtual Authority& authority() = 0;

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
  virtual void start_group(copyengine::GroupRequest request,
                           Reply<Result<copyengine::GroupStatus>> reply) = 0;
  virtual void copy_group(uint64_t id, Reply<Result<copyengine::GroupStatus>> reply) = 0;
  virtual void copy_groups(Reply<std::vector<copyengine::GroupStatus>> reply) = 0;
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
