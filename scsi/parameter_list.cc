#include "scsi/parameter_list.h"

namespace tidemark::scsi {

std::optional<std::vector<uint8_t>> take_parameter_list(Task& task) {
  if (task.data_out_received < task.data_out_length) {
    task.finish(sense::parameter_list_length_error());
    return std::nullopt;
  }
  std::vector<uint8_t> list(task.data_out_length);
  task.data_out.copy_out(0, list);
  return list;
}

}  // namespace tidemark::scsi
