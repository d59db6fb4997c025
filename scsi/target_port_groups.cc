// REPORT TARGET PORT GROUPS (SPC-4 6.37): one group with all ports of the unit, always active and
// optimized.
#include <vector>

#include "base/big_endian.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/limits.h"
#include "scsi/logical_unit.h"
#include "scsi/reply.h"

namespace tidemark::scsi {
namespace {

constexpr uint64_t kLengthOnly = 0;
constexpr uint64_t kExtendedHeader = 1;
constexpr uint8_t kActiveOptimizedSupported = 0x01;

}  // namespace

void report_target_port_groups(Task& task) {
  const uint64_t format = field_value(task, FieldRole::parameter_data_format);
  if (format > kExtendedHeader)
    return task.finish(invalid_field(task, FieldRole::parameter_data_format));
  std::vector<uint8_t> data(format == kLengthOnly ? 4 : 8);
  if (format == kExtendedHeader) data[4] = 0x10;
  const size_t group = data.size();
  const size_t ports = task.unit->ports().size();
  data.resize(group + 8 + 4 * ports);
  data[group + 1] = kActiveOptimizedSupported;
  store_be16(&data[group + 2], kTargetPortGroup);
  data[group + 7] = static_cast<uint8_t>(ports);
  for (size_t i = 0; i < ports; ++i)
    store_be16(&data[group + 8 + 4 * i + 2], static_cast<uint16_t>(i + 1));
  store_be32(&data[0], static_cast<uint32_t>(data.size() - 4));
  reply(task, data);
}

}  // namespace tidemark::scsi
