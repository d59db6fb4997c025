#include "scsi/vpd_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/big_endian.h"
#include "scsi/copy_manager.h"
#include "scsi/designators.h"
#include "scsi/limits.h"
#include "scsi/log_pages.h"
#include "scsi/logical_unit.h"
#include "scsi/nexus.h"
#include "scsi/vendor_layout.h"

namespace tidemark::scsi {
namespace {

/// Writes what follows the 4-byte header; returns its length.
using Body = size_t (*)(const Task& task, uint8_t* to);

struct PageRow {
  uint8_t code;
  Body body;
};

size_t supported_pages(const Task& task, uint8_t* to);

size_t unit_serial_number(const Task& task, uint8_t* to) {
  const std::string& serial = task.unit->identity().serial;
  const size_t length = std::min<size_t>(serial.size(), 252);
  std::copy_n(serial.begin(), length, to);
  return length;
}

/// First two bytes of a designation descriptor (SPC-4 7.8.6.1).
struct DesignatorKind {
  uint8_t code_set;
  uint8_t association_and_type;
};
constexpr uint8_t kProtocolIscsi = 0x50;
constexpr uint8_t kPiv = 0x80;
constexpr uint8_t kPort = 0x10;
constexpr uint8_t kDevice = 0x20;

size_t put_designator(uint8_t* to, DesignatorKind kind, ConstBytes designator) {
  const bool protocol_named = kind.association_and_type & (kPort | kDevice);
  to[0] = static_cast<uint8_t>(kind.code_set | (protocol_named ? kProtocolIscsi : 0));
  to[1] = static_cast<uint8_t>(kind.association_and_type | (protocol_named ? kPiv : 0));
  to[3] = static_cast<uint8_t>(designator.size());
  std::copy(designator.begin(), designator.end(), to + 4);
  return 4 + designator.size();
}

/// A SCSI name string: NUL-terminated and padded to a multiple of four (SPC-4 7.8.6.11).
size_t put_name(uint8_t* to, uint8_t association, std::string name) {
  name.resize(std::min<size_t>(name.size(), 248) + 1, '\0');
  name.back() = '\0';
  name.resize((name.size() + 3) / 4 * 4, '\0');
  const auto* bytes = reinterpret_cast<const uint8_t*>(name.data());
  return put_designator(to, {0x03, static_cast<uint8_t>(association | 0x08)}, {bytes, name.size()});
}

/// The name of an iSCSI target port (RFC 7143 4.4.2, SPC-4 7.6.4.6).
size_t put_port_name(uint8_t* to, const TargetPort& port) {
  return put_name(to, kPort, fmt::format("{},t,0x{:04x}", port.target, port.portal_group));
}

size_t device_identification(const Task& task, uint8_t* to) {
  uint8_t* at = to;
  for (const Designator& one : designators_of(task.unit->identity()))
    at += put_designator(at, {static_cast<uint8_t>(one.code_set), static_cast<uint8_t>(one.type)},
                         one.bytes);
  const TargetPort& port = static_cast<const Nexus&>(*task.nexus).name().port;
  std::array<uint8_t, 4> number{};
  store_be16(&number[2], task.unit->port_number(port));
  at += put_designator(at, {0x01, kPort | 0x04}, number);
  store_be16(&number[2], port.portal_group);
  at += put_designator(at, {0x01, kPort | 0x05}, number);
  at += put_port_name(at, port);
  at += put_name(at, kDevice, port.target);
  return at - to;
}

size_t extended_inquiry(const Task& task, uint8_t* to) {
  to[5 - 4] = 0x04 | 0x02 | 0x01;                                  // HEADSUP, ORDSUP, SIMPSUP
  if (task.unit->volume().traits().write_cache) to[6 - 4] = 0x01;  // V_SUP
  to[13 - 4] = static_cast<uint8_t>(kSenseMax);
  return 0x3c;
}

/// All pages are shared by all nexuses.
size_t mode_page_policy(const Task&, uint8_t* to) {
  to[0] = 0x3f;
  to[1] = 0xff;
  return 4;
}

size_t scsi_ports(const Task& task, uint8_t* to) {
  constexpr size_t kPortMax = 12 + 4 + 252;
  uint8_t* at = to;
  const auto ports = task.unit->ports();
  for (const UnitPort& port : *ports) {
    if (at + kPortMax > to + kVpdMax - 4) break;
    store_be16(at + 2, port.number);
    const size_t name = put_port_name(at + 12, port.port);
    store_be16(at + 10, static_cast<uint16_t>(name));
    at += 12 + name;
  }
  return at - to;
}

size_t block_limits(const Task& task, uint8_t* to) {
  const LogicalUnit& unit = *task.unit;
  const uint32_t block_size = unit.block_size();
  const auto blocks = [&](uint64_t bytes) { return static_cast<uint32_t>(bytes / block_size); };
  const uint32_t physical = unit.traits().physical_block_size;
  uint8_t* const page = to - 4;
  page[4] = 0x01;  // WSNZ
  page[5] = kMaxCompareAndWriteBlocks;
  store_be16(page + 6, static_cast<uint16_t>(blocks(physical)));
  store_be32(page + 8, blocks(kMaxTransferBytes));
  store_be32(page + 12, blocks(kOptimalTransferBytes));
  if (unit.thin()) {
    store_be32(page + 20, blocks(kMaxUnmapBytes));
    store_be32(page + 24, kMaxUnmapDescriptors);
    store_be32(page + 28, blocks(std::max(unit.traits().unmap_granularity, block_size)));
    store_be32(page + 32, 0x80000000);  // UGAVALID, alignment 0
  }
  store_be64(page + 36, blocks(kMaxWriteSameBytes));
  // Any alignment, any length, any boundary: what is atomic as a whole is so in its parts.
  store_be32(page + 44, blocks(kMaxAtomicBytes));
  store_be32(page + 56, blocks(kMaxAtomicBytes));
  store_be32(page + 60, blocks(kMaxAtomicBytes));
  return 0x3c;
}

size_t block_device_characteristics(const Task& task, uint8_t* to) {
  uint8_t* const page = to - 4;
  store_be16(page + 4, 0x0001);           // does not rotate
  if (task.unit->thin()) page[7] = 0x40;  // WABEREQ 01b: after BLOCK ERASE, zeroes are read
  page[8] = 0x02;                         // FUAB: SYNCHRONIZE CACHE and FUA reach the medium
  return 0x3c;
}

size_t logical_block_provisioning(const Task& task, uint8_t* to) {
  uint8_t* const page = to - 4;
  if (!task.unit->thin()) return 4;
  page[4] = provisioning_threshold_exponent(task.unit->block_size());
  page[5] = 0x80 | 0x40 | 0x20 | 0x04;  // LBPU, LBPWS, LBPWS10, LBPRZ 001b
  page[6] = 0x02;                       // thin
  return 4;
}

size_t third_party_copy(const Task& task, uint8_t* to) {
  return third_party_copy_page(*task.unit, {to - 4, kThirdPartyCopyPageMax}) - 4;
}

/// Ours: that there are vendor commands, and whether the asker may use them.
size_t vendor_commands_page(const Task& task, uint8_t* to) {
  const auto body = vendor_page_body(task.nexus->may_command_copies);
  std::ranges::copy(body, to);
  return body.size();
}

constexpr PageRow kPages[] = {
    {0x00, supported_pages},
    {0x80, unit_serial_number},
    {0x83, device_identification},
    {0x86, extended_inquiry},
    {0x87, mode_page_policy},
    {0x88, scsi_ports},
    {0x8f, third_party_copy},
    {0xb0, block_limits},
    {0xb1, block_device_characteristics},
    {0xb2, logical_block_provisioning},
    {0xc0, vendor_commands_page},
};

bool has_page(const Task& task, const PageRow& row) {
  if (!task.unit) return row.code == 0x00;
  const bool of_copies = row.code == 0x8f || row.code == 0xc0;
  return !of_copies || task.unit->copies() != nullptr;
}

size_t supported_pages(const Task& task, uint8_t* to) {
  size_t count = 0;
  for (const PageRow& row : kPages)
    if (has_page(task, row)) to[count++] = row.code;
  return count;
}

}  // namespace

size_t vpd_page(const Task& task, uint8_t page, Bytes to) {
  for (const PageRow& row : kPages) {
    if (row.code != page || !has_page(task, row)) continue;
    to[0] = peripheral_device(task);
    to[1] = page;
    const size_t length = row.body(task, to.data() + 4);
    store_be16(to.data() + 2, static_cast<uint16_t>(length));
    return 4 + length;
  }
  return 0;
}

}  // namespace tidemark::scsi
