#include "tests/mgmt/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

namespace tidemark::mgmt {
namespace {
constexpr time_t kPatienceSeconds = 20;
}

HttpClient::HttpClient(const std::string& address) {
  const size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{kPatienceSeconds, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    close(fd_);
    fd_ = -1;
  }
}

HttpClient::~HttpClient() {
  if (fd_ >= 0) close(fd_);
}

bool HttpClient::send(const std::string& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::send(fd_, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (count <= 0) return false;
    done += static_cast<size_t>(count);
  }
  return true;
}

bool HttpClient::more() {
  char buffer[65536];
  const ssize_t count = recv(fd_, buffer, sizeof buffer, 0);
  if (count <= 0) return false;
  input_.append(buffer, static_cast<size_t>(count));
  return true;
}

std::string HttpClient::receive_until(const std::string& text) {
  size_t at = input_.find(text);
  while (at == std::string::npos) {
    if (!more()) return {};
    at = input_.find(text);
  }
  std::string got = input_.substr(0, at + text.size());
  input_.erase(0, at + text.size());
  return got;
}

HttpReply HttpClient::receive(bool head) {
  HttpReply reply;
  const std::string header = receive_until("\r\n\r\n");
  if (header.size() < 12) return reply;
  reply.status = static_cast<unsigned>(std::stoi(header.substr(9, 3)));
  for (size_t line = header.find("\r\n") + 2; line < header.size();) {
    const size_t end = header.find("\r\n", line);
    const size_t colon = header.find(':', line);
    if (colon < end) {
      std::string name = header.substr(line, colon - line);
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      reply.headers[name] = header.substr(colon + 2, end - colon - 2);
    }
    line = end + 2;
  }
  const auto length = reply.headers.find("content-length");
  if (head || length == reply.headers.end()) return reply;
  const size_t bytes = std::stoul(length->second);
  while (input_.size() < bytes)
    if (!more()) break;
  reply.body = input_.substr(0, bytes);
  input_.erase(0, bytes);
  return reply;
}

bool HttpClient::ended() {
  char byte = 0;
  return input_.empty() && recv(fd_, &byte, 1, 0) == 0;
}

HttpReply HttpClient::request(const std::string& verb, const std::string& path,
                              const std::string& body, const std::string& headers) {
  send(verb + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers +
       (body.empty() && verb != "POST"
            ? ""
            : "Content-Length: " + std::to_string(body.size()) + "\r\n") +
       "\r\n" + body);
  return receive(verb == "HEAD");
}

}  // namespace tidemark::mgmt
