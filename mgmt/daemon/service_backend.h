// ServiceBackend: what the management port asks of the running service. On the HTTP thread; what
// belongs to a core is asked there by a message.
#pragma once

#include "mgmt/daemon/service_inventory.h"
#include "mgmt/http/backend.h"

namespace tidemark::mgmt {

class Service;

class ServiceBackend final : public Backend {
 public:
  /// `service` is built and outlives this.
  explicit ServiceBackend(Service& service) : service_(service), inventory_(service) {}

  void status(Reply<StatusView> reply) override;
  void volumes(Reply<std::vector<VolumeView>> reply) override;
  void grow_volume(const std::string& name, uint64_t size,
                   Reply<Result<VolumeView>> reply) override;
  void sessions(Reply<std::vector<target::SessionInfo>> reply) override;
  void drop_session(uint64_t id, Reply<Result<target::SessionInfo>> reply) override;
  std::vector<TargetView> targets() const override;
  std::vector<LunView> luns() const override;
  std::optional<uint64_t> volume_size(const std::string& name) const override;
  Inventory& inventory() override { return inventory_; }
  void configuration(Reply<Result<std::string>> reply) override;
  void reload(Reply<Result<std::string>> reply) override;
  Authority& authority() override;
  void port_groups(const std::string& target,
                   Reply<Result<std::vector<PortGroupView>>> reply) override;
  void set_port_group(PortGroupOrder order, Reply<Result<PortGroupView>> reply) override;
  void start_copy(copyengine::CopyRequest request,
                  Reply<Result<copyengine::CopyStatus>> reply) override;
  void start_group(copyengine::GroupRequest request,
                   Reply<Result<copyengine::GroupStatus>> reply) override;
  void copy_group(uint64_t id, Reply<Result<copyengine::GroupStatus>> reply) override;
  void copy_groups(Reply<std::vector<copyengine::GroupStatus>> reply) override;
  void act(uint64_t id, copyengine::CopyVerb verb,
           Reply<Result<copyengine::CopyStatus>> reply) override;
  void append_ranges(uint64_t id, std::vector<copyengine::CopyRange> ranges,
                     Reply<Result<copyengine::CopyStatus>> reply) override;
  void set_copy(uint64_t id, const copyengine::CopyChange& change,
                Reply<Result<copyengine::CopyStatus>> reply) override;
  void copy(uint64_t id, Reply<Result<copyengine::CopyStatus>> reply) override;
  void copies(Reply<std::vector<copyengine::CopyStatus>> reply) override;
  void map(uint64_t id, uint64_t from, size_t max_runs,
           Reply<Result<std::vector<copyengine::MapRun>>> reply) override;

 private:
  Service& service_;
  ServiceInventory inventory_;
};

}  // namespace tidemark::mgmt
