// Sense data (SPC-4 clause 4.5) as a value; encoded as fixed or descriptor format when it is sent.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace tidemark::scsi {

enum class SenseKey : uint8_t {
  no_sense = 0x0,
  recovered_error = 0x1,
  not_ready = 0x2,
  medium_error = 0x3,
  hardware_error = 0x4,
  illegal_request = 0x5,
  unit_attention = 0x6,
  data_protect = 0x7,
  blank_check = 0x8,
  copy_aborted = 0xa,
  aborted_command = 0xb,
  volume_overflow = 0xd,
  miscompare = 0xe,
  completed = 0xf,
};

/// Additional sense code and qualifier, as one number: asc << 8 | ascq.
using Asc = uint16_t;

/// The unit was stopped: 02 04/02.
inline constexpr Asc kInitializingCommandRequired = 0x0402;

/// Largest encoded length (SPC-4 clause 4.5.1).
inline constexpr size_t kSenseMax = 252;

struct SenseData {
  /// Points at the first wrong byte of the CDB or of the parameter list (SPC-4 4.5.2.4.2).
  struct FieldPointer {
    bool in_cdb = true;
    uint16_t byte = 0;
    std::optional<uint8_t> bit = std::nullopt;
  };

  /// COPY ABORTED: what the copy source or destination answered (SPC-4 5.17.7.4, 4.5.2.7). Its
  /// status was CHECK CONDITION.
  struct Forwarded {
    bool from_destination = false;
    SenseKey key = SenseKey::no_sense;
    Asc asc = 0;
  };

  SenseKey key = SenseKey::no_sense;
  Asc asc = 0;
  std::optional<uint64_t> information = std::nullopt;
  std::optional<uint64_t> command_specific = std::nullopt;
  std::optional<FieldPointer> field = std::nullopt;
  std::optional<uint16_t> segment =
      std::nullopt;  // COPY ABORTED: number of the segment that failed
  std::optional<uint16_t> progress = std::nullopt;  // of 65536, with NOT READY or NO SENSE
  std::optional<Forwarded> forwarded = std::nullopt;

  /// Writes it in fixed (70h) or descriptor (72h) format; returns the bytes written (<= kSenseMax).
  size_t encode(bool descriptor_format, std::span<uint8_t, kSenseMax> to) const;
};

/// Which code to use when, in the words of the standard. One definition each: sense.cc.
namespace sense {
SenseData no_sense();
SenseData invalid_opcode();
SenseData invalid_field_in_cdb(uint16_t byte, std::optional<uint8_t> bit = std::nullopt);
SenseData invalid_field_in_list(uint16_t byte, std::optional<uint8_t> bit = std::nullopt);
SenseData parameter_list_length_error();
SenseData invalid_message();
SenseData lba_out_of_range(uint64_t first_bad_lba);
SenseData unit_not_supported();
SenseData write_protected();
SenseData not_ready(Asc asc);
SenseData miscompare(uint64_t offset);
SenseData unit_attention(Asc asc);
SenseData aborted(Asc asc);
}  // namespace sense

}  // namespace tidemark::scsi
