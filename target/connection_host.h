// ConnectionHost: what the full feature phase of a connection asks of the connection it runs on.
// All on the session's core; none of them calls back before it returns.
#pragma once

#include <string>

namespace tidemark::target {

class ConnectionHost {
 public:
  virtual ~ConnectionHost() = default;
  /// There is something to send, or to execute.
  virtual void work_ready() = 0;
  /// Work again once the core's buffer pool has got something back.
  virtual void memory_wanted() = 0;
  /// The header that could not be taken (FullFeature::header_complete) is to be offered again.
  virtual void header_wanted() = 0;
  /// Close the connection, once what is ready has had a chance to be sent.
  virtual void hang_up(std::string reason) = 0;
  /// End all sessions of the target this one is logged in to (TARGET COLD RESET).
  virtual void end_all_sessions() = 0;
};

}  // namespace tidemark::target
