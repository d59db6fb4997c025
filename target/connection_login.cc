// The way of a Connection from its first PDU into its session: the answers of the login machine,
// the claim at the registry, the move to the session's core, the seat.
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "base/log.h"
#include "target/connection.h"
#include "target/server_core.h"

namespace tidemark::target {

void Connection::login_pdu() {
  LoginStep step = login_->request(reader_.bhs(), reader_.data());
  if (step.kind == LoginStep::Kind::claim) return claim();
  send_login(std::move(step));
}

void Connection::send_login(LoginStep step) {
  login_step_ = std::move(step);
  writer_.add(login_step_.response,
              {reinterpret_cast<const uint8_t*>(login_step_.text.data()), login_step_.text.size()});
  if (login_step_.kind != LoginStep::Kind::refuse) return;
  close_when_sent_ = true;
  refused();
}

SessionInfo Connection::info_of_login() const {
  const Parameters& parameters = login_->parameters();
  SessionInfo info;
  info.peer = peer_;
  info.local = local_;
  info.portal_group = view_.portal_group();
  info.core = core_;
  info.initiator = parameters.initiator_name;
  info.isid = login_->isid();
  info.type = parameters.session_type();
  if (info.type == SessionType::normal) info.target = parameters.target_name;
  return info;
}

void Connection::refused() {
  const Parameters& parameters = login_->parameters();
  log_warning("login from {} refused ({}, status {:04x}h): initiator '{}', target '{}': {}", peer_,
              name_of(login_->cause()), uint16_t{as<LoginResponse>(login_step_.response).status},
              printable(parameters.initiator_name), printable(parameters.target_name),
              login_->reason());
  SessionInfo info = info_of_login();
  info.target = parameters.target_name;
  server_->count(login_->cause());
  server_->tell({SessionEvent::Kind::refused, std::move(info), login_->reason()});
}

void Connection::claim() {
  phase_ = Phase::claiming;
  SessionInfo info = info_of_login();
  target_ = info.target;
  SessionRegistry::Name name{std::move(info.initiator), info.isid, std::move(info.target),
                             view_.portal_group()};
  server_->claim(
      core_, std::move(name), login_->asked_tsih(),
      [self = shared_from_this()](const SessionRegistry::Grant& grant) { self->claimed(grant); });
}

void Connection::claimed(const SessionRegistry::Grant& grant) {
  const bool made = grant.status == LoginStatus::success && !grant.joins;
  if (closed_) {
    if (made) server_->release(grant.id);
    return;
  }
  if (grant.status != LoginStatus::success) {
    send_login(
        login_->refuse(grant.status, cause_of(grant.status), "the session is not to be had"));
    return resume();
  }
  if (made) return begin_session(grant);
  if (grant.core == core_) return join_session(grant);
  move_to_session(grant);
}

void Connection::begin_session(const SessionRegistry::Grant& grant) {
  SessionInfo info = info_of_login();
  info.id = grant.id;
  info.tsih = grant.tsih;
  std::unique_ptr<ScsiPort> port;
  if (info.type == SessionType::normal)
    port = std::make_unique<DevicePort>(login_->admission(), info.initiator, info.isid,
                                        view_.portal_group(),
                                        login_->parameters().get(Key::iscsi_protocol_level));
  auto session = std::make_shared<Session>(
      login_->parameters(), login_->cmd_sn(), std::move(port), server_->limits(),
      [server = server_, core = core_, id = grant.id] { server->session_over(core, id); });
  log_info("session {} of '{}' with {} from {} on core {}", info.id, printable(info.initiator),
           info.target.empty() ? "discovery" : info.target, peer_, core_);
  server_->session_begins(session, std::move(info));
  session->admit(login_->cid(), [&](LoginStatus status) { admitted(session, grant, status); });
}

/// Nothing of it is under way: its login has been answered but for the last response, and it reads
/// no further before that is sent.
void Connection::move_to_session(const SessionRegistry::Grant& grant) {
  boost::system::error_code error;
  const auto protocol = socket_.local_endpoint(error).protocol();
  const int fd = error ? -1 : socket_.release(error);
  if (error) return close(error.message());
  server_->move(shared_from_this(), core_, grant.core,
                [self = shared_from_this(), grant, protocol, fd] {
                  boost::system::error_code failed;
                  self->core_ = grant.core;
                  self->view_.look_at(self->server_->offering(grant.core));
                  self->socket_ = Socket(self->server_->cores().context(grant.core));
                  self->socket_.assign(protocol, fd, failed);
                  if (failed) ::close(fd);
                  if (failed) return self->close(failed.message());
                  self->join_session(grant);
                });
}

void Connection::join_session(const SessionRegistry::Grant& grant) {
  const auto session = server_->session(core_, grant.id);
  if (!session) return admitted(nullptr, grant, LoginStatus::session_does_not_exist);
  session->admit(login_->cid(), [self = shared_from_this(), session, grant](LoginStatus status) {
    self->admitted(session, grant, status);
  });
}

void Connection::admitted(const std::shared_ptr<Session>& session,
                          const SessionRegistry::Grant& grant, LoginStatus status) {
  const bool seated = status == LoginStatus::success;
  if (closed_) {
    if (seated) session->give_up(login_->cid());
    return;
  }
  if (seated) {
    session_id_ = grant.id;
    enter_full_feature(session, grant.tsih);
    if (grant.joins)
      log_info("connection {} of session {} from {}", login_->cid(), grant.id, peer_);
  } else {
    send_login(
        login_->refuse(status, cause_of(status), "the session does not take the connection"));
  }
  // In a turn of its own: the session may be further up the stack.
  boost::asio::post(socket_.get_executor(), [self = shared_from_this()] { self->resume(); });
}

void Connection::enter_full_feature(std::shared_ptr<Session> session, uint16_t tsih) {
  LoginStep last = login_->finish(tsih);
  auto response = as<LoginResponse>(last.response);
  response.exp_cmd_sn = session->window().exp_cmd_sn();
  response.max_cmd_sn = session->window().max_cmd_sn();
  last.response = bhs_of(response);
  send_login(std::move(last));
  FullFeature::Start start;
  start.parameters = session->parameters();
  start.parameters.take_connection_part(login_->parameters());
  start.stat_sn = login_->next_stat_sn();
  start.cid = login_->cid();
  start.core = core_;
  // What was agreed counts from the first PDU after the last Login Response.
  const bool header_digest = start.parameters.get(Key::header_digest) == kDigestCrc32c;
  const bool data_digest = start.parameters.get(Key::data_digest) == kDigestCrc32c;
  reader_.set_segment_max(start.parameters.our_segment_max);
  reader_.set_digests(header_digest, data_digest);
  writer_.set_digests(header_digest, data_digest);
  full_ = std::make_shared<FullFeature>(std::move(start), session, view_, server_->limits(),
                                        server_->pool(core_), reader_, *this);
  phase_ = Phase::full_feature;
  logged_in_ = true;
  server_->logged_in();
  session->enter(*full_);
}

}  // namespace tidemark::target
