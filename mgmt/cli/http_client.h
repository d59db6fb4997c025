// HttpClient: one request, one answer, over HTTP/1.1 to the management port.
//
// Blocks the calling thread; each request has a connection of its own, so a client may be used by
// several threads. A failure of request() means that no answer came: refused, timed out, cut off,
// or no HTTP. An answer of any status is a value.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::mgmt::cli {

struct Url {
  std::string host;
  std::string port;
  bool tls = false;
  std::string ca_file = {};      // whom to trust in TLS; empty: those the system trusts
  std::string prefix;            // path before "/api/...", without a final slash
  std::string token = {};        // shown with every request
  std::string spare_token = {};  // shown, where there is no token, when one is asked for
};

/// "http://host[:port][/prefix]" or https; port 8260 if none is given.
Result<Url> parse_url(const std::string& text);

struct HttpReply {
  unsigned status = 0;
  std::string body;
};

/// Another way to the same answers than HTTP.
using Detour = std::function<Result<HttpReply>(std::string_view verb, const std::string& path,
                                               const std::string& body)>;

class HttpClient {
 public:
  explicit HttpClient(Detour detour) : patience_(0), detour_(std::move(detour)) {}
  explicit HttpClient(Url url, std::chrono::seconds patience = std::chrono::seconds(30));

  Result<HttpReply> get(const std::string& path) const;
  Result<HttpReply> post(const std::string& path, const std::string& body) const;
  Result<HttpReply> patch(const std::string& path, const std::string& body) const;
  Result<HttpReply> request(std::string_view verb, const std::string& path,
                            const std::string& body) const;

 private:
  Result<HttpReply> request(std::string_view verb, const std::string& path, const std::string& body,
                            const std::string& token) const;

  Url url_;
  std::chrono::seconds patience_;
  Detour detour_;
};

}  // namespace tidemark::mgmt::cli
