// READ BUFFER(10) and WRITE BUFFER on the echo buffer (SPC-4 6.24, 6.49): a way for hosts to test
// the path to a unit. Each nexus has one of its own. There is no other buffer, and no microcode.
#include <array>
#include <vector>

#include "base/big_endian.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/limits.h"
#include "scsi/lun.h"
#include "scsi/nexus.h"
#include "scsi/parameter_list.h"
#include "scsi/reply.h"

namespace tidemark::scsi {
namespace {

constexpr uint64_t kEcho = 0x0a;
constexpr uint64_t kEchoDescriptor = 0x0b;
constexpr Asc kCommandSequenceError = 0x2c00;

std::vector<uint8_t>& buffer_of(Task& task) {
  return static_cast<Nexus&>(*task.nexus).find(*decode_lun(task.lun_field))->echo;
}

}  // namespace

void write_buffer(Task& task) {
  if (field_value(task, FieldRole::buffer_mode) != kEcho)
    return task.finish(invalid_field(task, FieldRole::buffer_mode));
  if (task.data_out_length > kEchoBufferBytes)
    return task.finish(invalid_field(task, FieldRole::parameter_list_length));
  if (auto list = take_parameter_list(task)) {
    buffer_of(task) = *std::move(list);
    task.finish(Status::good);
  }
}

void read_buffer(Task& task) {
  switch (field_value(task, FieldRole::buffer_mode)) {
    case kEcho: {
      const std::vector<uint8_t>& echo = buffer_of(task);
      if (!echo.empty()) return reply(task, echo);
      return task.finish(SenseData{.key = SenseKey::illegal_request, .asc = kCommandSequenceError});
    }
    case kEchoDescriptor: {
      std::array<uint8_t, 4> descriptor{};
      store_be16(&descriptor[2], kEchoBufferBytes);
      return reply(task, descriptor);
    }
    default:
      task.finish(invalid_field(task, FieldRole::buffer_mode));
  }
}

}  // namespace tidemark::scsi
