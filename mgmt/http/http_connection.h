// HttpConnection: one client of the management port: reads a request, hands it to its row, writes
// the answer, and so on; or turns into an event stream and stays one. On the HTTP thread.
//
// Owned by HttpServer::Core, and by the operations it has under way. One request at a time: what
// a client sends ahead stays in the (bounded) buffer until its turn.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>

#include "mgmt/http/http_core.h"
#include "mgmt/http/peer_stream.h"

namespace tidemark::mgmt {

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  /// In TLS if there is a context for it.
  HttpConnection(HttpServer::Core& core, uint64_t id, boost::asio::ip::tcp::socket socket,
                 PeerStream::TlsContext tls);
  ~HttpConnection();

  void serve();
  /// Answers 503 and closes.
  void turn_away();
  /// The answer to the request under way.
  void respond(HttpResponse response);
  /// Something may be new in the ring; does nothing unless this is an event stream.
  void send_events();
  /// Closes at once; the core has let go of it.
  void abandon();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Response = boost::beast::http::response<boost::beast::http::string_body>;

  void read_request();
  void on_header(boost::system::error_code error);
  void read_body();
  void on_request(boost::system::error_code error);
  void refuse_broken(boost::system::error_code error);
  void dispatch();
  std::optional<Caller> identify() const;
  /// Nothing if the caller may.
  std::optional<HttpResponse> refusal_of(const MethodRow& row, const Caller& caller) const;
  AuditEntry audit_entry(const Routed& routed) const;
  void carry_out(Routed routed);
  void write(HttpResponse response, bool keep_alive);
  void linger();

  void begin_stream(const Call& call);
  void watch_for_end();
  void arm_heartbeat();
  void write_stream(std::string text);
  void end();

  HttpServer::Core& core_;
  const uint64_t id_;
  PeerStream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Response response_;
  bool head_only_ = false;
  bool keep_alive_ = false;
  bool waiting_for_answer_ = false;
  std::string peer_;

  // As an event stream.
  bool streaming_ = false;
  bool stream_busy_ = false;
  uint64_t position_ = 0;
  std::string stream_text_;
  boost::asio::steady_timer heartbeat_;

  size_t lingered_ = 0;
};

}  // namespace tidemark::mgmt
