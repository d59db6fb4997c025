// IsnsClient: tells an iSNS server (RFC 4171) of the targets and portals there are: at once, after
// each change, before the registration runs out, and at the end that there is nothing any more.
//
// It has a thread and sockets of its own, and shares nothing with the data path. A TCP connection
// is made for each errand. A server that cannot be reached, or refuses, is tried again after a
// pause that grows up to a minute; the log has one line when that begins and one when it is over.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "target/isns_registration.h"
#include "target/portal.h"

namespace tidemark::target {

/// Those that one who reached us at `local` may reach (as target_addresses()), each once. A portal
/// behind a proxy whose name is not a number is left out: iSNS has no names.
std::vector<IsnsPortal> isns_portals(const std::vector<Portal>& portals,
                                     const boost::asio::ip::tcp::endpoint& local);

class IsnsClient {
 public:
  struct Options {
    boost::asio::ip::tcp::endpoint server;
    std::string entity;
    std::chrono::seconds period{300};  // of the registration
    Duration first_pause =
        std::chrono::seconds(1);  // after a failure; then twice as long each time
    Duration longest_pause = std::chrono::minutes(1);
    Duration errand_time = std::chrono::seconds(10);
    Duration farewell_time = std::chrono::seconds(2);
  };

  explicit IsnsClient(Options options);
  /// Deregisters, if that is done within `farewell_time`.
  ~IsnsClient();
  IsnsClient(const IsnsClient&) = delete;
  IsnsClient& operator=(const IsnsClient&) = delete;

  /// From here on these are served. Any thread; does not wait.
  void serve(std::vector<std::string> targets, std::vector<Portal> portals);

 private:
  void run();
  bool wait_until(TimePoint due);
  Result<void> errand(TimePoint deadline, bool farewell);
  Result<void> exchange(int fd, TimePoint deadline, bool farewell);
  IsnsEntity wanted(const boost::asio::ip::tcp::endpoint& local, bool farewell);
  void note(const Result<void>& done);

  const Options options_;
  int stop_event_;  // readable once it is to stop

  std::mutex mutex_;  // what follows, up to stopping_
  std::condition_variable wake_;
  std::vector<std::string> targets_;
  std::vector<Portal> portals_;
  bool changed_ = false;
  bool stopping_ = false;

  // On its thread.
  IsnsRegistration registration_;
  Duration pause_;
  bool failing_ = false;
  std::thread thread_;
};

}  // namespace tidemark::target
