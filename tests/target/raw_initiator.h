// RawInitiator: one connection of an initiator for tests that says exactly what it is told to,
// right or wrong, in any order. Blocking; gives up after a few seconds of silence.
//
// Connections of one session share a SessionNumbers: CmdSN and task tags are the session's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "target/pdu.h"
#include "target/text.h"

namespace tidemark::target {

/// What the connections of one session count together.
struct SessionNumbers {
  uint64_t isid = 0x800000000001;
  uint16_t tsih = 0;
  uint32_t cmd_sn = 1;
  uint32_t itt = 1;
};

class RawInitiator {
 public:
  struct Received {
    Bhs bhs{};
    std::vector<uint8_t> data;
    Opcode opcode() const { return opcode_of(bhs); }
  };

  /// Connects. A small `receive_buffer` makes the target feel at once that nobody reads.
  explicit RawInitiator(uint16_t port, uint64_t isid = 0x800000000001, int receive_buffer = 0);
  /// Another connection of the session of `first`, with its own CID.
  RawInitiator(uint16_t port, const RawInitiator& first, uint16_t cid);
  RawInitiator(const RawInitiator&) = delete;
  RawInitiator& operator=(const RawInitiator&) = delete;
  ~RawInitiator() { hang_up(); }

  void hang_up();
  /// Ends the connection with a TCP reset.
  void reset();

  /// The network fails once that many bytes more have been sent: the connection is closed, or
  /// reset.
  void fail_after(size_t bytes, bool by_reset);
  /// All that have been.
  size_t bytes_sent() const { return bytes_sent_; }

  // Bytes.
  void send_bytes(const void* from, size_t length);
  template <class Layout>
  void send(const Layout& layout, std::string_view data = {}) {
    send_pdu(bhs_of(layout), data);
  }
  /// Puts in lengths, padding, and the digests that use_digests() asked for.
  void send_pdu(Bhs bhs, std::string_view data, std::string_view ahs = {});
  /// From now on, as after a login that agreed on them.
  void use_digests(bool header, bool data);
  /// The next PDU; nullopt if the target hung up or said nothing for `seconds`.
  std::optional<Received> receive(int seconds = 10);
  /// The next PDU of that kind; others in front of it are thrown away.
  std::optional<Received> receive(Opcode wanted);
  /// Whether the target hangs up within `seconds`; what it still says is thrown away.
  bool is_hung_up(int seconds = 10);
  /// Nothing comes for that long.
  bool is_quiet(int milliseconds);

  // Login.
  LoginRequest login_request(uint8_t flags) const;
  static std::string names(const std::string& target, const std::string& initiator);
  /// A whole login in one request, of a new session or into the session of `first`; the status of
  /// its answer. FFFFh: there was none.
  uint16_t login(const std::string& target, const std::string& initiator,
                 const std::string& keys = {});

  // Full feature phase; each returns the task tag it used.
  /// A command; `cdb` may be short.
  uint32_t command(const std::vector<uint8_t>& cdb, uint8_t flags, uint32_t expected,
                   std::string_view data = {});
  /// The same under a CmdSN of the caller's choice.
  uint32_t command_at(uint32_t cmd_sn, const std::vector<uint8_t>& cdb, uint8_t flags,
                      uint32_t expected, std::string_view data = {});
  void data_out(uint32_t itt, uint32_t ttt, uint32_t data_sn, uint32_t offset,
                std::string_view data, bool final);
  /// An immediate task management request.
  uint32_t manage(uint8_t function, uint32_t referenced = kNoTag, uint32_t ref_cmd_sn = 0,
                  uint64_t lun = 0);
  uint32_t logout(uint8_t reason, uint16_t cid);
  static std::vector<uint8_t> cdb10(uint8_t opcode, uint32_t lba, uint16_t blocks);

  uint32_t next_cmd_sn() { return numbers_->cmd_sn++; }
  uint32_t cmd_sn() const { return numbers_->cmd_sn; }
  uint16_t tsih() const { return numbers_->tsih; }
  uint16_t cid() const { return cid_; }

 private:
  void connect(uint16_t port, int receive_buffer);
  bool wait(int milliseconds);
  bool read_all(uint8_t* to, size_t length, int seconds);

  int fd_ = -1;
  size_t bytes_sent_ = 0;
  size_t fails_at_ = SIZE_MAX;
  bool fails_by_reset_ = false;
  std::shared_ptr<SessionNumbers> numbers_;
  uint16_t cid_ = 0;
  bool header_digest_ = false;
  bool data_digest_ = false;
};

}  // namespace tidemark::target
