// REPORT TARGET PORT GROUPS and SET TARGET PORT GROUPS (SPC-4 6.37, 6.45).
#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/big_endian.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/logical_unit.h"
#include "scsi/reply.h"

namespace tidemark::scsi {
namespace {

constexpr uint64_t kLengthOnly = 0;
constexpr uint64_t kExtendedHeader = 1;
constexpr uint8_t kPref = 0x80;
constexpr uint8_t kSupported = 0x80 | 0x08 | 0x04 | 0x02 | 0x01;  // T, U, S, AN, AO
constexpr Asc kSetFailed = 0x670a;  // SET TARGET PORT GROUPS COMMAND FAILED
constexpr size_t kSetHeader = 4;
constexpr size_t kSetDescriptor = 4;

void put_group(const Task& task, uint16_t tag, std::vector<uint8_t>& data) {
  const PortGroups::Group group = task.unit->port_groups().of(task.core, tag);
  const size_t at = data.size();
  data.resize(at + 8);
  data[at] =
      static_cast<uint8_t>((group.preferred ? kPref : 0) | static_cast<uint8_t>(group.state));
  data[at + 1] = kSupported;
  store_be16(&data[at + 2], tag);
  data[at + 5] = group.changed_by;
  const auto ports = task.unit->ports();
  for (const UnitPort& port : *ports) {
    if (port.port.portal_group != tag) continue;
    ++data[at + 7];
    data.resize(data.size() + 4);
    store_be16(&data[data.size() - 2], port.number);
  }
}

std::set<uint16_t> tags_of(const LogicalUnit& unit) {
  std::set<uint16_t> tags;
  const auto ports = unit.ports();
  for (const UnitPort& port : *ports) tags.insert(port.port.portal_group);
  return tags;
}

/// The descriptors of a SET TARGET PORT GROUPS list; false, and `wrong` set, if one cannot be.
bool read_changes(const LogicalUnit& unit, ConstBytes list, std::vector<PortGroups::Change>& to,
                  SenseData& wrong) {
  const std::set<uint16_t> tags = tags_of(unit);
  for (size_t at = kSetHeader; at < list.size(); at += kSetDescriptor) {
    const auto state = settable_access_state(list[at] & 0x0f);
    if (!state) {
      wrong = sense::invalid_field_in_list(static_cast<uint16_t>(at), 3);
      return false;
    }
    const uint16_t tag = load_be16(&list[at + 2]);
    if (!tags.contains(tag)) {
      wrong = sense::invalid_field_in_list(static_cast<uint16_t>(at + 2));
      return false;
    }
    to.push_back({.tag = tag, .state = *state});
  }
  return true;
}

}  // namespace

void report_target_port_groups(Task& task) {
  const uint64_t format = field_value(task, FieldRole::parameter_data_format);
  if (format > kExtendedHeader)
    return task.finish(invalid_field(task, FieldRole::parameter_data_format));
  std::vector<uint8_t> data(format == kLengthOnly ? 4 : 8);
  if (format == kExtendedHeader) data[4] = 0x10;  // no transition takes time
  for (const uint16_t tag : tags_of(*task.unit)) put_group(task, tag, data);
  store_be32(&data[0], static_cast<uint32_t>(data.size() - 4));
  reply(task, data);
}

// A transition is one event: GOOD is sent when it is kept and every core knows of it.
void set_target_port_groups(Task& task) {
  const uint64_t length = task.data_out_length;
  if (length == 0) return task.finish(Status::good);
  if (length < kSetHeader || (length - kSetHeader) % kSetDescriptor != 0)
    return task.finish(invalid_field(task, FieldRole::parameter_list_length));
  if (task.data_out_received < length) return task.finish(sense::parameter_list_length_error());
  std::vector<uint8_t> list(length);
  task.data_out.copy_out(0, list);
  PortGroups::Request request{.by = task.nexus, .core = task.core};
  SenseData wrong;
  if (!read_changes(*task.unit, list, request.changes, wrong)) return task.finish(wrong);
  request.ended = [&task](bool done) {
    if (done) return task.finish(Status::good);
    task.finish(SenseData{.key = SenseKey::hardware_error, .asc = kSetFailed});
  };
  task.unit->port_groups().change(std::move(request));
}

}  // namespace tidemark::scsi
