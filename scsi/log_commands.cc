// LOG SENSE, LOG SELECT (SPC-4 6.8, 6.9).
#include <vector>

#include "base/big_endian.h"
#include "scsi/announcement.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/log_pages.h"
#include "scsi/logical_unit.h"
#include "scsi/reply.h"

namespace tidemark::scsi {
namespace {

constexpr uint64_t kCumulative = 1;  // PC: there are no thresholds, and no defaults
constexpr uint8_t kSubpageFormat = 0x40;

/// The page a CDB names; null, and `wrong` set, if the unit has no such page.
const LogPage* page_of(const Task& task, FieldRole& wrong) {
  const uint64_t code = field_value(task, FieldRole::page_code);
  const uint64_t subpage = field_value(task, FieldRole::subpage_code);
  wrong = FieldRole::page_code;
  for (const LogPage& page : log_pages()) {
    if (page.page != code || !has_log_page(*task.unit, page)) continue;
    if (page.subpage == subpage) return &page;
    wrong = FieldRole::subpage_code;
  }
  return nullptr;
}

/// What follows the header of the lists of pages.
std::vector<uint8_t> list_of_pages(const LogicalUnit& unit, bool with_subpages) {
  std::vector<uint8_t> list;
  for (const LogPage& page : log_pages()) {
    if (!has_log_page(unit, page)) continue;
    if (with_subpages || page.subpage == 0) list.push_back(page.page);
    if (with_subpages) list.push_back(page.subpage);
  }
  return list;
}

void send(Task& task, const LogPage& page, const std::vector<uint8_t>& content) {
  std::vector<uint8_t> data(4);
  data[0] = static_cast<uint8_t>(page.page | (page.subpage ? kSubpageFormat : 0));
  data[1] = page.subpage;
  store_be16(&data[2], static_cast<uint16_t>(content.size()));
  data.insert(data.end(), content.begin(), content.end());
  reply(task, data);
}

void clear(LogicalUnit& unit, const LogPage& page) {
  for (const Counter counter : page.counters) unit.statistics().clear(counter);
}

}  // namespace

void log_sense(Task& task) {
  if (field_value(task, FieldRole::sp) != 0) return task.finish(invalid_field(task, FieldRole::sp));
  FieldRole wrong{};
  const LogPage* page = page_of(task, wrong);
  if (!page) return task.finish(invalid_field(task, wrong));
  const auto first = static_cast<uint16_t>(field_value(task, FieldRole::parameter_pointer));
  if (!page->write) {
    if (first != 0) return task.finish(invalid_field(task, FieldRole::parameter_pointer));
    return send(task, *page, list_of_pages(*task.unit, page->subpage == kAllLogSubpages));
  }
  if (field_value(task, FieldRole::page_control) != kCumulative)
    return task.finish(invalid_field(task, FieldRole::page_control));
  LogParameters parameters(first);
  page->write(*task.unit, parameters);
  if (parameters.empty() && first != 0)
    return task.finish(invalid_field(task, FieldRole::parameter_pointer));
  send(task, *page, parameters.bytes());
}

// No parameter can be given a value; counters can be made to begin again.
void log_select(Task& task) {
  if (field_value(task, FieldRole::sp) != 0) return task.finish(invalid_field(task, FieldRole::sp));
  const bool resets = field_value(task, FieldRole::pcr) != 0;
  if (task.data_out_length != 0 && resets)
    return task.finish(invalid_field(task, FieldRole::parameter_list_length));
  if (task.data_out_length != 0) return task.finish(sense::invalid_field_in_list(0));
  if (!resets) return task.finish(Status::good);
  FieldRole wrong{};
  const LogPage* page = page_of(task, wrong);
  if (!page) return task.finish(invalid_field(task, wrong));
  for (const LogPage& each : log_pages())
    if (!page->write || &each == page) clear(*task.unit, each);
  announce(task.unit, attention::kLogParametersChanged, task.nexus);
  task.finish(Status::good);
}

}  // namespace tidemark::scsi
