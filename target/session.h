// Session: what the connections of one session share (RFC 7143 clause 4.3): the SCSI port and so
// the I_T nexus, the CmdSN window, the session-wide parameters, and who is connected.
//
// No I/O. It lives on one core and so do all of its connections: those that log in later are moved
// there (docs/decisions/0011). Kept alive by its connections and by the server's list.
//
// A connection has a seat from the moment its login is accepted until the last of its tasks has
// ended. When the last seat is given up the nexus is lost and the session over.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "target/command_window.h"
#include "target/limits.h"
#include "target/login.h"
#include "target/negotiation.h"
#include "target/scsi_port.h"
#include "target/task_management.h"

namespace tidemark::target {

class FullFeature;
struct Exchange;

class Session : public std::enable_shared_from_this<Session> {
 public:
  /// `port` is null in a discovery session. `over` runs once, when nothing of it is left.
  Session(Parameters parameters, uint32_t cmd_sn, std::unique_ptr<ScsiPort> port,
          const Limits& limits, std::function<void()> over);
  ~Session();

  using Admitted = std::function<void(LoginStatus)>;
  /// A login wants a connection `cid` in this session. If that is taken, its holder is closed first
  /// (connection reinstatement, clause 6.3.4); `admitted` runs now or later, once.
  void admit(uint16_t cid, Admitted admitted);
  /// An admitted login came to nothing.
  void give_up(uint16_t cid);
  void enter(FullFeature& connection);
  /// The connection is gone: its tasks are aborted. `left` runs when none of them is left; then the
  /// connection may be destroyed.
  void leave(FullFeature& connection, std::function<void()> left);

  /// Aborts everything (I_T nexus loss); `ended` runs when nothing is left with the device server.
  void detach(std::function<void()> ended);
  /// Closes all connections, and so the session: at once, or with a word to the initiator.
  void close(const std::string& reason);
  void end(const std::string& reason);
  bool ending() const { return detaching_; }
  /// Looks at the clocks of the session.
  void tick(TimePoint now);

  /// The window has moved: what waited for its CmdSN goes on. Called for every request delivered.
  void window_moved() {
    if (early_since_ != TimePoint{} || management_.waiting()) wake_early();
  }
  /// A connection's request came before its turn.
  void note_early(TimePoint now) {
    if (early_since_ == TimePoint{}) early_since_ = now;
  }
  /// A closed window has opened without a response that would say so.
  void report_window();

  FullFeature* connection(uint16_t cid) const;
  bool has(const FullFeature& connection) const;
  const std::vector<FullFeature*>& connections() const { return connections_; }
  /// No other connection can bring what is missing.
  bool single() const { return seats_.size() == 1; }
  /// The task with `itt`, on whichever connection it came.
  Exchange* find(uint32_t itt);

  const Parameters& parameters() const { return parameters_; }
  CommandWindow& window() { return window_; }
  ScsiPort* port() { return port_.get(); }
  TaskManagement& management() { return management_; }

  struct Counts {
    uint64_t commands = 0;
    uint64_t bytes_read = 0;
    uint64_t bytes_written = 0;
  };
  Counts counts() const;

 private:
  struct Applicant {
    uint16_t cid;
    Admitted admitted;
  };

  void seat_free(uint16_t cid);
  void seat_next(uint16_t cid);
  void wake_early();

  const Parameters parameters_;
  const Limits& limits_;
  std::unique_ptr<ScsiPort> port_;
  CommandWindow window_;
  TaskManagement management_;
  std::function<void()> over_;

  std::vector<uint16_t> seats_;            // by CID; of connections and of logins on their way
  std::vector<FullFeature*> connections_;  // those that have entered and not left
  std::vector<Applicant> applicants_;      // wait for the seat of their CID
  Counts departed_;                        // of connections that have left
  TimePoint early_since_{};                // since when a request has waited for those before it

  bool detaching_ = false;
  bool detached_ = false;
  std::vector<std::function<void()>> on_detached_;
};

}  // namespace tidemark::target
