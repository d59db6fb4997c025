// IscsiServer: the transport as the rest of the program sees it: portals that listen, sessions that
// come and go (RFC 7143).
//
// Connections are accepted on core 0 and dealt to the cores in turn. A session and its nexus live
// on the core of their first connection; further ones are moved there (docs/decisions/0009).
// ErrorRecoveryLevel 0. The target devices and the CorePool outlive the server;
// destroy it after the cores have been joined.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/core_pool.h"
#include "base/result.h"
#include "scsi/target_device.h"
#include "target/limits.h"
#include "target/session_info.h"

namespace tidemark::target {

class ServerCore;

class IscsiServer {
 public:
  IscsiServer(CorePool& cores, std::vector<scsi::TargetDevice*> targets, Limits limits = {});
  IscsiServer(const IscsiServer&) = delete;
  IscsiServer& operator=(const IscsiServer&) = delete;
  ~IscsiServer();

  /// Opens a portal at "address:port", "[v6]:port", or "address" (port 3260); port 0 lets the
  /// system choose. Returns the address bound. From one thread at a time, before or after the cores
  /// start, not after stop().
  Result<std::string> listen(const std::string& address);

  /// Stops accepting, asks initiators to log out (Async Message 1), and after Limits::stop_grace
  /// aborts what is left. `done` runs on core 0 when no connection remains. Any thread, once, while
  /// the cores run.
  void stop(std::function<void()> done);

  /// Hands over a list of all sessions that have finished login; `done` runs on core 0. Any thread.
  void sessions(std::function<void(std::vector<SessionInfo>)> done);

  /// Called on the session's core, for every session that begins, ends or is refused. Set it
  /// before the cores start.
  void on_session_event(std::function<void(const SessionEvent&)> listener);

 private:
  std::shared_ptr<ServerCore> core_;
};

}  // namespace tidemark::target
