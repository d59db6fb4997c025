#include "target/iscsi_server.h"

#include <algorithm>

#include "target/address.h"
#include "target/listener.h"
#include "target/server_core.h"

namespace tidemark::target {

IscsiServer::IscsiServer(CorePool& cores, std::shared_ptr<const Directory> directory, Limits limits)
    : cores_(cores),
      directory_(std::move(directory)),
      core_(std::make_shared<ServerCore>(cores, limits)) {}

IscsiServer::~IscsiServer() {
  core_->drop();
}

Result<std::string> IscsiServer::listen(const PortalSpec& spec) {
  std::vector<PortalSpec> portals = portals_;
  portals.push_back(spec);
  auto bound = change(portals, [this] { return directory_; });
  if (!bound) return bound.error();
  return bound.value().back();
}

Result<std::vector<std::string>> IscsiServer::change(const std::vector<PortalSpec>& portals,
                                                     const MakeDirectory& targets) {
  std::vector<std::shared_ptr<Listener>> listeners;
  std::vector<std::string> bound;
  for (size_t i = 0; i < portals.size(); ++i) {
    const auto kept = std::ranges::find(portals_, portals[i].address, &PortalSpec::address);
    if (kept != portals_.end()) {
      listeners.push_back(listeners_[static_cast<size_t>(kept - portals_.begin())]);
    } else {
      auto opened = open_listener(cores_.context(0), portals[i].address);
      if (!opened) {
        Error error = opened.error();
        error.field = "portals[" + std::to_string(i) + "]";
        return error;
      }
      listeners.push_back(std::move(opened).value());
    }
    bound.push_back(to_text(listeners.back()->bound));
  }
  directory_ = targets();
  portals_ = portals;
  listeners_ = std::move(listeners);
  core_->serve(directory_, listeners_, portals_);
  return bound;
}

void IscsiServer::end_session(const SessionInfo& session, const std::string& reason) {
  core_->end_session(static_cast<CoreId>(session.core), session.id, reason);
}

const RefusalCounts& IscsiServer::refusals() const {
  return core_->refusals();
}

void IscsiServer::stop(std::function<void()> done) {
  core_->stop(std::move(done));
}

void IscsiServer::sessions(std::function<void(std::vector<SessionInfo>)> done) {
  core_->sessions(std::move(done));
}

void IscsiServer::on_session_event(std::function<void(const SessionEvent&)> listener) {
  core_->set_listener(std::move(listener));
}

}  // namespace tidemark::target
