#include "scsi/copy_results.h"

#include <algorithm>
#include <array>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/cscd.h"
#include "scsi/logical_unit.h"
#include "scsi/rod_tokens.h"
#include "scsi/token_list.h"
#include "scsi/xcopy_list.h"

namespace tidemark::scsi {
namespace {

using Data = std::vector<uint8_t>;

constexpr uint8_t kCopyOut = 0x83;
constexpr uint8_t kCopyIn = 0x84;
/// Tokens are made and used at full speed in multiples of this.
constexpr uint64_t kGranularityOfTokens = 64 * kKiB;

/// Appends a third-party copy descriptor with `length` zero bytes of parameters; returns them.
uint8_t* open_descriptor(Data& page, uint16_t type, uint16_t length) {
  const size_t at = page.size();
  page.resize(at + 4 + length);
  store_be16(&page[at], type);
  store_be16(&page[at + 2], length);
  return &page[at + 4];
}

/// The service actions of an opcode, counted, ascending.
void put_service_actions(Data& to, const LogicalUnit& unit, uint8_t opcode) {
  to.push_back(opcode);
  const size_t count_at = to.size();
  to.push_back(0);
  for (const CommandRow& row : command_rows()) {
    if (row.opcode != opcode || !supports(unit, row)) continue;
    to.push_back(static_cast<uint8_t>(*row.service_action));
    ++to[count_at];
  }
}

void put_supported_commands(Data& page, const LogicalUnit& unit) {
  Data commands;
  put_service_actions(commands, unit, kCopyOut);
  put_service_actions(commands, unit, kCopyIn);
  // After one byte of length; the whole is made of words.
  const auto length = static_cast<uint16_t>((commands.size() + 1 + 3) / 4 * 4);
  uint8_t* to = open_descriptor(page, 0x0001, length);
  to[0] = static_cast<uint8_t>(commands.size());
  std::ranges::copy(commands, to + 1);
}

void put_parameter_data(Data& page) {
  uint8_t* to = open_descriptor(page, 0x0004, 0x1c);
  store_be16(to + 4, kMaxCscds);
  store_be16(to + 6, kMaxSegments);
  store_be32(to + 8, kMaxDescriptorBytes);
}

void put_supported_descriptors(Data& page) {
  const auto types = supported_descriptor_types();
  uint8_t* to =
      open_descriptor(page, 0x0008, static_cast<uint16_t>((types.size() + 1 + 3) / 4 * 4));
  to[0] = static_cast<uint8_t>(types.size());
  std::ranges::copy(types, to + 1);
}

void put_supported_cscd_ids(Data& page) {
  constexpr std::array<uint16_t, 2> ids = {kNullBlockDevice, kCscdOfThisUnit};
  uint8_t* to = open_descriptor(page, 0x000c, 8);
  store_be16(to, 2 * ids.size());
  for (size_t i = 0; i < ids.size(); ++i) store_be16(to + 2 + 2 * i, ids[i]);
}

void put_general_operations(Data& page) {
  uint8_t* to = open_descriptor(page, 0x8001, 0x20);
  store_be32(to, CopyRecords::kRunningMax);
  store_be32(to + 4, CopyRecords::kRunningMax);
  store_be32(to + 8, kMaxSegmentBytes);
  to[12] = kSegmentGranularityLog2;
}

/// SBC-4 clause 6.6.9.3.
void put_block_token_limits(Data& page, uint32_t block_size, const TokenLimits& limits) {
  uint8_t* to = open_descriptor(page, 0x0000, 0x20);
  store_be16(to + 6, kMaxTokenRanges);
  store_be32(to + 8, limits.inactivity_most);
  store_be32(to + 12, limits.inactivity);
  store_be64(to + 16, kMaxTokenBytes / block_size);
  store_be64(to + 24, kOptimalTokenBytes / block_size);
}

void put_token_features(Data& page, uint32_t block_size, const TokenLimits& limits) {
  uint8_t* to = open_descriptor(page, 0x0106, 44 + 48);
  // REMOTE TOKENS 0: tokens of other devices mean nothing here.
  store_be32(to + 12, limits.lifetime);  // least and most: nobody can ask for another one
  store_be32(to + 16, limits.lifetime);
  store_be32(to + 20, limits.inactivity_most);
  store_be16(to + 42, 0x30);
  uint8_t* block = to + 44;  // device type 00h
  store_be16(block + 2, 0x2c);
  store_be<2>(block + 6, kGranularityOfTokens / block_size);
  store_be64(block + 8, kMaxTokenBytes);
  for (const size_t at : {16u, 24u, 32u}) store_be64(block + at, kOptimalTokenBytes);
}

/// One entry of 64 bytes for each type of ROD.
void put_rod_types(Data& page) {
  struct RodType {
    uint32_t type;
    uint8_t flags;  // TOKEN_IN 02h, TOKEN_OUT 01h
    uint16_t preference;
  };
  // What changes cannot harm is preferred. The sum is to be FFFFh.
  constexpr std::array<RodType, 5> types = {{{kPointInTimeDefault, 0x03, 0x4000},
                                             {kPointInTimeVulnerable, 0x03, 0x1000},
                                             {kPointInTimePersistent, 0x03, 0x8000},
                                             {kPointInTimeAny, 0x01, 0x2fff},
                                             {kBlockDeviceZero, 0x02, 0}}};
  uint8_t* to = open_descriptor(page, 0x0108, 4 + 64 * types.size());
  store_be16(to + 2, 64 * types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    uint8_t* entry = to + 4 + 64 * i;
    store_be32(entry, types[i].type);
    entry[4] = types[i].flags;
    store_be16(entry + 6, types[i].preference);
  }
}

/// COPY COMMAND STATUS (SPC-4 table 254).
uint8_t status_code(const CopyRecord& record) {
  if (record.running) return 0;
  return record.failed() ? 2 : 1;
}

/// COPY OPERATION STATUS (SPC-4 table 249).
uint8_t operation_status(const CopyRecord& record) {
  if (record.running) return record.background ? 0x12 : 0x11;
  if (record.status == Status::task_aborted) return 0x60;
  return record.failed() ? 0x02 : static_cast<uint8_t>(record.completion);
}

constexpr uint8_t kCountInBlocks = 0xf1;
constexpr uint32_t kPollAgainMs = 200;
constexpr uint32_t kHasEnded = 0xfffffffe;

}  // namespace

Data encode_operating_parameters() {
  const auto types = supported_descriptor_types();
  Data data(44 + types.size());
  data[4] = 0x01;  // SNLID: copies without list identifier
  store_be16(&data[8], kMaxCscds);
  store_be16(&data[10], kMaxSegments);
  store_be32(&data[12], kMaxDescriptorBytes);
  store_be32(&data[16], kMaxSegmentBytes);
  store_be16(&data[34], CopyRecords::kRunningMax);
  data[36] = CopyRecords::kRunningMax;
  data[37] = kSegmentGranularityLog2;
  data[43] = static_cast<uint8_t>(types.size());
  std::ranges::copy(types, &data[44]);
  store_be<4>(&data[0], data.size() - 4);
  return data;
}

Data encode_copy_status(const CopyRecord& record, uint64_t bytes) {
  Data data(12);
  store_be<4>(&data[0], data.size() - 4);
  data[4] = status_code(record);
  store_be16(&data[5], record.segments);
  // The smallest unit in which the count fits: bytes, KiB, MiB, ... (SPC-4 table 251).
  for (; bytes > UINT32_MAX; bytes /= 1024) ++data[7];
  store_be<4>(&data[8], bytes);
  return data;
}

Data encode_held_data() {
  return Data(4);
}

Data encode_copy_status_lid4(const CopyRecord& record, uint64_t bytes, bool descriptor_format) {
  Data data(32);
  data[4] = record.service_action;
  data[5] = operation_status(record);
  // Commands, "or equivalent": what moves, moves in pieces of about this size.
  store_be<2>(&data[6], bytes / kMiB % 0x10000);
  store_be32(&data[8], record.running ? kPollAgainMs : kHasEnded);
  if (!record.running) data[12] = static_cast<uint8_t>(record.status);
  if (record.block_size != 0) data[15] = kCountInBlocks;
  store_be64(&data[16], record.block_size != 0 ? bytes / record.block_size : bytes);
  store_be16(&data[24], record.segments);
  if (!record.running && record.status == Status::check_condition) {
    std::array<uint8_t, kSenseMax> sense{};
    const size_t length = record.sense.encode(descriptor_format, sense);
    data[14] = static_cast<uint8_t>(length);
    const size_t area = (length + 3) / 4 * 4;
    data[13] = static_cast<uint8_t>(area);
    data.insert(data.end(), sense.begin(), sense.begin() + static_cast<ptrdiff_t>(area));
  }
  store_be<4>(&data[0], data.size() - 4);
  return data;
}

Data encode_held_data_lid4(const CopyRecord& record, uint64_t bytes, bool descriptor_format) {
  Data data = encode_copy_status_lid4(record, bytes, descriptor_format);
  data.resize(data.size() + 4);  // HELD DATA LENGTH: zero
  store_be<4>(&data[0], data.size() - 4);
  return data;
}

Data encode_rod_token_information(const CopyRecord& record, uint64_t bytes,
                                  bool descriptor_format) {
  Data data = encode_copy_status_lid4(record, bytes, descriptor_format);
  const size_t descriptors_at = data.size();
  data.resize(descriptors_at + 4);
  if (record.token && !record.running) {
    constexpr uint32_t kDescriptorBytes = 2 + kRodTokenBytes;  // two reserved ones before the token
    store_be32(&data[descriptors_at], kDescriptorBytes);
    data.resize(data.size() + 2);
    data.insert(data.end(), record.token->begin(), record.token->end());
  }
  store_be<4>(&data[0], data.size() - 4);
  return data;
}

Data encode_all_rod_tokens(const std::vector<RodToken>& tokens) {
  Data data(8);
  for (const RodToken& token : tokens)
    data.insert(data.end(), token.begin(), token.begin() + kManagementTokenBytes);
  store_be<4>(&data[0], data.size() - 4);
  return data;
}

Data encode_failure_details(const CopyRecord& record, bool descriptor_format) {
  if (!record.failed() || record.details_read) return Data(4);
  Data data(60);
  data[56] = static_cast<uint8_t>(record.status);
  if (record.status == Status::check_condition) {
    std::array<uint8_t, kSenseMax> encoded{};
    const size_t length = record.sense.encode(descriptor_format, encoded);
    store_be<2>(&data[58], length);
    data.insert(data.end(), encoded.begin(), encoded.begin() + static_cast<ptrdiff_t>(length));
  }
  store_be<4>(&data[0], data.size() - 4);
  return data;
}

Data encode_third_party_copy_page(const LogicalUnit& unit) {
  const RodTokens* tokens = unit.copies() != nullptr ? unit.copies()->tokens() : nullptr;
  Data page(4);
  page[1] = 0x8f;
  if (tokens != nullptr) put_block_token_limits(page, unit.block_size(), tokens->limits());
  put_supported_commands(page, unit);
  put_parameter_data(page);
  put_supported_descriptors(page);
  put_supported_cscd_ids(page);
  if (tokens != nullptr) {
    put_token_features(page, unit.block_size(), tokens->limits());
    put_rod_types(page);
  }
  put_general_operations(page);
  store_be<2>(&page[2], page.size() - 4);
  return page;
}

}  // namespace tidemark::scsi
