// LOG SENSE (SPC-4 6.9, 7.3): the lists of pages, and informational exceptions, of which there are
// none.
#include <array>
#include <vector>

#include "base/big_endian.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/reply.h"

namespace tidemark::scsi {
namespace {

constexpr uint8_t kSupported = 0x00;
constexpr uint8_t kInformationalExceptions = 0x2f;
constexpr uint8_t kAllSubpages = 0xff;
constexpr std::array kPages = {kSupported, kInformationalExceptions};
constexpr uint8_t kTemperatureUnknown = 0xff;

using Data = std::vector<uint8_t>;

Data supported_pages() {
  Data data(4);
  data.insert(data.end(), kPages.begin(), kPages.end());
  return data;
}

Data supported_subpages() {
  Data data = {kSupported | 0x40, kAllSubpages, 0, 0};  // SPF
  for (const uint8_t page : kPages) {
    data.insert(data.end(), {page, 0x00});
    if (page == kSupported) data.insert(data.end(), {page, kAllSubpages});
  }
  return data;
}

Data informational_exceptions() {
  // Parameter 0000h: format and linking 11b, ASC, ASCQ, temperature.
  return {kInformationalExceptions, 0, 0, 0, 0, 0, 0x03, 4, 0, 0, kTemperatureUnknown, 0};
}

}  // namespace

void log_sense(Task& task) {
  if (field_value(task, FieldRole::sp) != 0) return task.finish(invalid_field(task, FieldRole::sp));
  const uint64_t page = field_value(task, FieldRole::page_code);
  const uint64_t subpage = field_value(task, FieldRole::subpage_code);
  Data data;
  if (subpage == 0) {
    if (page == kSupported) data = supported_pages();
    if (page == kInformationalExceptions) data = informational_exceptions();
  } else if (page == kSupported && subpage == kAllSubpages) {
    data = supported_subpages();
  } else {
    return task.finish(invalid_field(task, FieldRole::subpage_code));
  }
  if (data.empty()) return task.finish(invalid_field(task, FieldRole::page_code));
  if (field_value(task, FieldRole::parameter_pointer) != 0 && page == kSupported)
    return task.finish(invalid_field(task, FieldRole::parameter_pointer));
  store_be16(&data[2], static_cast<uint16_t>(data.size() - 4));
  reply(task, data);
}

}  // namespace tidemark::scsi
