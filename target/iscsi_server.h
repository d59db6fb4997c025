// IscsiServer: the transport as the rest of the program sees it: portals that listen, sessions that
// come and go (RFC 7143).
//
// Connections are accepted on core 0 and dealt to the cores in turn. A session and its nexus live
// on the core of their first connection; further ones are moved there (docs/decisions/0011).
// ErrorRecoveryLevel 0. The CorePool outlives the server; destroy it after the cores have been
// joined.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/core_pool.h"
#include "base/result.h"
#include "target/access.h"
#include "target/limits.h"
#include "target/login_refusal.h"
#include "target/portal.h"
#include "target/session_info.h"

namespace tidemark::target {

struct Listener;
class ServerCore;

class IscsiServer {
 public:
  IscsiServer(CorePool& cores, std::shared_ptr<const Directory> directory, Limits limits = {});
  IscsiServer(const IscsiServer&) = delete;
  IscsiServer& operator=(const IscsiServer&) = delete;
  ~IscsiServer();

  /// Opens one more portal, at "address:port", "[v6]:port", or "address" (port 3260); port 0 lets
  /// the system choose. Returns the address bound. From one thread at a time, before or after the
  /// cores start, not after stop().
  Result<std::string> listen(const PortalSpec& spec);

  using MakeDirectory = std::function<std::shared_ptr<const Directory>()>;
  /// From here on these are the portals and these the targets; returns the addresses bound. An
  /// Error (a new portal could not be opened; its field is "portals[i]") changes nothing: `targets`
  /// is called once all portals are there. Sessions that are still admitted to what they have go
  /// on, and are told of LUNs that were added; others are asked to log out, and dropped after
  /// Limits::stop_grace. As listen().
  Result<std::vector<std::string>> change(const std::vector<PortalSpec>& portals,
                                          const MakeDirectory& targets);

  /// Stops accepting, asks initiators to log out (Async Message 1), and after Limits::stop_grace
  /// aborts what is left. `done` runs on core 0 when no connection remains. Any thread, once, while
  /// the cores run.
  void stop(std::function<void()> done);

  /// Hands over a list of all sessions that have finished login; `done` runs on core 0. Any thread.
  void sessions(std::function<void(std::vector<SessionInfo>)> done);

  /// Closes the connections of one of these, if it is still there. Any thread.
  void end_session(const SessionInfo& session, const std::string& reason);

  /// Refused logins by cause. Any thread.
  const RefusalCounts& refusals() const;

  /// Called on the session's core, for every session that begins, ends or is refused. Set it
  /// before the cores start.
  void on_session_event(std::function<void(const SessionEvent&)> listener);

 private:
  CorePool& cores_;
  std::shared_ptr<const Directory> directory_;
  std::vector<PortalSpec> portals_;
  std::vector<std::shared_ptr<Listener>> listeners_;  // of each portal
  std::shared_ptr<ServerCore> core_;
};

}  // namespace tidemark::target
