// MODE SENSE(6), (10) and MODE SELECT(6), (10) (SPC-4 6.13 to 6.16).
#include <algorithm>
#include <array>
#include <vector>

#include "base/big_endian.h"
#include "scsi/announcement.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/medium.h"
#include "scsi/mode_pages.h"
#include "scsi/parameter_list.h"
#include "scsi/reply.h"
#include "scsi/sense_of_errc.h"

namespace tidemark::scsi {
namespace {

constexpr Asc kSavingNotSupported = 0x3900;

/// The six-byte commands have short headers.
bool short_form(const Task& task) {
  return task.row->cdb_length == 6;
}

size_t header_length(const Task& task) {
  return short_form(task) ? 4 : 8;
}

uint8_t device_specific(const Task& task) {
  const bool protected_now = task.unit->write_refusal(task.core).has_value();
  return static_cast<uint8_t>((protected_now ? 0x80 : 0) | 0x10);  // WP, DPOFUA
}

size_t put_block_descriptor(const Task& task, bool long_form, uint8_t* to) {
  const uint64_t blocks = task.unit->blocks();
  if (long_form) {
    store_be64(to, blocks);
    store_be32(to + 12, task.unit->block_size());
    return 16;
  }
  store_be32(to, static_cast<uint32_t>(std::min<uint64_t>(blocks, UINT32_MAX)));
  store_be24(to + 5, task.unit->block_size());
  return 8;
}

void put_header(const Task& task, uint8_t* to, size_t total, size_t descriptors, bool long_form) {
  if (short_form(task)) {
    to[0] = static_cast<uint8_t>(total - 1);
    to[2] = device_specific(task);
    to[3] = static_cast<uint8_t>(descriptors);
    return;
  }
  store_be16(to, static_cast<uint16_t>(total - 2));
  to[3] = device_specific(task);
  to[4] = long_form ? 0x01 : 0;  // LONGLBA
  store_be16(to + 6, static_cast<uint16_t>(descriptors));
}

/// The parts of a MODE SELECT list before its pages.
std::optional<SenseData> parse_header(const Task& task, ConstBytes list, size_t& pages_at) {
  const bool is_short = short_form(task);
  const size_t header = header_length(task);
  if (list.size() < header) return sense::parameter_list_length_error();
  const bool long_form = !is_short && (list[4] & 0x01);
  const size_t length = is_short ? list[3] : load_be16(&list[6]);
  const size_t one = long_form ? 16 : 8;
  if (length != 0 && length != one)
    return sense::invalid_field_in_list(static_cast<uint16_t>(is_short ? 3 : 6));
  if (list.size() - header < length) return sense::parameter_list_length_error();
  if (length != 0) {
    const size_t at = header + (long_form ? 12 : 5);
    const uint32_t size = long_form ? load_be32(&list[at]) : load_be24(&list[at]);
    if (size != task.unit->block_size())
      return sense::invalid_field_in_list(static_cast<uint16_t>(at));
  }
  pages_at = header + length;
  return std::nullopt;
}

/// Ends the task once the current values are the saved ones, durably.
void save(Task& task) {
  const auto edit = [unit = task.unit](UnitRecord& record) {
    for (const ModeField& field : mode_fields())
      record.modes[std::string(field.name)] = unit->settings().*field.value;
  };
  task.unit->kept().change(edit, task.core, [&task](bool durable) {
    if (!durable) return task.finish(SenseData{.key = SenseKey::hardware_error, .asc = 0x4400});
    task.unit->saved_settings().assign(task.unit->settings());
    task.finish(Status::good);
  });
}

void end_select(Task& task) {
  if (field_value(task, FieldRole::sp) != 0) return save(task);
  task.finish(Status::good);
}

void end_after_flush(Task& task) {
  if (task.io.error != storage::Errc::ok) return finish_io(task, task.io.error);
  end_select(task);
}

bool switch_off_writing(const std::vector<ModeChange>& changes) {
  return std::any_of(changes.begin(), changes.end(), [](const ModeChange& change) {
    const auto value = change.field->value;
    return (value == &ModeSettings::write_cache && change.value == 0) ||
           (value == &ModeSettings::software_write_protect && change.value == 1);
  });
}

}  // namespace

void mode_sense(Task& task) {
  const auto control = static_cast<PageControl>(field_value(task, FieldRole::page_control));
  if (control == PageControl::saved && !task.unit->kept().possible())
    return task.finish(SenseData{.key = SenseKey::illegal_request, .asc = kSavingNotSupported});
  const auto page = static_cast<uint8_t>(field_value(task, FieldRole::page_code));
  const auto subpage = static_cast<uint8_t>(field_value(task, FieldRole::subpage_code));
  switch (mode_pages_wanted(page, subpage)) {
    case PagesWanted::no_such_page:
      return task.finish(invalid_field(task, FieldRole::page_code));
    case PagesWanted::no_such_subpage:
      return task.finish(invalid_field(task, FieldRole::subpage_code));
    case PagesWanted::some:
      break;
  }

  std::array<uint8_t, 24 + kModePagesMax> data{};
  const size_t header = header_length(task);
  const bool long_form = field_value(task, FieldRole::llbaa) != 0;
  const bool disable_descriptors = field_value(task, FieldRole::dbd) != 0;
  const size_t descriptors =
      disable_descriptors ? 0 : put_block_descriptor(task, long_form, &data[header]);
  const size_t pages =
      mode_pages(*task.unit, control, page, subpage, Bytes(data).subspan(header + descriptors));
  const size_t total = header + descriptors + pages;
  put_header(task, data.data(), total, descriptors, long_form && descriptors != 0);
  reply(task, ConstBytes(data).first(total));
}

// The whole list is checked before anything changes. With SP, all that can be saved is.
void mode_select(Task& task) {
  if (field_value(task, FieldRole::sp) != 0 && !task.unit->kept().possible())
    return task.finish(invalid_field(task, FieldRole::sp));
  if (task.data_out_length == 0) return end_select(task);
  if (field_value(task, FieldRole::pf) == 0) return task.finish(invalid_field(task, FieldRole::pf));
  const auto list = take_parameter_list(task);
  if (!list) return;
  size_t pages_at = 0;
  if (const auto wrong = parse_header(task, *list, pages_at)) return task.finish(*wrong);
  std::vector<ModeChange> changes;
  if (const auto wrong = parse_mode_pages(*task.unit, *list, pages_at, changes))
    return task.finish(*wrong);
  const bool different = make_changes(changes, task.unit->settings());
  if (different) announce(task.unit, attention::kModeParametersChanged, task.nexus);
  // What is cached is on the medium before the cache, or all writing, is switched off.
  if (different && switch_off_writing(changes))
    return start_io<end_after_flush>(task, storage::Verb::flush, {});
  end_select(task);
}

}  // namespace tidemark::scsi
