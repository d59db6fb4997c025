// A scripted HTTP server on loopback: says what it is told to, and remembers what it was asked.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tidemark::mgmt::cli {

class FakeDaemon {
 public:
  FakeDaemon();
  ~FakeDaemon();

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// `request` is "GET /api/v1/status". Several answers to one request are given in turn, the last
  /// one again and again. A request without answer gets 404.
  void answer(const std::string& request, int status, const std::string& body);
  /// Sends these bytes instead of HTTP, to every request.
  void answer_raw(const std::string& bytes);
  /// Every request so far, as "GET /path" or "POST /path body".
  std::vector<std::string> requests() const;

 private:
  struct Reply {
    int status;
    std::string body;
  };

  void serve();
  void handle(int connection);
  std::string reply_to(const std::string& request);

  int listener_ = -1;
  int wake_[2] = {-1, -1};
  int port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Reply>> replies_;
  std::string raw_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace tidemark::mgmt::cli
