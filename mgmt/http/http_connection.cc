#include "mgmt/http/http_connection.h"

#include <boost/asio/write.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <charconv>

#include "mgmt/http/address_text.h"
#include "mgmt/http/problem.h"
#include "mgmt/http/request_origin.h"

namespace tidemark::mgmt {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

namespace {

constexpr std::string_view kServer = "tidemark";
constexpr size_t kStreamChunk = 64 * kKiB;
// What a refused client may go on sending before its connection is cut for good.
constexpr size_t kLingerBytes = 4 * kMiB;
constexpr std::chrono::seconds kLingerTime{2};

HttpResponse not_known() {
  HttpResponse refusal = problem(401, "the token is not known");
  // RFC 6750 clause 3.1.
  refusal.headers.emplace_back("WWW-Authenticate",
                               "Bearer realm=\"tidemark\", error=\"invalid_token\"");
  return refusal;
}

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

HttpConnection::HttpConnection(HttpServer::Core& core, uint64_t id, asio::ip::tcp::socket socket,
                               PeerStream::TlsContext tls)
    : core_(core),
      id_(id),
      stream_(std::move(socket), std::move(tls)),
      buffer_(core.limits.header_bytes + core.limits.body_bytes),
      heartbeat_(core.context) {
  error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  const auto peer = stream_.socket().remote_endpoint(ignored);
  peer_ = address_text(peer.address().to_string(), peer.port());
}

HttpConnection::~HttpConnection() = default;

void HttpConnection::serve() {
  if (!stream_.in_tls()) return read_request();
  stream_.expires_after(core_.limits.request_time);
  stream_.async_handshake([self = shared_from_this()](error_code error) {
    if (error) return self->end();
    self->read_request();
  });
}

void HttpConnection::turn_away() {
  if (stream_.in_tls()) return end();  // to say why would take a handshake
  write(problem(503, "too many connections are open"), false);
}

void HttpConnection::abandon() {
  error_code ignored;
  stream_.socket().close(ignored);
  heartbeat_.cancel();
}

void HttpConnection::end() {
  if (streaming_) {
    streaming_ = false;
    --core_.event_streams;
  }
  abandon();
  core_.forget(id_);
}

void HttpConnection::read_request() {
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(core_.limits.header_bytes));
  parser_->body_limit(core_.limits.body_bytes);
  stream_.expires_after(core_.limits.request_time);
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](error_code error, size_t) { self->on_header(error); });
}

void HttpConnection::on_header(error_code error) {
  if (error) return refuse_broken(error);
  if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) return read_body();
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(kContinue),
                    [self = shared_from_this()](error_code failed, size_t) {
                      if (failed) return self->end();
                      self->read_body();
                    });
}

void HttpConnection::read_body() {
  http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](error_code error, size_t) { self->on_request(error); });
}

void HttpConnection::on_request(error_code error) {
  if (error) return refuse_broken(error);
  dispatch();
}

// A request that cannot be understood is answered where it can be, and its connection closed: where
// the next one would start is not known.
void HttpConnection::refuse_broken(error_code error) {
  if (error == http::error::body_limit)
    return write(problem(413, "a body may have 1 MiB at most"), false);
  if (error == http::error::header_limit)
    return write(problem(431, "the header is too large"), false);
  const bool malformed = error.category() == make_error_code(http::error::bad_target).category() &&
                         error != http::error::end_of_stream &&
                         error != http::error::partial_message;
  if (malformed) return write(problem(400, "this is not HTTP: " + error.message()), false);
  end();
}

