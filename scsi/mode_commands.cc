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

void flushed(Task& task) {
  finish_io(task, task.io.error);
}

}  // namespace

void mode_sense(Task& task) {
  const auto control = static_cast<PageControl>(field_value(task, FieldRole::page_control));
  if (control == PageControl::saved)
    return task.finish(SenseData{.key = SenseKey::illegal_request, .asc = kSavingNotSupported});
  const auto subpage = field_value(task, FieldRole::subpage_code);
  if (subpage != 0 && subpage != kAllSubpages)
    return task.finish(invalid_field(task, FieldRole::subpage_code));

  std::array<uint8_t, 24 + kModePagesMax> data{};
  const size_t header = header_length(task);
  const bool long_form = field_value(task, FieldRole::llbaa) != 0;
  const bool disable_descriptors = field_value(task, FieldRole::dbd) != 0;
  const size_t descriptors =
      disable_descriptors ? 0 : put_block_descriptor(task, long_form, &data[header]);
  const size_t pages =
      mode_pages(*task.unit, control, static_cast<uint8_t>(field_value(task, FieldRole::page_code)),
                 Bytes(data).subspan(header + descriptors));
  if (pages == 0) return task.finish(invalid_field(task, FieldRole::page_code));
  const size_t total = header + descriptors + pages;
  put_header(task, data.data(), total, descriptors, long_form && descriptors != 0);
  reply(task, ConstBytes(data).first(total));
}

// The whole list is checked before anything changes.
void mode_select(Task& task) {
  if (field_value(task, FieldRole::sp) != 0) return task.finish(invalid_field(task, FieldRole::sp));
  if (task.data_out_length == 0) return task.finish(Status::good);
  if (field_value(task, FieldRole::pf) == 0) return task.finish(invalid_field(task, FieldRole::pf));
  if (task.data_out_received < task.data_out_length)
    return task.finish(sense::parameter_list_length_error());
  std::vector<uint8_t> list(task.data_out_length);
  task.data_out.copy_out(0, list);
  size_t pages_at = 0;
  if (const auto wrong = parse_header(task, list, pages_at)) return task.finish(*wrong);
  ModeChange change;
  if (const auto wrong = parse_mode_pages(*task.unit, list, pages_at, change))
    return task.finish(*wrong);
  // What is cached is on the medium before the cache, or all writing, is switched off.
  const bool flushes = change.write_cache == false || change.software_write_protect == true;
  if (change.apply(task.unit->settings())) {
    announce(task.unit, attention::kModeParametersChanged, task.nexus);
    if (flushes) return start_io<flushed>(task, storage::Verb::flush, {});
  }
  task.finish(Status::good);
}

}  // namespace tidemark::scsi
