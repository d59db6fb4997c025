#include "target/session.h"

#include <algorithm>
#include <utility>

#include "target/full_feature.h"

namespace tidemark::target {

Session::Session(Parameters parameters, uint32_t cmd_sn, std::unique_ptr<ScsiPort> port,
                 const Limits& limits, std::function<void()> over)
    : parameters_(std::move(parameters)),
      limits_(limits),
      port_(std::move(port)),
      window_(cmd_sn, limits.window_depth),
      management_(*this, limits),
      over_(std::move(over)) {}

Session::~Session() = default;

void Session::admit(uint16_t cid, Admitted admitted) {
  if (detaching_) return admitted(LoginStatus::session_does_not_exist);
  const bool taken = std::find(seats_.begin(), seats_.end(), cid) != seats_.end();
  if (!taken) {
    if (seats_.size() >= parameters_.get(Key::max_connections))
      return admitted(LoginStatus::too_many_connections);
    seats_.push_back(cid);
    return admitted(LoginStatus::success);
  }
  applicants_.push_back({cid, std::move(admitted)});
  // One that is still on its way in, or that is leaving already, makes room later.
  if (FullFeature* old = connection(cid)) old->hang_up("connection reinstatement");
}

void Session::give_up(uint16_t cid) {
  seat_free(cid);
}

void Session::enter(FullFeature& connection) {
  connections_.push_back(&connection);
  for (const Applicant& applicant : applicants_)
    if (applicant.cid == connection.cid()) return connection.hang_up("connection reinstatement");
}

void Session::leave(FullFeature& connection, std::function<void()> left) {
  std::erase(connections_, &connection);
  if (management_.fenced()) management_.acknowledged();  // nothing is awaited from it any more
  departed_.commands += connection.commands();
  departed_.bytes_read += connection.bytes_read();
  departed_.bytes_written += connection.bytes_written();
  const uint16_t cid = connection.cid();
  if (detaching_ || (single() && applicants_.empty())) {
    // Its tasks end with the nexus.
    return detach([self = shared_from_this(), cid, left = std::move(left)] {
      left();
      self->seat_free(cid);
    });
  }
  connection.abort_tasks([self = shared_from_this(), cid, left = std::move(left)] {
    left();
    self->report_window();
    self->seat_free(cid);
  });
}

/// The seat goes to who waits for it; without any seat taken there is no session.
void Session::seat_free(uint16_t cid) {
  std::erase(seats_, cid);
  seat_next(cid);
  if (seats_.empty() && !detaching_) detach([] {});
  wake_early();  // what waited for the connection that left waits in vain
}

void Session::seat_next(uint16_t cid) {
  const auto next = std::find_if(applicants_.begin(), applicants_.end(),
                                 [cid](const Applicant& a) { return a.cid == cid; });
  if (next == applicants_.end()) return;
  const Admitted admitted = std::move(next->admitted);
  applicants_.erase(next);
  if (detaching_) return admitted(LoginStatus::session_does_not_exist);
  seats_.push_back(cid);
  admitted(LoginStatus::success);
}

void Session::detach(std::function<void()> ended) {
  if (detached_) return ended();
  on_detached_.push_back(std::move(ended));
  if (std::exchange(detaching_, true)) return;
  auto detached = [self = shared_from_this()] {
    self->detached_ = true;
    for (auto& call : std::exchange(self->on_detached_, {})) call();
    for (auto& applicant : std::exchange(self->applicants_, {}))
      applicant.admitted(LoginStatus::session_does_not_exist);
    self->over_();
  };
  if (!port_) return detached();
  port_->detach(std::move(detached));
}

void Session::close(const std::string& reason) {
  for (FullFeature* connection : std::vector(connections_)) connection->hang_up(reason);
}

void Session::end(const std::string& reason) {
  for (FullFeature* connection : std::vector(connections_)) connection->drop(reason);
}

void Session::tick(TimePoint now) {
  if (early_since_ == TimePoint{} || now - early_since_ < limits_.command_gap) return;
  early_since_ = {};
  end("commands are missing before CmdSN");
}

void Session::wake_early() {
  early_since_ = {};  // who still has to wait says so again
  for (FullFeature* connection : connections_) connection->header_again();
  management_.window_moved();
}

void Session::report_window() {
  if (!connections_.empty()) connections_.front()->report_window();
}

FullFeature* Session::connection(uint16_t cid) const {
  for (FullFeature* connection : connections_)
    if (connection->cid() == cid) return connection;
  return nullptr;
}

bool Session::has(const FullFeature& connection) const {
  return std::find(connections_.begin(), connections_.end(), &connection) != connections_.end();
}

Exchange* Session::find(uint32_t itt) {
  for (FullFeature* connection : connections_)
    if (Exchange* exchange = connection->find(itt)) return exchange;
  return nullptr;
}

Session::Counts Session::counts() const {
  Counts counts = departed_;
  for (const FullFeature* connection : connections_) {
    counts.commands += connection->commands();
    counts.bytes_read += connection->bytes_read();
    counts.bytes_written += connection->bytes_written();
  }
  return counts;
}

}  // namespace tidemark::target
