// INQUIRY (SPC-4 6.6): standard data, and the way to the VPD pages.
#include <algorithm>
#include <array>

#include "base/big_endian.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/logical_unit.h"
#include "scsi/lun.h"
#include "scsi/nexus.h"
#include "scsi/reply.h"
#include "scsi/vpd_pages.h"

namespace tidemark::scsi {
namespace {

constexpr uint8_t kDisk = 0x00;
constexpr uint8_t kUnavailable = 0x20;  // qualifier 001b (SPC-4 5.16.2.4.5)
constexpr uint8_t kWellKnownUnit = 0x1e;
constexpr uint8_t kNoSuchUnit = 0x7f;  // qualifier 011b, device type 1Fh
constexpr size_t kStandardLength = 96;

/// SAM-5, SPC-4, SBC-3, SBC-4. The transport's follows them.
constexpr uint16_t kVersionDescriptors[] = {0x00a0, 0x0460, 0x04c0, 0x0600};

/// Left-aligned ASCII, padded with spaces.
void put_text(uint8_t* to, size_t width, const std::string& text) {
  std::fill_n(to, width, uint8_t{' '});
  std::copy_n(text.begin(), std::min(width, text.size()), to);
}

std::array<uint8_t, kStandardLength> standard_data(const Task& task) {
  const LogicalUnit* const unit = task.unit.get();
  std::array<uint8_t, kStandardLength> data{};
  data[0] = peripheral_device(task);
  if (unit && unit->traits().removable) data[1] = 0x80;  // RMB
  data[2] = 0x06;                                        // SPC-4
  data[3] = 0x20 | 0x10 | 0x02;                          // NORMACA, HISUP, response data format
  data[4] = kStandardLength - 5;
  if (unit) data[5] = static_cast<uint8_t>(0x30 | (unit->copies() ? 0x08 : 0));  // TPGS, 3PC
  data[7] = 0x02;                                                                // CMDQUE
  const Identity identity = unit ? unit->identity() : Identity{};
  put_text(&data[8], 8, identity.vendor);
  put_text(&data[16], 16, identity.product);
  put_text(&data[32], 4, identity.revision);
  uint8_t* to = &data[58];
  for (const uint16_t version : kVersionDescriptors) {
    store_be16(to, version);
    to += 2;
  }
  store_be16(to, task.nexus->version_descriptor);
  return data;
}

}  // namespace

uint8_t peripheral_device(const Task& task) {
  if (task.unit) {
    const uint16_t tag = static_cast<const Nexus&>(*task.nexus).name().port.portal_group;
    const auto group = task.unit->port_groups().of(task.core, tag);
    return group.state == AccessState::unavailable ? kUnavailable : kDisk;
  }
  return task.lun_field == kReportLunsUnit ? kWellKnownUnit : kNoSuchUnit;
}

void inquiry(Task& task) {
  const auto page = static_cast<uint8_t>(field_value(task, FieldRole::page_code));
  if (field_value(task, FieldRole::evpd) == 0) {
    if (page != 0) return task.finish(invalid_field(task, FieldRole::page_code));
    return reply(task, standard_data(task));
  }
  std::array<uint8_t, kVpdMax> data{};
  const size_t length = vpd_page(task, page, data);
  if (length == 0) return task.finish(invalid_field(task, FieldRole::page_code));
  reply(task, ConstBytes(data).first(length));
}

}  // namespace tidemark::scsi
