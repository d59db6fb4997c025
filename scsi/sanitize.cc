// SANITIZE (SBC-4): OVERWRITE, BLOCK ERASE and EXIT FAILURE MODE. What is behind a volume does
// not encrypt, so there is no CRYPTOGRAPHIC ERASE.
#include <algorithm>
#include <cstddef>

#include "base/big_endian.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/logical_unit.h"
#include "scsi/parameter_list.h"
#include "scsi/whole_medium.h"

namespace tidemark::scsi {
namespace {

constexpr size_t kHeader = 4;
constexpr uint8_t kInvert = 0x80;
constexpr uint8_t kTestBits = 0x60;
constexpr uint8_t kCountBits = 0x1f;

/// The list of OVERWRITE; none if all is well.
std::optional<SenseData> parse(ConstBytes list, uint32_t block_size, MediumOrder& order) {
  if (list[0] & kTestBits) return sense::invalid_field_in_list(0, 6);
  order.passes = list[0] & kCountBits;
  if (order.passes == 0) return sense::invalid_field_in_list(0, 4);
  order.invert = (list[0] & kInvert) != 0;
  if (list[1] != 0) return sense::invalid_field_in_list(1);
  const size_t length = load_be16(&list[2]);
  if (length == 0 || length > block_size || length > list.size() - kHeader)
    return sense::invalid_field_in_list(2);
  order.pattern.assign(list.begin() + kHeader,
                       list.begin() + static_cast<ptrdiff_t>(kHeader + length));
  return std::nullopt;
}

void sanitize(Task& task, MediumOrder order) {
  order.unrestricted_exit = field_value(task, FieldRole::ause) != 0;
  operate_on_medium(task, Readiness::State::sanitizing, std::move(order),
                    field_value(task, FieldRole::immed) != 0);
}

}  // namespace

void sanitize_overwrite(Task& task) {
  const uint32_t block_size = task.unit->block_size();
  if (task.data_out_length <= kHeader || task.data_out_length > kHeader + block_size)
    return task.finish(invalid_field(task, FieldRole::parameter_list_length));
  const auto list = take_parameter_list(task);
  if (!list) return;
  MediumOrder order{.kind = MediumOrder::Kind::overwrite};
  if (const auto wrong = parse(*list, block_size, order)) return task.finish(*wrong);
  sanitize(task, std::move(order));
}

void sanitize_block_erase(Task& task) {
  sanitize(task, {.kind = MediumOrder::Kind::block_erase});
}

// Without a failure there is nothing to leave.
void sanitize_exit_failure_mode(Task& task) {
  Readiness& readiness = task.unit->readiness();
  if (readiness.state() != Readiness::State::sanitize_failed) return task.finish(Status::good);
  if (!task.unit->operation().exit_allowed()) return task.finish(*readiness.reason());
  readiness.set(Readiness::State::ready);
  if (!task.unit->kept().possible()) return task.finish(Status::good);
  task.unit->kept().change([](UnitRecord& record) { record.unfinished.reset(); }, task.core,
                           [&task](bool) { task.finish(Status::good); });
}

}  // namespace tidemark::scsi
