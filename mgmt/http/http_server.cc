#include "mgmt/http/http_server.h"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/log.h"
#include "mgmt/http/address_text.h"
#include "mgmt/http/http_connection.h"
#include "mgmt/http/http_core.h"

namespace tidemark::mgmt {

namespace asio = boost::asio;
using asio::ip::tcp;

HttpServer::Core::~Core() = default;

Result<std::string> HttpServer::Core::listen(const std::string& address) {
  Result<Address> parsed = parse_address(address);
  if (!parsed) return parsed.error();
  const tcp::endpoint endpoint(asio::ip::make_address(parsed.value().host), parsed.value().port);
  boost::system::error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    const bool taken = error == asio::error::address_in_use;
    return Error{taken ? ErrorKind::conflict : ErrorKind::io,
                 "cannot listen on " + address + ": " + error.message(),
                 {}};
  }
  const tcp::endpoint bound = acceptor_.local_endpoint();
  return address_text(bound.address().to_string(), bound.port());
}

void HttpServer::Core::start() {
  accept();
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "tidemark-http");
    const auto work = asio::make_work_guard(context);
    context.run();
  });
}

void HttpServer::Core::stop() {
  if (!thread_.joinable()) return;
  asio::post(context, [this] {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    for (const auto& [id, connection] : connections_) connection->abandon();
    connections_.clear();
    // What the closing started is already queued; it is dropped with the context.
    context.stop();
  });
  thread_.join();
}

void HttpServer::Core::accept() {
  acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
    if (!error) {
      accepted(std::move(socket));
      return accept();
    }
    if (!acceptor_.is_open()) return;
    // Out of file descriptors, most likely: they do not come back by asking again at once.
    log_warning("management port: cannot accept: {}", error.message());
    auto pause = std::make_shared<asio::steady_timer>(context, std::chrono::milliseconds(200));
    pause->async_wait([this, pause](boost::system::error_code) {
      if (acceptor_.is_open()) accept();
    });
  });
}

void HttpServer::Core::accepted(tcp::socket socket) {
  const uint64_t id = next_connection_++;
  const bool crowded = connections_.size() >= limits.connections;
  auto connection = std::make_shared<HttpConnection>(*this, id, std::move(socket), tls);
  // One in excess is told so and closed; it is counted too, and beyond twice the limit none is.
  if (crowded && connections_.size() >= 2 * limits.connections) return;
  connections_.emplace(id, connection);
  if (crowded) return connection->turn_away();
  connection->serve();
}

void HttpServer::Core::forget(uint64_t connection) {
  connections_.erase(connection);
}

void HttpServer::Core::publish(const std::string& type, const std::string& data) {
  ring.publish(type, data);
  const auto readers = connections_;
  for (const auto& [id, connection] : readers) connection->send_events();
}

void HttpServer::Core::answered(uint64_t connection, const Asked& asked, const Render& render) {
  const auto at = connections_.find(connection);
  if (at == connections_.end() && asked.key.empty() && !asked.audit) return;
  HttpResponse response = render();
  if (!asked.key.empty()) repeats.keep(asked.key, response);
  if (asked.audit) write_down(*asked.audit, response);
  if (at != connections_.end()) at->second->respond(std::move(response));
}

void HttpServer::Core::write_down(AuditEntry entry, const HttpResponse& response) const {
  if (!security.audit) return;
  entry.status = response.status;
  if (!entry.request_is_secret) entry.answer = response.body;
  security.audit(entry);
}

Answer HttpServer::Core::answer_for(uint64_t connection, Asked asked) {
  return [self = shared_from_this(), connection, asked = std::move(asked)](Render render) {
    asio::post(self->context, [core = self.get(), connection, asked, render = std::move(render)] {
      core->answered(connection, asked, render);
    });
  };
}

HttpServer::HttpServer(MethodTable methods, HttpLimits limits, HttpSecurity security)
    : core_(std::make_shared<Core>(std::move(methods), limits, std::move(security))) {}

HttpServer::~HttpServer() {
  stop();
}

Result<std::string> HttpServer::listen(const std::string& address) {
  return core_->listen(address);
}

void HttpServer::start() {
  core_->start();
}

void HttpServer::stop() {
  core_->stop();
}

void HttpServer::use_tls(std::shared_ptr<asio::ssl::context> tls) {
  asio::post(core_->context, [core = core_.get(), tls = std::move(tls)] { core->tls = tls; });
}

void HttpServer::publish(std::string type, std::function<std::string()> data) {
  asio::post(core_->context, [core = core_.get(), type = std::move(type), data = std::move(data)] {
    core->publish(type, data());
  });
}

}  // namespace tidemark::mgmt
