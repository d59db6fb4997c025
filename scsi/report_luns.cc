// REPORT LUNS (SPC-4 6.33): the LUN map of the nexus that asks.
#include <vector>

#include "base/big_endian.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/lun.h"
#include "scsi/nexus.h"
#include "scsi/reply.h"

namespace tidemark::scsi {
namespace {

enum class Selected { all, none, invalid };

/// There are no well known, administrative or subsidiary units here.
Selected selected(uint64_t select_report) {
  switch (select_report) {
    case 0x00:
    case 0x02:
      return Selected::all;
    case 0x01:
    case 0x10:
    case 0x11:
    case 0x12:
      return Selected::none;
    default:
      return Selected::invalid;
  }
}

}  // namespace

void report_luns(Task& task) {
  const Selected wanted = selected(field_value(task, FieldRole::select_report));
  if (wanted == Selected::invalid)
    return task.finish(invalid_field(task, FieldRole::select_report));
  std::vector<uint8_t> data(8);
  if (wanted == Selected::all) {
    for (const auto& [lun, unit] : task.nexus->device().units()) {
      data.resize(data.size() + 8);
      store_be64(data.data() + data.size() - 8, encode_lun(lun));
    }
  }
  store_be32(data.data(), static_cast<uint32_t>(data.size() - 8));
  static_cast<Nexus&>(*task.nexus).clear_attention(attention::kLunsChanged);
  reply(task, data);
}

}  // namespace tidemark::scsi