void HttpConnection::dispatch() {
  auto& request = parser_->get();
  keep_alive_ = request.keep_alive();
  head_only_ = request.method() == http::verb::head;
  const std::optional<Caller> caller = identify();
  if (!caller) return write(not_known(), keep_alive_);
  // Who may do something without a token may do it for being local, which a page of others that is
  // open in a browser here is too. A token is nothing that such a page has.
  const bool for_being_local = caller->name.empty() && caller->role != Role::none;
  const Reach reach = for_being_local ? Reach::local : Reach::anywhere;
  if (!made_on_purpose(view(request[http::field::host]), view(request[http::field::origin]), reach))
    return write(problem(403, "requests from other origins are refused"), false);

  Routed routed = core_.methods.route(view(request.method_string()), view(request.target()),
                                      std::move(request.body()));
  if (routed.row == nullptr) return write(std::move(routed.refusal), keep_alive_);
  routed.call.caller = *caller;
  if (auto refusal = refusal_of(*routed.row, *caller)) {
    if (routed.row->verb != "GET") core_.write_down(audit_entry(routed), *refusal);
    return write(std::move(*refusal), keep_alive_);
  }
  if (routed.row->event_stream) return begin_stream(routed.call);
  routed.call.if_match = view(request[http::field::if_match]);
  carry_out(std::move(routed));
}

// Nothing: a token was shown that is none.
std::optional<Caller> HttpConnection::identify() const {
  const Authority* authority = core_.security.authority;
  if (authority == nullptr) return Caller{{}, Role::administrator};
  const std::string_view header = view(parser_->get()[http::field::authorization]);
  if (header.empty()) return Caller{{}, authority->anonymous()};
  constexpr std::string_view kScheme = "Bearer ";  // RFC 6750 clause 2.1
  if (header.size() < kScheme.size() ||
      !beast::iequals({header.data(), kScheme.size()}, {kScheme.data(), kScheme.size()}))
    return std::nullopt;
  return authority->caller_of(header.substr(kScheme.size()));
}

std::optional<HttpResponse> HttpConnection::refusal_of(const MethodRow& row,
                                                       const Caller& caller) const {
  const Role needed = role_of(row);
  if (caller.role >= needed) return std::nullopt;
  const std::string needs = "this takes the role " + std::string(name_of(needed));
  if (!caller.name.empty())
    return problem(403,
                   needs + "; token " + caller.name + " has " + std::string(name_of(caller.role)));
  HttpResponse refusal = problem(401, needs + ": show a token");
  refusal.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"tidemark\"");
  return refusal;
}

AuditEntry HttpConnection::audit_entry(const Routed& routed) const {
  const auto& request = parser_->get();
  AuditEntry entry;
  entry.who = routed.call.caller.name;
  entry.role = name_of(routed.call.caller.role);
  entry.peer = peer_;
  entry.method = view(request.method_string());
  entry.target = view(request.target());
  entry.request_is_secret = routed.row->secret;
  if (!routed.row->secret) entry.request = routed.call.body;
  return entry;
}

void HttpConnection::carry_out(Routed routed) {
  const auto& request = parser_->get();
  HttpServer::Core::Asked asked;
  if (routed.row->verb != "GET") {
    asked.key = view(request["Idempotency-Key"]);
    asked.audit = audit_entry(routed);
  }
  if (!asked.key.empty()) {
    // Of one caller: another one must not get this one's answers.
    std::string whole = routed.call.caller.name;
    whole.append(" ")
        .append(view(request.method_string()))
        .append(" ")
        .append(view(request.target()))
        .append("\n")
        .append(routed.call.body);
    if (auto known = core_.repeats.begin(asked.key, whole))
      return write(std::move(*known), keep_alive_);
  }
  waiting_for_answer_ = true;
  routed.row->handler(std::move(routed.call), core_.answer_for(id_, std::move(asked)));
}

void HttpConnection::respond(HttpResponse response) {
  if (!waiting_for_answer_) return;
  waiting_for_answer_ = false;
  write(std::move(response), keep_alive_);
}

