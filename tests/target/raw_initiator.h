// RawInitiator: an initiator for tests that says exactly what it is told to, right or wrong.
// Blocking; gives up after a few seconds of silence.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "target/pdu.h"
#include "target/text.h"

namespace tidemark::target {

class RawInitiator {
 public:
  struct Received {
    Bhs bhs{};
    std::vector<uint8_t> data;
    Opcode opcode() const { return opcode_of(bhs); }
  };

  explicit RawInitiator(uint16_t port, uint64_t isid = 0x800000000001, int receive_buffer = 0)
      : isid_(isid) {
    fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (receive_buffer)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  ~RawInitiator() { hang_up(); }

  void hang_up() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void send_bytes(const void* from, size_t length) {
    const auto* at = static_cast<const uint8_t*>(from);
    while (length > 0) {
      const ssize_t n = ::send(fd_, at, length, MSG_NOSIGNAL);
      if (n <= 0) return;
      at += n;
      length -= static_cast<size_t>(n);
    }
  }
  template <class Layout>
  void send(const Layout& layout, std::string_view data = {}) {
    Bhs bhs = bhs_of(layout);
    set_segment_length(bhs, static_cast<uint32_t>(data.size()));
    std::string bytes(bhs.begin(), bhs.end());
    bytes.append(data).append(padding_of(data.size()), '\0');
    send_bytes(bytes.data(), bytes.size());
  }

  /// The next PDU; nullopt if the target hung up or said nothing for `seconds`.
  std::optional<Received> receive(int seconds = 10) {
    Received pdu;
    if (!read_all(pdu.bhs.data(), kBhsSize, seconds)) return std::nullopt;
    pdu.data.resize(padded(segment_length_of(pdu.bhs)));
    if (!read_all(pdu.data.data(), pdu.data.size(), seconds)) return std::nullopt;
    pdu.data.resize(segment_length_of(pdu.bhs));
    return pdu;
  }
  /// Whether the target hangs up within `seconds`; what it still says is thrown away.
  bool is_hung_up(int seconds = 10) {
    uint8_t bytes[4096];
    while (wait(seconds)) {
      const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
      if (n <= 0) return true;
    }
    return false;
  }

  LoginRequest login_request(uint8_t flags) {
    LoginRequest request;
    request.start.opcode |= kImmediate;
    request.start.flags = flags;
    request.isid = isid_;
    request.itt = 1;
    request.cmd_sn = cmd_sn_;
    return request;
  }
  static std::string names(const std::string& target, const std::string& initiator) {
    std::string text;
    append_pair(text, "InitiatorName", initiator);
    if (target.empty())
      append_pair(text, "SessionType", "Discovery");
    else
      append_pair(text, "TargetName", target);
    return text;
  }
  /// A whole login; the status of its answer.
  uint16_t login(const std::string& target, const std::string& initiator,
                 const std::string& keys = {}) {
    send(login_request(0x87), names(target, initiator) + keys);
    const auto answer = receive();
    if (!answer || answer->opcode() != Opcode::login_response) return 0xffff;
    return as<LoginResponse>(answer->bhs).status;
  }

  /// A command; returns its task tag. `cdb` may be short.
  uint32_t command(const std::vector<uint8_t>& cdb, uint8_t flags, uint32_t expected,
                   std::string_view data = {}) {
    ScsiCommand pdu;
    pdu.start.flags = flags;
    pdu.itt = ++itt_;
    pdu.expected_length = expected;
    pdu.cmd_sn = cmd_sn_++;
    std::copy(cdb.begin(), cdb.end(), pdu.cdb.begin());
    send(pdu, data);
    return itt_;
  }
  static std::vector<uint8_t> cdb10(uint8_t opcode, uint32_t lba, uint16_t blocks) {
    std::vector<uint8_t> cdb(10);
    cdb[0] = opcode;
    store_be32(&cdb[2], lba);
    store_be16(&cdb[7], blocks);
    return cdb;
  }
  uint32_t next_cmd_sn() { return cmd_sn_++; }
  uint32_t cmd_sn() const { return cmd_sn_; }

 private:
  bool wait(int seconds) {
    pollfd poll_fd{fd_, POLLIN, 0};
    return ::poll(&poll_fd, 1, seconds * 1000) > 0;
  }
  bool read_all(uint8_t* to, size_t length, int seconds) {
    while (length > 0) {
      if (!wait(seconds)) return false;
      const ssize_t n = ::recv(fd_, to, length, 0);
      if (n <= 0) return false;
      to += n;
      length -= static_cast<size_t>(n);
    }
    return true;
  }

  int fd_ = -1;
  uint64_t isid_;
  uint32_t cmd_sn_ = 1;
  uint32_t itt_ = 1;
};

}  // namespace tidemark::target
