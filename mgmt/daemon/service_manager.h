// ServiceManager: what systemd (or who speaks as it does) is told: that the daemon serves, reloads
// and ends, and again and again that it is alive (sd_notify(3); datagrams to NOTIFY_SOCKET).
// Without one, nothing is told.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/result.h"

namespace tidemark::mgmt {

class ServiceManager {
 public:
  /// Of the environment, which is left without these variables: they are not for children.
  ServiceManager();

  void ready() const { say("READY=1"); }
  void reloading() const;
  void stopping() const { say("STOPPING=1"); }
  void alive() const { say("WATCHDOG=1"); }
  /// How often alive() is to be said; nothing if nobody waits for it.
  std::optional<std::chrono::milliseconds> interval() const { return interval_; }

 private:
  void say(const std::string& text) const;

  std::string socket_;  // a path, or an abstract name that begins with '@'; empty: none
  std::optional<std::chrono::milliseconds> interval_;
};

}  // namespace tidemark::mgmt
