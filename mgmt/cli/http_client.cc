#include "mgmt/cli/http_client.h"

#include <fmt/core.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <optional>

namespace tidemark::mgmt::cli {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;

namespace {

// A map of a large copy may be long, but no answer is longer than this.
constexpr uint64_t kBodyMax = 64 * 1024 * 1024;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

using Request = http::request<http::string_body>;

Error no_answer(const Url& url, const boost::system::error_code& error) {
  const std::string why = error == beast::error::timeout ? "no answer in time" : error.message();
  return {ErrorKind::io, fmt::format("{}:{}: {}", url.host, url.port, why), ""};
}

/// The request and its answer over `stream`, which is connected.
template <class Stream>
asio::awaitable<Result<HttpReply>> talk(const Url& url, Request& request, Stream& stream) {
  auto [write_error, written] = co_await http::async_write(stream, request, kAwait);
  if (write_error) co_return no_answer(url, write_error);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kBodyMax);
  auto [read_error, read] = co_await http::async_read(stream, buffer, parser, kAwait);
  if (read_error) co_return no_answer(url, read_error);
  co_return HttpReply{parser.get().result_int(), std::move(parser.get().body())};
}

/// The daemon's certificate must be of the host that the URL names, and of somebody trusted.
asio::awaitable<Result<HttpReply>> talk_in_tls(const Url& url, Request& request,
                                               beast::tcp_stream& tcp) {
  ssl::context context(ssl::context::tls_client);
  boost::system::error_code error;
  if (url.ca_file.empty())
    context.set_default_verify_paths(error);
  else
    context.load_verify_file(url.ca_file, error);
  if (error) co_return Error{ErrorKind::io, url.ca_file + ": " + error.message(), "TIDEMARK_CA"};
  ssl::stream<beast::tcp_stream&> stream(tcp, context);
  stream.set_verify_mode(ssl::verify_peer);
  stream.set_verify_callback(ssl::host_name_verification(url.host));
  SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str());
  auto [shake_error] = co_await stream.async_handshake(ssl::stream_base::client, kAwait);
  if (shake_error) co_return no_answer(url, shake_error);
  co_return co_await talk(url, request, stream);
}

asio::awaitable<Result<HttpReply>> exchange(const Url& url, Request request,
                                            std::chrono::seconds patience) {
  asio::ip::tcp::resolver resolver(co_await asio::this_coro::executor);
  auto [resolve_error, endpoints] = co_await resolver.async_resolve(url.host, url.port, kAwait);
  if (resolve_error) co_return no_answer(url, resolve_error);

  beast::tcp_stream stream(co_await asio::this_coro::executor);
  stream.expires_after(patience);
  auto [connect_error, endpoint] = co_await stream.async_connect(endpoints, kAwait);
  if (connect_error) co_return no_answer(url, connect_error);
  if (url.tls) co_return co_await talk_in_tls(url, request, stream);
  co_return co_await talk(url, request, stream);
}

}  // namespace

Result<Url> parse_url(const std::string& text) {
  const Error malformed{ErrorKind::invalid,
                        fmt::format("\"{}\" is no URL like http://127.0.0.1:8260", text),
                        "--target"};
  Url url;
  url.tls = text.starts_with("https://");
  if (!url.tls && !text.starts_with("http://")) return malformed;
  std::string authority = text.substr(text.find("//") + 2);
  if (const size_t slash = authority.find('/'); slash != std::string::npos) {
    url.prefix = authority.substr(slash);
    while (url.prefix.ends_with('/')) url.prefix.pop_back();
    authority.resize(slash);
  }
  const bool bracketed = authority.starts_with('[');
  const size_t host_end = bracketed ? authority.find(']') : authority.find(':');
  if (bracketed && host_end == std::string::npos) return malformed;
  url.host = bracketed ? authority.substr(1, host_end - 1) : authority.substr(0, host_end);
  std::string rest;
  if (host_end != std::string::npos) rest = authority.substr(host_end + (bracketed ? 1 : 0));
  if (!rest.empty() && rest[0] != ':') return malformed;
  url.port = rest.empty() ? "8260" : rest.substr(1);
  const bool digits = url.port.find_first_not_of("0123456789") == std::string::npos;
  if (url.host.empty() || url.port.empty() || url.port.size() > 5 || !digits) return malformed;
  return url;
}

HttpClient::HttpClient(Url url, std::chrono::seconds patience)
    : url_(std::move(url)), patience_(patience) {}

Result<HttpReply> HttpClient::get(const std::string& path) const {
  return request("GET", path, "");
}

Result<HttpReply> HttpClient::post(const std::string& path, const std::string& body) const {
  return request("POST", path, body);
}

Result<HttpReply> HttpClient::patch(const std::string& path, const std::string& body) const {
  return request("PATCH", path, body);
}

Result<HttpReply> HttpClient::request(std::string_view verb, const std::string& path,
                                      const std::string& body) const {
  if (detour_) return detour_(verb, path, body);
  Result<HttpReply> reply = request(verb, path, body, url_.token);
  const bool asked_for_one = reply && reply.value().status == 401 && url_.token.empty();
  if (!asked_for_one || url_.spare_token.empty()) return reply;
  return request(verb, path, body, url_.spare_token);
}

Result<HttpReply> HttpClient::request(std::string_view verb, const std::string& path,
                                      const std::string& body, const std::string& token) const {
  Request request(http::string_to_verb(verb), url_.prefix + path, 11);
  const bool v6 = url_.host.find(':') != std::string::npos;
  request.set(http::field::host, (v6 ? "[" + url_.host + "]" : url_.host) + ":" + url_.port);
  request.set(http::field::user_agent, "tidemark");
  request.set(http::field::accept, "application/json");
  if (!token.empty()) request.set(http::field::authorization, "Bearer " + token);
  request.keep_alive(false);
  if (verb != "GET") {
    request.set(http::field::content_type, "application/json");
    request.body() = body;
  }
  request.prepare_payload();

  asio::io_context context(1);
  std::optional<Result<HttpReply>> result;
  const auto run = [&]() -> asio::awaitable<void> {
    result = co_await exchange(url_, std::move(request), patience_);
  };
  asio::co_spawn(context, run, [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  context.run();
  return std::move(*result);
}

}  // namespace tidemark::mgmt::cli
