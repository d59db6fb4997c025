// REPORT SUPPORTED OPERATION CODES and REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS (SPC-4 6.35,
// 6.36): the command table, told to the host.
#include <algorithm>
#include <array>
#include <vector>

#include "base/big_endian.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/reply.h"

namespace tidemark::scsi {
namespace {

constexpr uint8_t kServactv = 0x01;
constexpr uint8_t kCtdp = 0x02;
constexpr uint8_t kCtdpOne = 0x80;
constexpr uint8_t kNotSupported = 0x01;
constexpr uint8_t kSupportedAsStandard = 0x03;
constexpr uint8_t kSupportedAsVendor = 0x05;
constexpr uint8_t kFirstVendorOpcode = 0xc0;

/// Seconds after which a host may wonder, and after which it should act.
struct Timeouts {
  uint32_t nominal;
  uint32_t recommended;
};

Timeouts timeouts_of(const CommandRow& row) {
  if (row.handler == format_unit || row.handler == sanitize_overwrite ||
      row.handler == sanitize_block_erase)
    return {600, 86400};  // the whole medium
  if (row.feature == Feature::copy_service) return {60, 600};
  return row.ordering == OrderingClass::control ? Timeouts{1, 30} : Timeouts{5, 60};
}

void add_timeouts(std::vector<uint8_t>& data, const CommandRow& row) {
  data.resize(data.size() + 12);
  uint8_t* descriptor = &data[data.size() - 12];
  store_be16(descriptor, 0x000a);
  store_be32(descriptor + 4, timeouts_of(row).nominal);
  store_be32(descriptor + 8, timeouts_of(row).recommended);
}

std::vector<uint8_t> all_commands(const LogicalUnit& unit, bool with_timeouts) {
  std::vector<uint8_t> data(4);
  for (const CommandRow& row : command_rows()) {
    if (!supports(unit, row)) continue;
    data.resize(data.size() + 8);
    uint8_t* entry = &data[data.size() - 8];
    entry[0] = row.opcode;
    store_be16(entry + 2, row.service_action.value_or(0));
    entry[5] =
        static_cast<uint8_t>((row.service_action ? kServactv : 0) | (with_timeouts ? kCtdp : 0));
    store_be16(entry + 6, row.cdb_length);
    if (with_timeouts) add_timeouts(data, row);
  }
  store_be32(data.data(), static_cast<uint32_t>(data.size() - 4));
  return data;
}

std::vector<uint8_t> one_command(const CommandRow* row, bool with_timeouts) {
  std::vector<uint8_t> data(4);
  if (row == nullptr) {
    data[1] = kNotSupported;
    return data;
  }
  const uint8_t support =
      row->opcode >= kFirstVendorOpcode ? kSupportedAsVendor : kSupportedAsStandard;
  data[1] = static_cast<uint8_t>(support | (with_timeouts ? kCtdpOne : 0));
  store_be16(&data[2], row->cdb_length);
  const auto usage = usage_bitmap(*row);
  data.insert(data.end(), usage.begin(), usage.begin() + row->cdb_length);
  if (with_timeouts) add_timeouts(data, *row);
  return data;
}

/// The row asked for, and whether its opcode has service actions at all.
struct Wanted {
  const CommandRow* row = nullptr;
  bool has_service_actions = false;
};

Wanted find_wanted(const Task& task) {
  const auto opcode = field_value(task, FieldRole::requested_opcode);
  const auto service_action = field_value(task, FieldRole::requested_service_action);
  Wanted wanted;
  for (const CommandRow& row : command_rows()) {
    if (row.opcode != opcode || !supports(*task.unit, row)) continue;
    wanted.has_service_actions = row.service_action.has_value();
    if (!row.service_action || *row.service_action == service_action) wanted.row = &row;
  }
  return wanted;
}

}  // namespace

void report_supported_operation_codes(Task& task) {
  const bool with_timeouts = field_value(task, FieldRole::rctd) != 0;
  const auto option = field_value(task, FieldRole::reporting_options);
  if (option == 0) return reply(task, all_commands(*task.unit, with_timeouts));
  if (option > 3) return task.finish(invalid_field(task, FieldRole::reporting_options));
  const Wanted wanted = find_wanted(task);
  if (option == 1 && wanted.has_service_actions)
    return task.finish(invalid_field(task, FieldRole::reporting_options));
  if (option == 2 && wanted.row && !wanted.has_service_actions)
    return task.finish(invalid_field(task, FieldRole::reporting_options));
  // Option 3: a command without service actions is asked for with service action 0.
  const bool stray = option == 3 && !wanted.has_service_actions &&
                     field_value(task, FieldRole::requested_service_action) != 0;
  reply(task, one_command(stray ? nullptr : wanted.row, with_timeouts));
}

void report_supported_task_management_functions(Task& task) {
  std::array<uint8_t, 16> data{};
  data[0] =
      0x80 | 0x40 | 0x20 | 0x10 | 0x08 | 0x04 | 0x02;  // ATS, ATSS, CACAS, CTSS, LURS, QTS, TRS
  data[1] = 0x02 | 0x01;                               // QTSS, ITNRS
  const bool extended = field_value(task, FieldRole::repd) != 0;
  if (extended) data[3] = 0x0c;
  reply(task, ConstBytes(data).first(extended ? 16 : 4));
}

}  // namespace tidemark::scsi
