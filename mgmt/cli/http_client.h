// HttpClient: one request, one answer, over HTTP/1.1 to the management port.
//
// Blocks the calling thread; each request has a connection of its own, so a client may be used by
// several threads. A failure of request() means that no answer came: refused, timed out, cut off,
// or no HTTP. An answer of any status is a value.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tidemark::mgmt::cli {

struct Url {
  std::string host;
  std::string port;
  std::string prefix;  // path before "/api/...", without a final slash
};

/// "http://host[:port][/prefix]"; port 8260 if none is given.
Result<Url> parse_url(const std::string& text);

struct HttpReply {
  unsigned status = 0;
  std::string body;
};

class HttpClient {
 public:
  explicit HttpClient(Url url, std::chrono::seconds patience = std::chrono::seconds(30));

  Result<HttpReply> get(const std::string& path) const;
  Result<HttpReply> post(const std::string& path, const std::string& body) const;
  Result<HttpReply> patch(const std::string& path, const std::string& body) const;
  Result<HttpReply> request(std::string_view verb, const std::string& path,
                            const std::string& body) const;

 private:
  Url url_;
  std::chrono::seconds patience_;
};

}  // namespace tidemark::mgmt::cli
