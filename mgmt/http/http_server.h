// HttpServer: HTTP/1.1 for management, on a thread and an io_context of its own, so that no request
// ever costs a data core more than the message it asks with.
//
// The peer is not trusted: header and body are bounded, a request must be complete in time, a
// client that does not read is dropped, connections are counted, and requests made by a web page of
// another origin are refused. Who may do what is told by the role of the row and by the Authority.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "mgmt/http/audit.h"
#include "mgmt/http/authority.h"
#include "mgmt/http/method_table.h"

namespace boost::asio::ssl {
class context;
}

namespace tidemark::mgmt {

struct HttpLimits {
  size_t connections = 64;
  size_t event_streams = 32;  // of the connections
  size_t header_bytes = 16 * kKiB;
  size_t body_bytes = kMiB;
  Duration request_time = std::chrono::seconds(30);  // to be idle and to send one request
  Duration write_time = std::chrono::seconds(30);    // to take one response, or some events
  Duration heartbeat = std::chrono::seconds(15);     // of an event stream
};

/// What stands between a request and its row.
struct HttpSecurity {
  const Authority* authority = nullptr;  // outlives the server; none: everybody is an administrator
  AuditLog audit = nullptr;
  std::shared_ptr<boost::asio::ssl::context> tls = nullptr;  // none: in the clear
};

class HttpServer {
 public:
  explicit HttpServer(MethodTable methods, HttpLimits limits = {}, HttpSecurity security = {});
  ~HttpServer();  // stops; calls still unanswered stay so
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Binds and listens. The value is the address in use (the port chosen, if 0 was asked for).
  Result<std::string> listen(const std::string& address);
  void start();
  /// Closes all connections and ends the thread.
  void stop();

  /// For connections to come: a certificate that was renewed. Any thread.
  void use_tls(std::shared_ptr<boost::asio::ssl::context> tls);

  /// Sends an event to all readers of event streams. `data` makes its one line, on the HTTP thread.
  /// From any thread.
  void publish(std::string type, std::function<std::string()> data);

  class Core;

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace tidemark::mgmt
