// LoadDriver: the sockets of some sessions and the one thread that serves them, by epoll: what one
// receive brought is handled as a whole, and what that made room for leaves in one send.
//
// All members are for that thread. Times are nanoseconds of the monotonic clock.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "mgmt/bench/initiator.h"
#include "mgmt/bench/lun_url.h"
#include "mgmt/bench/process_use.h"

namespace tidemark::mgmt::bench {

uint64_t monotonic_ns();

class LoadDriver {
 public:
  LoadDriver();
  ~LoadDriver();
  LoadDriver(const LoadDriver&) = delete;
  LoadDriver& operator=(const LoadDriver&) = delete;

  /// Connects; the login follows in log_in().
  Result<void> add(const LunUrl& url, LoginDialog::Who who, const Load& load);
  /// Until all sessions are ready.
  Result<void> log_in();

  /// What was done from `begin` to `end`, or until all sessions have done their count.
  struct Outcome {
    Tally tally;
    ProcessUse use;
    uint64_t ended = 0;
  };
  Result<Outcome> run(uint64_t begin, uint64_t end);

 private:
  struct Connection {
    int fd = -1;
    bool awaits_room = false;  // to send
    bool open = true;
    std::unique_ptr<Initiator> initiator;
  };

  Result<void> turn(int timeout_ms);
  void receive(Connection& connection);
  void send(Connection& connection);
  void watch(Connection& connection, bool room);
  void drop(Connection& connection);
  Outcome outcome(const ProcessUse& before) const;
  Result<void> log_out();

  int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  size_t open_ = 0;
};

}  // namespace tidemark::mgmt::bench
