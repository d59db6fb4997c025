#include "scsi/copy_results.h"

#include <algorithm>
#include <array>

#include "base/big_endian.h"
#include "scsi/xcopy_list.h"

namespace tidemark::scsi {
namespace {

using Data = std::vector<uint8_t>;

/// Ascending, as both lists must be.
constexpr std::array kDescriptorTypes = {kBlockToBlock, kBlockOffsetToBlockOffset,
                                         kIdentificationCscd};
/// Segments move whole blocks of 512 bytes at least.
constexpr uint8_t kGranularityLog2 = 9;

/// Appends a third-party copy descriptor with `length` zero bytes of parameters; returns them.
uint8_t* open_descriptor(Data& page, uint16_t type, uint16_t length) {
  const size_t at = page.size();
  page.resize(at + 4 + length);
  store_be16(&page[at], type);
  store_be16(&page[at + 2], length);
  return &page[at + 4];
}

void put_supported_commands(Data& page) {
  // Opcode, number of service actions, service actions.
  constexpr std::array<uint8_t, 8> commands = {0x83, 1, 0x00, 0x84, 3, 0x00, 0x03, 0x04};
  uint8_t* to = open_descriptor(page, 0x0001, 12);  // one byte of length, padded to four
  to[0] = commands.size();
  std::ranges::copy(commands, to + 1);
}

void put_parameter_data(Data& page) {
  uint8_t* to = open_descriptor(page, 0x0004, 0x1c);
  store_be16(to + 4, kMaxCscds);
  store_be16(to + 6, kMaxSegments);
  store_be32(to + 8, kMaxDescriptorBytes);
}

void put_supported_descriptors(Data& page) {
  uint8_t* to = open_descriptor(page, 0x0008, 4);
  static_assert(kDescriptorTypes.size() == 3, "fills four bytes with its length");
  to[0] = kDescriptorTypes.size();
  std::ranges::copy(kDescriptorTypes, to + 1);
}

void put_supported_cscd_ids(Data& page) {
  uint8_t* to = open_descriptor(page, 0x000c, 4);
  store_be16(to, 2);
  store_be16(to + 2, 0xffff);  // the unit that got the command
}

void put_general_operations(Data& page) {
  uint8_t* to = open_descriptor(page, 0x8001, 0x20);
  store_be32(to, CopyRecords::kRunningMax);
  store_be32(to + 4, CopyRecords::kRunningMax);
  store_be32(to + 8, kMaxSegmentBytes);
  to[12] = kGranularityLog2;
}

/// COPY COMMAND STATUS (SPC-4 table 254).
uint8_t status_code(const CopyRecord& record) {
  if (record.running) return 0;
  return record.failed() ? 2 : 1;
}

}  // namespace

Data encode_operating_parameters() {
  Data data(44 + kDescriptorTypes.size());
  data[4] = 0x01;  // SNLID: copies without list identifier
  store_be16(&data[8], kMaxCscds);
  store_be16(&data[10], kMaxSegments);
  store_be32(&data[12], kMaxDescriptorBytes);
  store_be32(&data[16], kMaxSegmentBytes);
  store_be16(&data[34], CopyRecords::kRunningMax);
  data[36] = CopyRecords::kRunningMax;
  data[37] = kGranularityLog2;
  data[43] = kDescriptorTypes.size();
  std::ranges::copy(kDescriptorTypes, &data[44]);
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

Data encode_third_party_copy_page() {
  Data page(4);
  page[1] = 0x8f;
  put_supported_commands(page);
  put_parameter_data(page);
  put_supported_descriptors(page);
  put_supported_cscd_ids(page);
  put_general_operations(page);
  store_be<2>(&page[2], page.size() - 4);
  return page;
}

}  // namespace tidemark::scsi
