// SEND DIAGNOSTIC, RECEIVE DIAGNOSTIC RESULTS (SPC-4 6.42, 6.28), READ DEFECT DATA (SBC-4 5.18),
// REPORT TIMESTAMP (SPC-4 6.38): what hosts and their tools ask of any disk.
#include <array>
#include <chrono>

#include "base/big_endian.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/reply.h"

namespace tidemark::scsi {

// The default self-test is over as soon as it is asked for: there is no mechanism to test. Nothing
// else is diagnosed, so there is no parameter list.
void send_diagnostic(Task& task) {
  if (field_value(task, FieldRole::self_test_code) != 0)
    return task.finish(invalid_field(task, FieldRole::self_test_code));
  if (field_value(task, FieldRole::parameter_list_length) != 0)
    return task.finish(invalid_field(task, FieldRole::parameter_list_length));
  task.finish(Status::good);
}

void receive_diagnostic_results(Task& task) {
  if (field_value(task, FieldRole::page_code) != 0)
    return task.finish(invalid_field(task, FieldRole::page_code));
  constexpr std::array<uint8_t, 5> kSupportedPages = {0x00, 0, 0, 1, 0x00};
  reply(task, kSupportedPages);
}

// Blocks that go bad are the business of the storage below: both lists are empty.
void read_defect_data(Task& task) {
  const bool short_form = task.row->cdb_length == 10;
  std::array<uint8_t, 8> data{};
  data[1] = static_cast<uint8_t>(field_value(task, FieldRole::defect_lists) << 3 |
                                 field_value(task, FieldRole::defect_format));
  reply(task, ConstBytes(data).first(short_form ? 4 : 8));
}

void report_timestamp(Task& task) {
  using namespace std::chrono;
  const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch());
  std::array<uint8_t, 12> data{};
  store_be16(data.data(), 10);
  data[2] = 0x03;  // set by other means than SET TIMESTAMP
  store_be<6>(&data[4], static_cast<uint64_t>(now.count()));
  reply(task, data);
}

}  // namespace tidemark::scsi
