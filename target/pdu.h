// The layouts of iSCSI PDU headers, one place for all of them (RFC 7143 clause 11).
//
// A basic header segment is 48 bytes; each PDU type is a struct of exactly that size made of
// big-endian byte-array integers, so that it has no padding and no alignment.
// `as<ScsiCommand>(bhs)` and `bhs_of(struct)` convert by value.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/big_endian.h"

namespace tidemark::target {

/// A big-endian integer of `Width` bytes as a member of a wire structure.
template <size_t Width, class Value>
class BeField {
 public:
  constexpr BeField() = default;
  constexpr BeField(Value value) { *this = value; }
  constexpr BeField& operator=(Value value) {
    store_be<Width>(bytes_.data(), value);
    return *this;
  }
  constexpr operator Value() const { return static_cast<Value>(load_be<Width>(bytes_.data())); }

 private:
  std::array<uint8_t, Width> bytes_{};
};

using Be16 = BeField<2, uint16_t>;
using Be24 = BeField<3, uint32_t>;
using Be32 = BeField<4, uint32_t>;
using Be48 = BeField<6, uint64_t>;
using Be64 = BeField<8, uint64_t>;

inline constexpr size_t kBhsSize = 48;
inline constexpr size_t kAhsMax = 255 * 4;
inline constexpr size_t kDigestSize = 4;
inline constexpr uint32_t kSegmentMax = 0xffffff;  // DataSegmentLength has 3 bytes
inline constexpr uint16_t kDefaultPort = 3260;

/// ITT or TTT that names nothing.
inline constexpr uint32_t kNoTag = 0xffffffff;

using Bhs = std::array<uint8_t, kBhsSize>;

constexpr size_t padding_of(size_t length) {
  return (4 - length % 4) % 4;
}
constexpr size_t padded(size_t length) {
  return length + padding_of(length);
}

enum class Opcode : uint8_t {
  nop_out = 0x00,
  scsi_command = 0x01,
  task_management_request = 0x02,
  login_request = 0x03,
  text_request = 0x04,
  data_out = 0x05,
  logout_request = 0x06,
  snack = 0x10,
  nop_in = 0x20,
  scsi_response = 0x21,
  task_management_response = 0x22,
  login_response = 0x23,
  text_response = 0x24,
  data_in = 0x25,
  logout_response = 0x26,
  r2t = 0x31,
  async_message = 0x32,
  reject = 0x3f,
};

inline constexpr uint8_t kImmediate = 0x40;  // byte 0
inline constexpr uint8_t kFinal = 0x80;      // byte 1

constexpr Opcode opcode_of(const Bhs& bhs) {
  return static_cast<Opcode>(bhs[0] & 0x3f);
}
constexpr bool is_immediate(const Bhs& bhs) {
  return (bhs[0] & kImmediate) != 0;
}
constexpr bool is_final(const Bhs& bhs) {
  return (bhs[1] & kFinal) != 0;
}
constexpr size_t ahs_length_of(const Bhs& bhs) {
  return size_t{bhs[4]} * 4;
}
constexpr uint32_t segment_length_of(const Bhs& bhs) {
  return load_be24(&bhs[5]);
}
constexpr void set_segment_length(Bhs& bhs, uint32_t length) {
  store_be24(&bhs[5], length);
}
constexpr uint32_t itt_of(const Bhs& bhs) {
  return load_be32(&bhs[16]);
}
/// Whether a request of this type carries a CmdSN (Data-Out and SNACK do not).
constexpr bool carries_cmd_sn(Opcode opcode) {
  return opcode <= Opcode::text_request || opcode == Opcode::logout_request;
}
constexpr uint32_t cmd_sn_of(const Bhs& bhs) {
  return load_be32(&bhs[24]);
}

constexpr uint32_t exp_stat_sn_of(const Bhs& bhs) {
  return load_be32(&bhs[28]);
}

/// Bytes 0 to 7, the same in all: opcode, flags and two bytes of the type's own, lengths.
struct BhsStart {
  uint8_t opcode = 0;
  uint8_t flags = 0;
  uint8_t byte2 = 0;
  uint8_t byte3 = 0;
  uint8_t ahs_words = 0;
  Be24 segment_length;

  BhsStart() = default;
  explicit BhsStart(Opcode code, uint8_t with_flags = 0)
      : opcode(static_cast<uint8_t>(code)), flags(with_flags) {}
};

struct ScsiCommand {
  static constexpr uint8_t kRead = 0x40;
  static constexpr uint8_t kWrite = 0x20;
  static constexpr uint8_t kAttributeMask = 0x07;

