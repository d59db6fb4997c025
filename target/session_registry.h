// SessionRegistry: which sessions there are, by name of the initiator port: what TSIH, session
// reinstatement and the way to a session for further connections need (RFC 7143 clause
// 6.3.5). Decides only; belongs to core 0.
//
// A login claims its session before its last response. If the same initiator port already has one
// with that target, the old one is to be ended first and the claim waits until it is released. A
// login that names a TSIH is shown to the session of that handle.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/executor.h"
#include "target/login_refusal.h"

namespace tidemark::target {

class SessionRegistry {
 public:
  struct Name {
    std::string initiator;
    uint64_t isid = 0;
    std::string target;  // empty: discovery, where nothing is reinstated
    uint16_t portal_group = 1;
    auto operator<=>(const Name&) const = default;
  };
  struct Grant {
    LoginStatus status = LoginStatus::success;
    uint64_t id = 0;
    uint16_t tsih = 0;
    bool joins = false;  // a session that is there already, on `core`
    CoreId core = 0;
  };
  using Granted = std::function<void(Grant)>;
  /// Asks session `id` on `core` to end, which release() then confirms.
  using End = std::function<void(uint64_t id, CoreId core)>;

  SessionRegistry(uint32_t sessions_max, End end)
      : sessions_max_(sessions_max), end_(std::move(end)) {}

  /// `tsih` as the login request has it; `core` is where the session would live. `granted` runs now
  /// or later, once.
  void claim(Name name, uint16_t tsih, CoreId core, Granted granted);
  /// The session of a grant is over, or never came to be.
  void release(uint64_t id);

  size_t size() const { return sessions_.size(); }

 private:
  struct Entry {
    uint64_t id = 0;
    Name name;
    uint16_t tsih = 0;
    CoreId core = 0;
    bool ending = false;
  };
  struct Waiter {
    Name name;
    CoreId core;
    Granted granted;
  };

  Entry* find(const Name& name);
  uint16_t free_tsih();
  void grant(Waiter claim);
  void end(Entry& entry);

  const uint32_t sessions_max_;
  const End end_;
  std::vector<Entry> sessions_;
  std::vector<Waiter> waiters_;
  std::set<uint16_t> tsihs_;
  uint64_t last_id_ = 0;
  uint16_t last_tsih_ = 0;
};

}  // namespace tidemark::target
