// REPORT and SET IDENTIFYING INFORMATION (SPC-4 6.32, 6.43): what an administrator notes about a
// unit, kept with it.
#include <algorithm>
#include <string>
#include <vector>

#include "base/big_endian.h"
#include "scsi/announcement.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/limits.h"
#include "scsi/logical_unit.h"
#include "scsi/parameter_list.h"
#include "scsi/reply.h"

namespace tidemark::scsi {
namespace {

constexpr uint64_t kSupportedTypes = 0x7f;

/// A kind of information: where the record has it and how long it may be.
struct InformationType {
  uint8_t code;
  uint16_t bytes_max;
  std::string UnitRecord::*text;
};
constexpr InformationType kTypes[] = {
    {0x00, kIdentifyingInformationMax, &UnitRecord::identifying_information},
    {0x02, kTextInformationMax, &UnitRecord::text_information},  // UTF-8, ended by a NUL
};

const InformationType* type_of(const Task& task) {
  for (const InformationType& type : kTypes)
    if (type.code == field_value(task, FieldRole::information_type)) return &type;
  return nullptr;
}

void report_types(Task& task) {
  std::vector<uint8_t> data(4);
  for (const InformationType& type : kTypes) {
    data.insert(data.end(), {type.code, 0, 0, 0});
    store_be16(&data[data.size() - 2], type.bytes_max);
  }
  store_be16(&data[2], static_cast<uint16_t>(data.size() - 4));
  reply(task, data);
}

}  // namespace

void report_identifying_information(Task& task) {
  if (field_value(task, FieldRole::information_type) == kSupportedTypes) return report_types(task);
  const InformationType* type = type_of(task);
  if (!type) return task.finish(invalid_field(task, FieldRole::information_type));
  task.unit->kept().read(task.core, [&task, type](const UnitRecord& record) {
    const std::string& text = record.*type->text;
    std::vector<uint8_t> data(4);
    data.insert(data.end(), text.begin(), text.end());
    store_be16(&data[2], static_cast<uint16_t>(text.size()));
    reply(task, data);
  });
}

void set_identifying_information(Task& task) {
  const InformationType* type = type_of(task);
  if (!type) return task.finish(invalid_field(task, FieldRole::information_type));
  if (task.data_out_length > type->bytes_max)
    return task.finish(invalid_field(task, FieldRole::parameter_list_length));
  const auto list = take_parameter_list(task);
  if (!list) return;
  const bool is_text = type->code != 0;
  const auto end = std::find(list->begin(), list->end(), uint8_t{0});
  if (is_text && !list->empty() && end + 1 != list->end())  // one NUL, at the end
    return task.finish(sense::invalid_field_in_list(static_cast<uint16_t>(end - list->begin())));
  task.unit->kept().change(
      [type, text = std::string(list->begin(), list->end())](UnitRecord& record) {
        record.*type->text = text;
      },
      task.core,
      [&task](bool durable) {
        if (!durable) return task.finish(SenseData{.key = SenseKey::hardware_error, .asc = 0x4400});
        announce(task.unit, attention::kIdentifierChanged, task.nexus);
        task.finish(Status::good);
      });
}

}  // namespace tidemark::scsi
