// A small daemon behind the management port: two volumes, one target, copies that stay as they are
// put. Answers at once, on the caller's thread.
#pragma once

#include <map>

#include "mgmt/http/backend.h"
#include "tests/mgmt/fake_authority.h"
#include "tests/mgmt/fake_inventory.h"

namespace tidemark::mgmt {

class FakeBackend final : public Backend {
 public:
  static constexpr uint64_t kSize = 64 * kMiB;

  void status(Reply<StatusView> reply) override;
  void volumes(Reply<std::vector<VolumeView>> reply) override;
  /// The volume "source" grows to anything, others not at all.
  void grow_volume(const std::string& name, uint64_t size,
                   Reply<Result<VolumeView>> reply) override;
  void sessions(Reply<std::vector<target::SessionInfo>> reply) override;
  void drop_session(uint64_t id, Reply<Result<target::SessionInfo>> reply) override;
  std::vector<TargetView> targets() const override;
  std::vector<LunView> luns() const override;
  std::optional<uint64_t> volume_size(const std::string& name) const override;
  Inventory& inventory() override { return orders; }
  void configuration(Reply<Result<std::string>> reply) override { reply(std::string("{}")); }
  void reload(Reply<Result<std::string>> reply) override {
    reply(Error{ErrorKind::unsupported, "takes a restart to change", "cores"});
  }
  Authority& authority() override { return doorman; }
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
  /// Grain by grain: owed, in flight, preserved, copied, and again.
  void map(uint64_t id, uint64_t from, size_t max_runs,
           Reply<Result<std::vector<copyengine::MapRun>>> reply) override;

  FakeInventory orders;
  FakeAuthority doorman;
  PortGroupView group{.tag = 1, .luns = {{}}};

 private:
  std::map<uint64_t, copyengine::CopyStatus> copies_;
};

}  // namespace tidemark::mgmt
