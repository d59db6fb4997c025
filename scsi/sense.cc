#include "scsi/sense.h"

#include <algorithm>

#include "base/big_endian.h"
#include "scsi/status.h"

namespace tidemark::scsi {
namespace {

/// Sense key specific data (SPC-4 4.5.2.4): three bytes; false if there are none.
bool put_key_specific(const SenseData& sense, uint8_t* to) {
  if (sense.field) {
    const bool in_list = !sense.field->in_cdb || sense.key == SenseKey::copy_aborted;
    to[0] = static_cast<uint8_t>(0x80 | (in_list ? 0 : 0x40));
    if (sense.field->bit) to[0] = static_cast<uint8_t>(to[0] | 0x08 | (*sense.field->bit & 7));
    store_be16(to + 1, sense.field->byte);
    return true;
  }
  if (sense.progress) {
    to[0] = 0x80;
    store_be16(to + 1, *sense.progress);
    return true;
  }
  return false;
}

/// COPY ABORTED: the low two bytes of the command specific information number the segment that
/// failed (SPC-4 5.17.7.4).
std::optional<uint64_t> command_specific_of(const SenseData& sense) {
  if (sense.segment) return *sense.segment;
  return sense.command_specific;
}

constexpr uint8_t kCheckCondition = static_cast<uint8_t>(Status::check_condition);

/// Status byte and sense data after the first `at` bytes of fixed format, which say where they are.
size_t put_forwarded_fixed(const SenseData::Forwarded& forwarded, uint8_t* to, size_t at) {
  constexpr size_t kForwarded = 18;
  to[forwarded.from_destination ? 9 : 8] = static_cast<uint8_t>(at);
  to[at] = kCheckCondition;
  uint8_t* sense = to + at + 1;
  std::fill_n(sense, kForwarded, uint8_t{0});
  sense[0] = 0x70;
  sense[2] = static_cast<uint8_t>(forwarded.key);
  sense[7] = kForwarded - 8;
  store_be16(sense + 12, forwarded.asc);
  const size_t length = at + 1 + kForwarded;
  to[7] = static_cast<uint8_t>(length - 8);
  return length;
}

size_t encode_fixed(const SenseData& sense, uint8_t* to) {
  constexpr size_t kLength = 18;
  std::fill_n(to, kLength, uint8_t{0});
  to[0] = 0x70;
  to[2] = static_cast<uint8_t>(sense.key);
  if (sense.information && *sense.information <= UINT32_MAX) {
    to[0] |= 0x80;
    store_be32(to + 3, static_cast<uint32_t>(*sense.information));
  }
  to[7] = kLength - 8;
  if (const auto specific = command_specific_of(sense); specific && *specific <= UINT32_MAX)
    store_be32(to + 8, static_cast<uint32_t>(*specific));
  store_be16(to + 12, sense.asc);
  put_key_specific(sense, to + 15);
  return sense.forwarded ? put_forwarded_fixed(*sense.forwarded, to, kLength) : kLength;
}

size_t encode_descriptors(const SenseData& sense, uint8_t* to) {
  std::fill_n(to, 8, uint8_t{0});
  to[0] = 0x72;
  to[1] = static_cast<uint8_t>(sense.key);
  store_be16(to + 2, sense.asc);
  size_t at = 8;
  const auto open = [&](uint8_t type, uint8_t length) {
    std::fill_n(to + at, length, uint8_t{0});
    to[at] = type;
    to[at + 1] = static_cast<uint8_t>(length - 2);
    return to + at;
  };
  if (sense.information) {
    uint8_t* descriptor = open(0x00, 12);
    descriptor[2] = 0x80;
    store_be64(descriptor + 4, *sense.information);
    at += 12;
  }
  if (const auto specific = command_specific_of(sense)) {
    store_be64(open(0x01, 12) + 4, *specific);
    at += 12;
  }
  if (put_key_specific(sense, open(0x02, 8) + 4)) at += 8;
  if (sense.forwarded) {
    uint8_t* descriptor = open(0x0c, 12);
    descriptor[2] = sense.forwarded->from_destination ? 2 : 1;
    descriptor[3] = kCheckCondition;
    descriptor[4] = 0x72;
    descriptor[5] = static_cast<uint8_t>(sense.forwarded->key);
    store_be16(descriptor + 6, sense.forwarded->asc);
    at += 12;
  }
  to[7] = static_cast<uint8_t>(at - 8);
  return at;
}

}  // namespace

size_t SenseData::encode(bool descriptor_format, std::span<uint8_t, kSenseMax> to) const {
  return descriptor_format ? encode_descriptors(*this, to.data()) : encode_fixed(*this, to.data());
}

namespace sense {

SenseData no_sense() {
  return {};
}

SenseData invalid_opcode() {
  SenseData sense{.key = SenseKey::illegal_request, .asc = 0x2000};
  sense.field = SenseData::FieldPointer{true, 0, std::nullopt};
  return sense;
}

SenseData invalid_field_in_cdb(uint16_t byte, std::optional<uint8_t> bit) {
  SenseData sense{.key = SenseKey::illegal_request, .asc = 0x2400};
  sense.field = SenseData::FieldPointer{true, byte, bit};
  return sense;
}

SenseData invalid_field_in_list(uint16_t byte, std::optional<uint8_t> bit) {
  SenseData sense{.key = SenseKey::illegal_request, .asc = 0x2600};
  sense.field = SenseData::FieldPointer{false, byte, bit};
  return sense;
}

SenseData parameter_list_length_error() {
  return {.key = SenseKey::illegal_request, .asc = 0x1a00};
}

SenseData invalid_message() {
  return {.key = SenseKey::illegal_request, .asc = 0x4900};
}

SenseData lba_out_of_range(uint64_t first_bad_lba) {
  return {.key = SenseKey::illegal_request, .asc = 0x2100, .information = first_bad_lba};
}

SenseData unit_not_supported() {
  return {.key = SenseKey::illegal_request, .asc = 0x2500};
}

SenseData write_protected() {
  return {.key = SenseKey::data_protect, .asc = 0x2700};
}

SenseData not_ready(Asc asc) {
  return {.key = SenseKey::not_ready, .asc = asc};
}

SenseData miscompare(uint64_t offset) {
  return {.key = SenseKey::miscompare, .asc = 0x1d00, .information = offset};
}

SenseData unit_attention(Asc asc) {
  return {.key = SenseKey::unit_attention, .asc = asc};
}

SenseData aborted(Asc asc) {
  return {.key = SenseKey::aborted_command, .asc = asc};
}

}  // namespace sense
}  // namespace tidemark::scsi
