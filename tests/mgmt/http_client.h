// A plain blocking HTTP client for tests: raw bytes out, raw bytes in, so that nothing a
// well-behaved library would refuse to send is out of reach.
#pragma once

#include <map>
#include <string>

namespace tidemark::mgmt {

struct HttpReply {
  unsigned status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class HttpClient {
 public:
  /// `address` is "127.0.0.1:PORT". Every wait is bounded by a few seconds.
  explicit HttpClient(const std::string& address);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  bool connected() const { return fd_ >= 0; }
  /// False once the peer has hung up.
  bool send(const std::string& bytes);
  /// The next response. status 0: the connection ended first.
  HttpReply receive(bool head = false);
  /// Until `text` has come; what came. Empty if it never did.
  std::string receive_until(const std::string& text);
  /// Whether the peer ends the connection, without another byte.
  bool ended();

  HttpReply get(const std::string& path) { return request("GET", path); }
  HttpReply post(const std::string& path, const std::string& body = {}) {
    return request("POST", path, body);
  }
  HttpReply request(const std::string& verb, const std::string& path, const std::string& body = {},
                    const std::string& headers = {});

 private:
  bool more();

  int fd_ = -1;
  std::string input_;
};

}  // namespace tidemark::mgmt
