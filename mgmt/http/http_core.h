// The inside of HttpServer: what its connections share. All of it lives on the HTTP thread, save
// post(). Private to http_server.cc and http_connection.cc.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <thread>

#include "mgmt/http/event_ring.h"
#include "mgmt/http/http_server.h"
#include "mgmt/http/repeated_requests.h"

namespace tidemark::mgmt {

class HttpConnection;

class HttpServer::Core : public std::enable_shared_from_this<HttpServer::Core> {
 public:
  Core(MethodTable table, HttpLimits bounds) : methods(std::move(table)), limits(bounds) {}
  ~Core();

  Result<std::string> listen(const std::string& address);
  void start();
  void stop();
  void accept();
  /// Of a connection that is over.
  void forget(uint64_t connection);
  void publish(const std::string& type, const std::string& data);
  /// The answer to the call that `connection` waits for. Whoever holds it keeps this object alive,
  /// but not the connection. With a `key` it is remembered, whether or not somebody still waits.
  Answer answer_for(uint64_t connection, const std::string& key);

  boost::asio::io_context context{1};
  const MethodTable methods;
  const HttpLimits limits;
  EventRing ring;
  RepeatedRequests repeats;
  size_t event_streams = 0;

 private:
  void accepted(boost::asio::ip::tcp::socket socket);
  void answered(uint64_t connection, const std::string& key, const Render& render);

  boost::asio::ip::tcp::acceptor acceptor_{context};
  std::map<uint64_t, std::shared_ptr<HttpConnection>> connections_;
  uint64_t next_connection_ = 1;
  std::thread thread_;
};

}  // namespace tidemark::mgmt
