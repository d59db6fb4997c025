// SEND DIAGNOSTIC, RECEIVE DIAGNOSTIC RESULTS (SPC-4 6.42, 6.28), READ DEFECT DATA (SBC-4 5.18),
// READ MEDIA SERIAL NUMBER (SPC-4 6.26): what hosts and their tools ask of any disk.
#include <array>
#include <vector>

#include "base/big_endian.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/logical_unit.h"
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

// The medium is the unit's own, so that it has its serial number.
void read_media_serial_number(Task& task) {
  const std::string& serial = task.unit->identity().serial;
  std::vector<uint8_t> data(4);
  data.insert(data.end(), serial.begin(), serial.end());
  data.resize((data.size() + 3) / 4 * 4);
  store_be32(data.data(), static_cast<uint32_t>(data.size() - 4));
  reply(task, data);
}

}  // namespace tidemark::scsi
