#include "scsi/token_commands.h"

#include <algorithm>
#include <variant>

#include "scsi/command_table.h"
#include "scsi/copy_results.h"
#include "scsi/logical_unit.h"
#include "scsi/reply.h"
#include "scsi/target_device.h"
#include "scsi/task.h"
#include "scsi/token_operation.h"

namespace tidemark::scsi {
namespace {

/// Longest parameter list that can be right, and a little more.
constexpr uint64_t kMaxTokenListBytes = 536 + 16 * (kMaxTokenRanges + 1);

/// Parses the list the command brings and starts the operation; ends the task otherwise.
template <class Operation, class Parse>
void start(Task& task, Parse parse) {
  if (task.data_out_length == 0) return task.finish(Status::good);
  std::vector<uint8_t> bytes(std::min<uint64_t>(
      {task.data_out_length, task.data_out_received, task.data_out.size(), kMaxTokenListBytes}));
  task.data_out.copy_out(0, bytes);
  auto list = parse(bytes, UnitBlocks{task.unit->blocks(), task.unit->block_size()});
  if (const auto* wrong = std::get_if<SenseData>(&list)) return task.finish(*wrong);

  const auto records = copy_records_of(task);
  const auto identifier = static_cast<uint32_t>(field_value(task, FieldRole::list_identifier));
  if (const auto wrong = identifier_refusal(*records, task, identifier, 0))
    return task.finish(*wrong);
  if (records->running() >= CopyRecords::kRunningMax) return task.finish(Status::busy);
  const auto record = records->begin({task.unit.get(), identifier});
  record->service_action = static_cast<uint8_t>(*task.row->service_action);
  std::make_shared<Operation>(task, std::move(std::get<0>(list)), records, record)->start();
}

}  // namespace

void populate_token(Task& task) {
  start<PopulateOperation>(task, [&task](ConstBytes list, const UnitBlocks& unit) {
    return parse_populate_token(list, unit, task.unit->copies()->tokens()->limits());
  });
}

void write_using_token(Task& task) {
  start<WriteOperation>(task, parse_write_using_token);
}

void receive_rod_token_information(Task& task) {
  const auto records = copy_records_of(task);
  const auto record = records->find(
      {task.unit.get(), static_cast<uint32_t>(field_value(task, FieldRole::list_identifier))});
  if (!record || record->by_lid1())
    return task.finish(invalid_field(task, FieldRole::list_identifier));
  const bool descriptors = task.unit->settings().descriptor_sense.load(std::memory_order_relaxed);
  const auto data = encode_rod_token_information(*record, record->bytes, descriptors);
  const uint64_t allocation = field_value(task, FieldRole::allocation_length);
  // Fetched, or not wanted (SPC-4 6.26).
  if (!record->running && (allocation == 0 || allocation >= data.size())) record->token.reset();
  reply(task, data);
}

void report_all_rod_tokens(Task& task) {
  task.unit->copies()->tokens()->list(
      task.nexus->initiator_name(), task.unit->identity().naa, task.core,
      [&task](const std::vector<RodToken>& tokens) { reply(task, encode_all_rod_tokens(tokens)); });
}

}  // namespace tidemark::scsi
