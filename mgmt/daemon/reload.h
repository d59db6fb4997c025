// Reload: takes the daemon from the configuration in force to the next one while it serves. On the
// control thread.
//
// First everything that can fail, each with a way back: volumes that go are taken from the copy
// engine (refused while a copy uses one), new ones are opened, new portals are bound. Then the
// rest, which cannot. What an Error leaves behind is the old configuration, wholly in force.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "mgmt/daemon/config.h"
#include "mgmt/daemon/config_change.h"
#include "mgmt/daemon/made_rows.h"
#include "mgmt/daemon/served_volume.h"

namespace tidemark::mgmt {

class Service;

class Reload {
 public:
  /// `made` is what of `next` was made through the management port.
  Reload(Service& service, Config next, MadeRows made)
      : service_(service), next_(std::move(next)), made_(std::move(made)) {}
  Reload(const Reload&) = delete;
  Reload& operator=(const Reload&) = delete;
  /// Goes back, if run() has not come to its end.
  ~Reload();

  /// Once. An Error's field is the path of a key of the next configuration. `keep` puts the change
  /// on the disk, after all that can fail and before it is in force; its failure is one more.
  Result<void> run(const std::function<Result<void>()>& keep);
  /// After run(): the volumes that are served no longer.
  const std::vector<std::shared_ptr<ServedVolume>>& released() const { return released_; }

 private:
  using Volumes = std::vector<std::shared_ptr<ServedVolume>>;

  Result<void> release_removed();
  Result<void> open_added();
  std::shared_ptr<ServedVolume> find(const Volumes& volumes, const std::string& name) const;

  Service& service_;
  Config next_;
  MadeRows made_;
  ConfigChange change_;
  Volumes next_volumes_;  // in the order of the configuration
  Volumes added_;
  Volumes released_;  // no longer the copy engine's
  bool done_ = false;
};

}  // namespace tidemark::mgmt
