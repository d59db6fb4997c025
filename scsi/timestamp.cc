// REPORT TIMESTAMP, SET TIMESTAMP (SPC-4 6.38, 6.46): the time of day, until a host sets another.
#include <array>
#include <chrono>

#include "base/big_endian.h"
#include "scsi/announcement.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/logical_unit.h"
#include "scsi/parameter_list.h"
#include "scsi/reply.h"

namespace tidemark::scsi {
namespace {

constexpr size_t kListLength = 12;
constexpr uint8_t kSetByCommand = 0x02;
constexpr uint8_t kSetByOtherMeans = 0x03;

int64_t time_of_day_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

void report_timestamp(Task& task) {
  const LogicalUnit::ClockOffset& offset = task.unit->clock_offset();
  std::array<uint8_t, kListLength> data{};
  store_be16(data.data(), kListLength - 2);
  data[2] = offset.set ? kSetByCommand : kSetByOtherMeans;
  store_be<6>(&data[4], static_cast<uint64_t>(time_of_day_ms() + offset.milliseconds));
  reply(task, data);
}

// Not kept through a restart: the time of day is right again then.
void set_timestamp(Task& task) {
  if (task.data_out_length == 0) return task.finish(Status::good);
  const auto list = take_parameter_list(task);
  if (!list) return;
  if (list->size() < kListLength) return task.finish(sense::parameter_list_length_error());
  for (const uint16_t reserved : std::array<uint16_t, 6>{0, 1, 2, 3, 10, 11})
    if ((*list)[reserved] != 0) return task.finish(sense::invalid_field_in_list(reserved));
  LogicalUnit::ClockOffset& offset = task.unit->clock_offset();
  offset.milliseconds = static_cast<int64_t>(load_be<6>(&(*list)[4])) - time_of_day_ms();
  offset.set = true;
  announce(task.unit, attention::kTimestampChanged, task.nexus);
  task.finish(Status::good);
}

}  // namespace tidemark::scsi