  BhsStart start{Opcode::scsi_command};
  Be64 lun;
  Be32 itt;
  Be32 expected_length;
  Be32 cmd_sn;
  Be32 exp_stat_sn;
  std::array<uint8_t, 16> cdb{};
};

/// Flags of SCSI Response and, in the same places, of Data-In.
inline constexpr uint8_t kResidualOverflow = 0x04;
inline constexpr uint8_t kResidualUnderflow = 0x02;
inline constexpr uint8_t kBidirectionalReadUnderflow = 0x08;  // of SCSI Response alone

struct ScsiResponse {
  static constexpr uint8_t kCompleted = 0x00;
  static constexpr uint8_t kTargetFailure = 0x01;

  BhsStart start{Opcode::scsi_response, kFinal};  // byte2: response, byte3: status
  Be16 status_qualifier;
  std::array<uint8_t, 6> reserved{};
  Be32 itt;
  Be32 snack_tag;
  Be32 stat_sn;
  Be32 exp_cmd_sn;
  Be32 max_cmd_sn;
  Be32 exp_data_sn;
  Be32 bidi_read_residual;
  Be32 residual;
};

struct DataOut {
  BhsStart start{Opcode::data_out};
  Be64 lun;
  Be32 itt;
  Be32 ttt;
  Be32 reserved24;
  Be32 exp_stat_sn;
  Be32 reserved32;
  Be32 data_sn;
  Be32 buffer_offset;
  Be32 reserved44;
};

struct DataIn {
  static constexpr uint8_t kStatus = 0x01;  // byte3 is the SCSI status

  BhsStart start{Opcode::data_in};
  Be64 lun;
  Be32 itt;
  Be32 ttt{kNoTag};
  Be32 stat_sn;
  Be32 exp_cmd_sn;
  Be32 max_cmd_sn;
  Be32 data_sn;
  Be32 buffer_offset;
  Be32 residual;
};

struct R2t {
  BhsStart start{Opcode::r2t, kFinal};
  Be64 lun;
  Be32 itt;
  Be32 ttt;
  Be32 stat_sn;
  Be32 exp_cmd_sn;
  Be32 max_cmd_sn;
  Be32 r2t_sn;
  Be32 buffer_offset;
  Be32 desired_length;
};

struct TaskManagementRequest {
  BhsStart start{Opcode::task_management_request, kFinal};  // flags: function
  Be64 lun;
  Be32 itt;
  Be32 referenced_task_tag{kNoTag};
  Be32 cmd_sn;
  Be32 exp_stat_sn;
  Be32 ref_cmd_sn;
  Be32 exp_data_sn;
  Be64 reserved40;
};

struct TaskManagementResponse {
  BhsStart start{Opcode::task_management_response, kFinal};  // byte2: response
  Be24 additional;  // response information (RFC 7144 clause 6.4.1)
  std::array<uint8_t, 5> reserved11{};
  Be32 itt;
  Be32 reserved20;
  Be32 stat_sn;
  Be32 exp_cmd_sn;
  Be32 max_cmd_sn;
  Be32 reserved36;
  Be64 reserved40;
};

/// Flags of Login Request and Response.
inline constexpr uint8_t kTransit = 0x80;
inline constexpr uint8_t kContinue = 0x40;  // of Text PDUs as well

constexpr uint8_t csg_of(uint8_t flags) {
  return flags >> 2 & 3;
}
constexpr uint8_t nsg_of(uint8_t flags) {
  return flags & 3;
}

struct LoginRequest {
  BhsStart start{Opcode::login_request};  // byte2: version-max, byte3: version-min
  Be48 isid;
  Be16 tsih;
  Be32 itt;
  Be16 cid;
  Be16 reserved22;
  Be32 cmd_sn;
  Be32 exp_stat_sn;
  Be64 reserved32;
  Be64 reserved40;
};

struct LoginResponse {
  BhsStart start{Opcode::login_response};  // byte2: version-max, byte3: version-active
  Be48 isid;
  Be16 tsih;
  Be32 itt;
  Be32 reserved20;
  Be32 stat_sn;
  Be32 exp_cmd_sn;
  Be32 max_cmd_sn;
  Be16 status;  // class and detail as one number, as in 0202h
  Be16 reserved38;
  Be64 reserved40;
};

struct TextRequest {
  BhsStart start{Opcode::text_request};
  Be64 lun;
  Be32 itt;
  Be32 ttt{kNoTag};
  Be32 cmd_sn;
  Be32 exp_stat_sn;
  Be64 reserved32;
  Be64 reserved40;
};

struct TextResponse {
  BhsStart start{Opcode::text_response};
  Be64 lun;
  Be32 itt;
  Be32 ttt{kNoTag};
  Be32 stat_sn;
  Be32 exp_cmd_sn;
  Be32 max_cmd_sn;
  Be32 reserved36;
  Be64 reserved40;
};

struct LogoutRequest {
  static constexpr uint8_t kCloseSession = 0;
  static constexpr uint8_t kCloseConnection = 1;
  static constexpr uint8_t kRemoveForRecovery = 2;

