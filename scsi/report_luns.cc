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

struct Selected {
  bool units;
  bool well_known;
};

/// What SELECT REPORT asks for; there are no administrative or subsidiary units here. None for
/// values that are not known.
std::optional<Selected> selected(uint64_t select_report) {
  switch (select_report) {
    case 0x00:
      return Selected{.units = true, .well_known = false};
    case 0x01:
      return Selected{.units = false, .well_known = true};
    case 0x02:
      return Selected{.units = true, .well_known = true};
    case 0x10:
    case 0x11:
    case 0x12:
      return Selected{.units = false, .well_known = false};
    default:
      return std::nullopt;
  }
}

void add_lun(std::vector<uint8_t>& data, uint64_t field) {
  data.resize(data.size() + 8);
  store_be64(data.data() + data.size() - 8, field);
}

}  // namespace

void report_luns(Task& task) {
  const auto wanted = selected(field_value(task, FieldRole::select_report));
  if (!wanted) return task.finish(invalid_field(task, FieldRole::select_report));
  std::vector<uint8_t> data(8);
  if (wanted->units)
    for (const auto& [lun, unit] : task.nexus->units()) add_lun(data, encode_lun(lun));
  if (wanted->well_known) add_lun(data, kReportLunsUnit);
  store_be32(data.data(), static_cast<uint32_t>(data.size() - 8));
  static_cast<Nexus&>(*task.nexus).clear_attention(attention::kLunsChanged);
  reply(task, data);
}

}  // namespace tidemark::scsi
