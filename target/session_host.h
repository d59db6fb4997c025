// SessionHost: what a session asks of the connection it runs on. All on the session's core; none of
// them calls back into the session before it returns.
#pragma once

#include <string>

namespace tidemark::target {

class SessionHost {
 public:
  virtual ~SessionHost() = default;
  /// There is something to send, or to execute.
  virtual void work_ready() = 0;
  /// Work again once the core's buffer pool has got something back.
  virtual void memory_wanted() = 0;
  /// Close the connection, and so end the session.
  virtual void hang_up(std::string reason) = 0;
  /// End all sessions of the target this one is logged in to (TARGET COLD RESET).
  virtual void end_all_sessions() = 0;
};

}  // namespace tidemark::target
