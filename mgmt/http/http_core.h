// The inside of HttpServer: what its connections share. All of it lives on the HTTP thread, save
// post(). Private to http_server.cc and http_connection.cc.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "mgmt/http/event_ring.h"
#include "mgmt/http/http_server.h"
#include "mgmt/http/repeated_requests.h"

namespace tidemark::mgmt {

class HttpConnection;

class HttpServer::Core : public std::enable_shared_from_this<HttpServer::Core> {
 public:
  Core(MethodTable table, HttpLimits bounds, HttpSecurity guards)
      : tls(guards.tls), methods(std::move(table)), limits(bounds), security(std::move(guards)) {}
  ~Core();

  Result<std::string> listen(const std::string& address);
  void start();
  void stop();
  void accept();
  /// Of a connection that is over.
  void forget(uint64_t connection);
  void publish(const std::string& type, const std::string& data);
  /// What is done with an answer besides sending it, whether or not somebody still waits for it.
  struct Asked {
    std::string key;                  // it is remembered by that, if there is one
    std::optional<AuditEntry> audit;  // it is written down
  };
  /// The answer to the call that `connection` waits for. Whoever holds it keeps this object alive,
  /// but not the connection.
  Answer answer_for(uint64_t connection, Asked asked);
  void write_down(AuditEntry entry, const HttpResponse& response) const;

  boost::asio::io_context context{1};
  std::shared_ptr<boost::asio::ssl::context> tls;  // of connections to come; none: in the clear
  const MethodTable methods;
  const HttpLimits limits;
  const HttpSecurity security;
  EventRing ring;
  RepeatedRequests repeats;
  size_t event_streams = 0;

 private:
  void accepted(boost::asio::ip::tcp::socket socket);
  void answered(uint64_t connection, const Asked& asked, const Render& render);

  boost::asio::ip::tcp::acceptor acceptor_{context};
  std::map<uint64_t, std::shared_ptr<HttpConnection>> connections_;
  uint64_t next_connection_ = 1;
  std::thread thread_;
};

}  // namespace tidemark::mgmt
