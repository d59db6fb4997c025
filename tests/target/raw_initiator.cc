#include "tests/target/raw_initiator.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/crc32c.h"

namespace tidemark::target {
namespace {

void append_digest(std::string& bytes, std::string_view of) {
  const uint32_t crc = crc32c({reinterpret_cast<const uint8_t*>(of.data()), of.size()});
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(crc >> (8 * i));
}

}  // namespace

RawInitiator::RawInitiator(uint16_t port, uint64_t isid, int receive_buffer)
    : numbers_(std::make_shared<SessionNumbers>()) {
  numbers_->isid = isid;
  connect(port, receive_buffer);
}

RawInitiator::RawInitiator(uint16_t port, const RawInitiator& first, uint16_t cid)
    : numbers_(first.numbers_), cid_(cid) {
  connect(port, 0);
}

void RawInitiator::connect(uint16_t port, int receive_buffer) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer)
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
}

void RawInitiator::hang_up() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void RawInitiator::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  hang_up();
}

void RawInitiator::fail_after(size_t bytes, bool by_reset) {
  fails_at_ = bytes_sent_ + bytes;
  fails_by_reset_ = by_reset;
}

void RawInitiator::send_bytes(const void* from, size_t length) {
  const auto* at = static_cast<const uint8_t*>(from);
  length = std::min(length, fails_at_ - bytes_sent_);
  while (length > 0) {
    const ssize_t n = ::send(fd_, at, length, MSG_NOSIGNAL);
    if (n <= 0) return;
    at += n;
    length -= static_cast<size_t>(n);
    bytes_sent_ += static_cast<size_t>(n);
  }
  if (bytes_sent_ == fails_at_) fails_by_reset_ ? reset() : hang_up();
}

void RawInitiator::send_pdu(Bhs bhs, std::string_view data, std::string_view ahs) {
  set_segment_length(bhs, static_cast<uint32_t>(data.size()));
  bhs[4] = static_cast<uint8_t>(ahs.size() / 4);
  std::string bytes(bhs.begin(), bhs.end());
  bytes.append(ahs);
  if (header_digest_) append_digest(bytes, std::string(bytes));
  std::string segment(data);
  segment.append(padding_of(data.size()), '\0');
  bytes.append(segment);
  if (data_digest_ && !data.empty()) append_digest(bytes, segment);
  send_bytes(bytes.data(), bytes.size());
}

void RawInitiator::use_digests(bool header, bool data) {
  header_digest_ = header;
  data_digest_ = data;
}

std::optional<RawInitiator::Received> RawInitiator::receive(int seconds) {
  Received pdu;
  uint8_t digest[kDigestSize];
  if (!read_all(pdu.bhs.data(), kBhsSize, seconds)) return std::nullopt;
  if (header_digest_ && !read_all(digest, sizeof digest, seconds)) return std::nullopt;
  pdu.data.resize(padded(segment_length_of(pdu.bhs)));
  if (!read_all(pdu.data.data(), pdu.data.size(), seconds)) return std::nullopt;
  if (data_digest_ && !pdu.data.empty() && !read_all(digest, sizeof digest, seconds))
    return std::nullopt;
  pdu.data.resize(segment_length_of(pdu.bhs));
  return pdu;
}

std::optional<RawInitiator::Received> RawInitiator::receive(Opcode wanted) {
  while (auto pdu = receive())
    if (pdu->opcode() == wanted) return pdu;
  return std::nullopt;
}

bool RawInitiator::is_hung_up(int seconds) {
  uint8_t bytes[4096];
  while (wait(seconds * 1000)) {
    const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
    if (n <= 0) return true;
  }
  return false;
}

bool RawInitiator::is_quiet(int milliseconds) {
  return !wait(milliseconds);
}

LoginRequest RawInitiator::login_request(uint8_t flags) const {
  LoginRequest request;
  request.start.opcode |= kImmediate;
  request.start.flags = flags;
  request.isid = numbers_->isid;
  request.tsih = numbers_->tsih;
  request.cid = cid_;
  request.itt = 1;
  request.cmd_sn = numbers_->cmd_sn;
  return request;
}

