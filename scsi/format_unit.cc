// FORMAT UNIT (SBC-4): every block is made zeroes, or what an initialization pattern says. The
// block length stays; there are no defect lists and no protection information.
#include <cstddef>
#include <optional>

#include "base/big_endian.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/logical_unit.h"
#include "scsi/parameter_list.h"
#include "scsi/whole_medium.h"

namespace tidemark::scsi {
namespace {

// Byte 1 of the parameter list header.
constexpr uint8_t kFov = 0x80;     // the four below mean something
constexpr uint8_t kWishes = 0x78;  // DPRY, DCRT, STPF, IP
constexpr uint8_t kIp = 0x08;      // an initialization pattern descriptor follows
constexpr uint8_t kImmed = 0x02;

constexpr size_t kShortHeader = 4;
constexpr size_t kLongHeader = 8;
constexpr size_t kPatternHeader = 4;
constexpr uint8_t kDefaultPattern = 0x00;
constexpr uint8_t kRepeatedPattern = 0x01;

struct Wishes {
  MediumOrder order;
  bool immediately = false;
};
using Wrong = std::optional<SenseData>;

/// The initialization pattern descriptor, which begins at `at`.
Wrong parse_pattern(ConstBytes list, size_t at, uint32_t block_size, MediumOrder& order) {
  const auto place = [at](size_t byte) { return static_cast<uint16_t>(at + byte); };
  if (list.size() - at < kPatternHeader) return sense::parameter_list_length_error();
  if (list[at] != 0) return sense::invalid_field_in_list(place(0));  // SI
  const uint8_t type = list[at + 1];
  const size_t length = load_be16(&list[at + 2]);
  if (type == kDefaultPattern)
    return length == 0 ? Wrong() : sense::invalid_field_in_list(place(2));
  if (type != kRepeatedPattern) return sense::invalid_field_in_list(place(1));
  if (length == 0 || length > block_size) return sense::invalid_field_in_list(place(2));
  if (list.size() - at - kPatternHeader < length) return sense::parameter_list_length_error();
  const auto from = list.begin() + static_cast<ptrdiff_t>(at + kPatternHeader);
  order.pattern.assign(from, from + static_cast<ptrdiff_t>(length));
  return std::nullopt;
}

/// The parameter list header and what follows.
Wrong parse(const Task& task, ConstBytes list, Wishes& wishes) {
  const bool is_long = field_value(task, FieldRole::long_list) != 0;
  const size_t header = is_long ? kLongHeader : kShortHeader;
  if (list.size() < header) return sense::parameter_list_length_error();
  if (list[0] != 0) return sense::invalid_field_in_list(0);  // PROTECTION FIELD USAGE
  const uint8_t flags = list[1];
  if (!(flags & kFov) && (flags & kWishes)) return sense::invalid_field_in_list(1, 7);
  if (flags & ~(kFov | kWishes | kImmed)) return sense::invalid_field_in_list(1);
  wishes.immediately = (flags & kImmed) != 0;
  if (is_long && (list[2] != 0 || list[3] != 0))
    return sense::invalid_field_in_list(list[2] != 0 ? 2 : 3);
  const uint64_t defects = is_long ? load_be32(&list[4]) : load_be16(&list[2]);
  if (defects != 0) return sense::invalid_field_in_list(is_long ? 4 : 2);
  if (!(flags & kIp)) return std::nullopt;
  return parse_pattern(list, header, task.unit->block_size(), wishes.order);
}

}  // namespace

void format_unit(Task& task) {
  if (field_value(task, FieldRole::protection_usage) != 0)
    return task.finish(invalid_field(task, FieldRole::protection_usage));
  const bool has_list = field_value(task, FieldRole::format_data) != 0;
  if (!has_list && field_value(task, FieldRole::complete_list) != 0)
    return task.finish(invalid_field(task, FieldRole::complete_list));
  Wishes wishes;
  if (has_list) {
    const auto list = take_parameter_list(task);
    if (!list) return;
    if (const auto wrong = parse(task, *list, wishes)) return task.finish(*wrong);
  }
  operate_on_medium(task, Readiness::State::formatting, std::move(wishes.order),
                    wishes.immediately);
}

}  // namespace tidemark::scsi