  BhsStart start{Opcode::logout_request, kFinal};  // flags: reason
  Be64 reserved8;
  Be32 itt;
  Be16 cid;
  Be16 reserved22;
  Be32 cmd_sn;
  Be32 exp_stat_sn;
  Be64 reserved32;
  Be64 reserved40;
};

struct LogoutResponse {
  static constexpr uint8_t kClosed = 0;
  static constexpr uint8_t kCidNotFound = 1;
  static constexpr uint8_t kRecoveryNotSupported = 2;

  BhsStart start{Opcode::logout_response, kFinal};  // byte2: response
  Be64 reserved8;
  Be32 itt;
  Be32 reserved20;
  Be32 stat_sn;
  Be32 exp_cmd_sn;
  Be32 max_cmd_sn;
  Be32 reserved36;
  Be16 time2wait;
  Be16 time2retain;
  Be32 reserved44;
};

struct NopOut {
  BhsStart start{Opcode::nop_out, kFinal};
  Be64 lun;
  Be32 itt;
  Be32 ttt{kNoTag};
  Be32 cmd_sn;
  Be32 exp_stat_sn;
  Be64 reserved32;
  Be64 reserved40;
};

struct NopIn {
  BhsStart start{Opcode::nop_in, kFinal};
  Be64 lun;
  Be32 itt{kNoTag};
  Be32 ttt{kNoTag};
  Be32 stat_sn;
  Be32 exp_cmd_sn;
  Be32 max_cmd_sn;
  Be32 reserved36;
  Be64 reserved40;
};

struct Snack {
  BhsStart start{Opcode::snack, kFinal};  // flags: type
  Be64 lun;
  Be32 itt;
  Be32 ttt;
  Be32 reserved24;
  Be32 exp_stat_sn;
  Be64 reserved32;
  Be32 beg_run;
  Be32 run_length;
};

struct AsyncMessage {
  static constexpr uint8_t kScsiEvent = 0;
  static constexpr uint8_t kLogoutRequested = 1;
  static constexpr uint8_t kConnectionDropped = 2;

  BhsStart start{Opcode::async_message, kFinal};
  Be64 lun;
  Be32 itt{kNoTag};
  Be32 reserved20;
  Be32 stat_sn;
  Be32 exp_cmd_sn;
  Be32 max_cmd_sn;
  uint8_t event = 0;
  uint8_t vendor_code = 0;
  Be16 parameter1;
  Be16 parameter2;
  Be16 parameter3;
  Be32 reserved44;
};

enum class RejectReason : uint8_t {
  data_digest_error = 0x02,
  snack_reject = 0x03,
  protocol_error = 0x04,
  command_not_supported = 0x05,
  too_many_immediate = 0x06,
  task_in_progress = 0x07,
  invalid_data_ack = 0x08,
  invalid_field = 0x09,
  out_of_resources = 0x0a,
  waiting_for_logout = 0x0c,
};

struct Reject {
  BhsStart start{Opcode::reject, kFinal};  // byte2: reason
  Be64 reserved8;
  Be32 itt{kNoTag};
  Be32 reserved20;
  Be32 stat_sn;
  Be32 exp_cmd_sn;
  Be32 max_cmd_sn;
  Be32 data_sn;
  Be64 reserved40;
};

template <class Layout>
constexpr Layout as(const Bhs& bhs) {
  static_assert(sizeof(Layout) == kBhsSize && alignof(Layout) == 1);
  return std::bit_cast<Layout>(bhs);
}

template <class Layout>
constexpr Bhs bhs_of(const Layout& layout) {
  static_assert(sizeof(Layout) == kBhsSize && alignof(Layout) == 1);
  return std::bit_cast<Bhs>(layout);
}

/// Places of the tail that all responses but a few share; the sender fills them in last.
inline constexpr size_t kStatSnAt = 24;
inline constexpr size_t kExpCmdSnAt = 28;
inline constexpr size_t kMaxCmdSnAt = 32;

}  // namespace tidemark::target
