#include "target/iscsi_server.h"

#include "target/server_core.h"

namespace tidemark::target {

IscsiServer::IscsiServer(CorePool& cores, std::vector<scsi::TargetDevice*> targets, Limits limits)
    : core_(std::make_shared<ServerCore>(cores, std::move(targets), limits)) {}

IscsiServer::~IscsiServer() {
  core_->drop();
}

Result<std::string> IscsiServer::listen(const std::string& address) {
  return core_->listen(address);
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