std::string RawInitiator::names(const std::string& target, const std::string& initiator) {
  std::string text;
  append_pair(text, "InitiatorName", initiator);
  if (target.empty())
    append_pair(text, "SessionType", "Discovery");
  else
    append_pair(text, "TargetName", target);
  return text;
}

uint16_t RawInitiator::login(const std::string& target, const std::string& initiator,
                             const std::string& keys) {
  send(login_request(0x87), names(target, initiator) + keys);
  const auto answer = receive();
  if (!answer || answer->opcode() != Opcode::login_response) return 0xffff;
  const auto response = as<LoginResponse>(answer->bhs);
  if (response.status == 0) numbers_->tsih = response.tsih;
  return response.status;
}

uint32_t RawInitiator::command(const std::vector<uint8_t>& cdb, uint8_t flags, uint32_t expected,
                               std::string_view data) {
  return command_at(numbers_->cmd_sn++, cdb, flags, expected, data);
}

uint32_t RawInitiator::command_at(uint32_t cmd_sn, const std::vector<uint8_t>& cdb, uint8_t flags,
                                  uint32_t expected, std::string_view data) {
  ScsiCommand pdu;
  pdu.start.flags = flags;
  pdu.itt = ++numbers_->itt;
  pdu.expected_length = expected;
  pdu.cmd_sn = cmd_sn;
  std::copy(cdb.begin(), cdb.end(), pdu.cdb.begin());
  send(pdu, data);
  return pdu.itt;
}

void RawInitiator::data_out(uint32_t itt, uint32_t ttt, uint32_t data_sn, uint32_t offset,
                            std::string_view data, bool final) {
  DataOut pdu;
  pdu.start.flags = final ? kFinal : 0;
  pdu.itt = itt;
  pdu.ttt = ttt;
  pdu.data_sn = data_sn;
  pdu.buffer_offset = offset;
  send(pdu, data);
}

uint32_t RawInitiator::manage(uint8_t function, uint32_t referenced, uint32_t ref_cmd_sn,
                              uint64_t lun) {
  TaskManagementRequest pdu;
  pdu.start.opcode |= kImmediate;
  pdu.start.flags = static_cast<uint8_t>(kFinal | function);
  pdu.lun = lun;
  pdu.itt = ++numbers_->itt;
  pdu.referenced_task_tag = referenced;
  pdu.cmd_sn = numbers_->cmd_sn;
  pdu.ref_cmd_sn = ref_cmd_sn;
  send(pdu);
  return pdu.itt;
}

uint32_t RawInitiator::logout(uint8_t reason, uint16_t cid) {
  LogoutRequest pdu;
  pdu.start.opcode |= kImmediate;
  pdu.start.flags = static_cast<uint8_t>(kFinal | reason);
  pdu.itt = ++numbers_->itt;
  pdu.cid = cid;
  pdu.cmd_sn = numbers_->cmd_sn;
  send(pdu);
  return pdu.itt;
}

std::vector<uint8_t> RawInitiator::cdb10(uint8_t opcode, uint32_t lba, uint16_t blocks) {
  std::vector<uint8_t> cdb(10);
  cdb[0] = opcode;
  store_be32(&cdb[2], lba);
  store_be16(&cdb[7], blocks);
  return cdb;
}

bool RawInitiator::wait(int milliseconds) {
  if (fd_ < 0) return false;
  pollfd poll_fd{fd_, POLLIN, 0};
  return ::poll(&poll_fd, 1, milliseconds) > 0;
}

bool RawInitiator::read_all(uint8_t* to, size_t length, int seconds) {
  while (length > 0) {
    if (!wait(seconds * 1000)) return false;
    const ssize_t n = ::recv(fd_, to, length, 0);
    if (n <= 0) return false;
    to += n;
    length -= static_cast<size_t>(n);
  }
  return true;
}

}  // namespace tidemark::target
