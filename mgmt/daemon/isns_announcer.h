// IsnsAnnouncer: what is served, told to the iSNS server of the configuration, if it has one. From
// one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "mgmt/daemon/isns_config.h"
#include "mgmt/daemon/serving.h"
#include "target/isns_client.h"

namespace tidemark::mgmt {

class IsnsAnnouncer {
 public:
  /// `name` is this daemon's, for as long as its state directory lives.
  explicit IsnsAnnouncer(const std::string& name) : entity_("tidemark:" + name) {}

  /// From here on `serving` is served. Does not wait for a server, unless for the farewell to one
  /// that the configuration names no longer.
  void tell(const Serving& serving);
  /// Nothing is served any more. Waits a bounded time for the server to know.
  void stop() { client_.reset(); }

 private:
  const std::string entity_;
  std::optional<IsnsConfig> config_;  // of the client
  std::unique_ptr<target::IsnsClient> client_;
};

}  // namespace tidemark::mgmt