void HttpConnection::write(HttpResponse response, bool keep_alive) {
  response_ = Response(http::int_to_status(response.status), 11);
  response_.set(http::field::server, kServer);
  response_.set(http::field::content_type, response.content_type);
  response_.set(http::field::cache_control, "no-store");
  response_.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) response_.set(name, value);
  response_.keep_alive(keep_alive);
  response_.body() = std::move(response.body);
  response_.prepare_payload();
  // The length stays, as RFC 9110 clause 9.3.2 asks.
  if (head_only_) response_.body().clear();
  head_only_ = false;

  stream_.expires_after(core_.limits.write_time);
  http::async_write(stream_, response_,
                    [self = shared_from_this(), keep_alive](error_code error, size_t) {
                      if (error && error != http::error::end_of_stream) return self->end();
                      if (keep_alive) return self->read_request();
                      self->linger();
                    });
}

// Closing with unread data would reset the connection and could take the answer with it.
void HttpConnection::linger() {
  if (stream_.in_tls()) {
    stream_.expires_after(kLingerTime);
    return stream_.async_shutdown([self = shared_from_this()](error_code) { self->end(); });
  }
  error_code error;
  if (lingered_ == 0) {
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
    stream_.expires_after(kLingerTime);
  }
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kStreamChunk),
                          [self = shared_from_this()](error_code failed, size_t bytes) {
                            self->lingered_ += bytes;
                            if (failed || self->lingered_ > kLingerBytes) return self->end();
                            self->linger();
                          });
}

void HttpConnection::begin_stream(const Call& call) {
  if (core_.event_streams >= core_.limits.event_streams)
    return write(problem(503, "too many event streams are open"), keep_alive_);
  // A browser cannot send the header with its first request, and sends it with all later ones.
  std::optional<uint64_t> last_seen;
  if (const auto after = call.query.find("after"); after != call.query.end())
    last_seen = after->second;
  const std::string_view text = view(parser_->get()["Last-Event-ID"]);
  uint64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!text.empty() && error == std::errc{} && rest == text.data() + text.size()) last_seen = value;

  // No length and no chunks: the stream ends with the connection, for HTTP/1.0 and 1.1 alike.
  std::string header =
      "HTTP/1.1 200 OK\r\nServer: tidemark\r\nContent-Type: text/event-stream\r\n"
      "Cache-Control: no-store\r\nConnection: close\r\n\r\n";
  if (head_only_) {
    stream_text_ = std::move(header);
    stream_.expires_after(core_.limits.write_time);
    return asio::async_write(stream_, asio::buffer(stream_text_),
                             [self = shared_from_this()](error_code, size_t) { self->end(); });
  }
  ++core_.event_streams;
  streaming_ = true;
  position_ = core_.ring.position_after(last_seen);
  stream_.expires_never();
  watch_for_end();
  arm_heartbeat();
  write_stream(header + ": tidemark events\n\n");
}

// Nothing is expected from a reader but its end.
void HttpConnection::watch_for_end() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kKiB),
                          [self = shared_from_this()](error_code error, size_t) {
                            if (!self->streaming_) return;
                            if (error) return self->end();
                            self->watch_for_end();
                          });
}

void HttpConnection::arm_heartbeat() {
  heartbeat_.expires_after(core_.limits.heartbeat);
  heartbeat_.async_wait([self = shared_from_this()](error_code error) {
    if (error || !self->streaming_) return;
    if (!self->stream_busy_) self->write_stream(": heartbeat\n\n");
    self->arm_heartbeat();
  });
}

void HttpConnection::send_events() {
  if (!streaming_ || stream_busy_) return;
  std::string text = core_.ring.take(position_, kStreamChunk);
  if (!text.empty()) write_stream(std::move(text));
}

void HttpConnection::write_stream(std::string text) {
  stream_busy_ = true;
  stream_text_ = std::move(text);
  stream_.expires_after(core_.limits.write_time);
  asio::async_write(stream_, asio::buffer(stream_text_),
                    [self = shared_from_this()](error_code error, size_t) {
                      if (!self->streaming_) return;
                      self->stream_busy_ = false;
                      if (error) return self->end();
                      self->send_events();
                    });
}

}  // namespace tidemark::mgmt
