#include "mgmt/cli/render.h"

#include <fmt/core.h>

#include <algorithm>

#include "mgmt/cli/table.h"
#include "mgmt/cli/units.h"

namespace tidemark::mgmt::cli {
namespace {

constexpr bool kRight = true;

std::string size_cell(uint64_t bytes) {
  return bytes_text(static_cast<double>(bytes));
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

std::string mode_of(const VolumeView& volume) {
  if (volume.read_only) return "read-only";
  return volume.write_protected ? "protected" : "read-write";
}

char letter_of(const MapBucket& bucket) {
  if (bucket.in_flight > 0) return '~';
  if (bucket.preserved > 0) return 'o';
  if (bucket.copied == 0) return '.';
  return bucket.owed > 0 ? '-' : '#';
}

std::string bar(uint64_t done, uint64_t total, size_t width) {
  if (width < 3) return "";
  const size_t inside = width - 2;
  const double share =
      total == 0 ? 1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto full = static_cast<size_t>(share * static_cast<double>(inside));
  return "[" + std::string(full, '#') + std::string(inside - full, '.') + "]";
}

std::string impact_text(const CopyView& copy) {
  std::string text = copy.impact;
  if (copy.latency_budget_us > 0)
    text += ", host I/O within " + micros_text(static_cast<double>(copy.latency_budget_us));
  if (copy.has_ended()) return text;
  return text + fmt::format("; {} x {} under way, {:.0f} % of the time", copy.under_way,
                            size_cell(copy.chunk), copy.share * 100);
}

}  // namespace

std::string render_status(const StatusView& status) {
  return list_text({{"version", status.version},
                    {"up", seconds_text(static_cast<double>(status.uptime_seconds))},
                    {"process", std::to_string(status.pid)},
                    {"cores", fmt::format("{} ({})", status.cores, status.io_engine)},
                    {"portals", joined(status.portals)},
                    {"targets", std::to_string(status.targets)},
                    {"volumes", std::to_string(status.volumes)},
                    {"sessions", std::to_string(status.sessions)},
                    {"copies", fmt::format("{} running, {} ended", status.copies_running,
                                           status.copies_ended)}});
}

std::string render_volumes(const std::vector<VolumeView>& volumes) {
  Table table({{"NAME"},
               {"KIND"},
               {"SIZE", kRight},
               {"BLOCK", kRight},
               {"MODE"},
               {"CACHE"},
               {"SPACE"},
               {"LOCATION"}});
  for (const VolumeView& volume : volumes)
    table.add({volume.name, volume.kind, size_cell(volume.size), std::to_string(volume.block_size),
               mode_of(volume), volume.cache, volume.provisioning, volume.location});
  return table.text();
}

std::string render_volume(const VolumeView& volume) {
  return render_volumes({volume});
}

std::string render_luns(const std::vector<LunView>& luns) {
  Table table({{"TARGET"}, {"LUN", kRight}, {"VOLUME"}, {"SIZE", kRight}, {"SERIAL"}, {"NAA"}});
  for (const LunView& lun : luns)
    table.add({lun.target, std::to_string(lun.lun), lun.volume, size_cell(lun.size), lun.serial,
               lun.naa});
  return table.text();
}

std::string render_sessions(const std::vector<SessionView>& sessions) {
  Table table({{"ID", kRight},
               {"INITIATOR"},
               {"PEER"},
               {"TARGET"},
               {"CORE", kRight},
               {"COMMANDS", kRight},
               {"READ", kRight},
               {"WRITTEN", kRight}});
  for (const SessionView& session : sessions)
    table.add({std::to_string(session.id), session.initiator, session.peer,
               session.type == "discovery" ? "(discovery)" : session.target,
               std::to_string(session.core), std::to_string(session.commands),
               size_cell(session.bytes_read), size_cell(session.bytes_written)});
  return table.text();
}

std::string render_port_groups(const std::vector<PortGroupView>& groups) {
  Table table({{"GROUP", kRight}, {"LUN", kRight}, {"VOLUME"}, {"STATE"}, {"PREFERRED"}});
  for (const PortGroupView& group : groups)
    for (const PortGroupView::Lun& lun : group.luns)
      table.add({std::to_string(group.tag), std::to_string(lun.lun), lun.volume, lun.state,
                 lun.preferred ? "yes" : "no"});
  return table.text();
}

std::string render_port_group(const PortGroupView& group) {
  return render_port_groups({group});
}

std::string render_copies(const std::vector<CopyView>& copies) {
  Table table({{"ID", kRight},
               {"SOURCE"},
               {"DESTINATION"},
               {"STATE"},
               {"DONE", kRight},
               {"SIZE", kRight},
               {"PRESERVED", kRight},
               {"HELD", kRight},
               {"BEGAN"}});
  for (const CopyView& copy : copies)
    table.add({std::to_string(copy.id), copy.source, copy.destination, copy.state,
               percent_text(copy.bytes_done, copy.bytes_total), size_cell(copy.bytes_total),
               size_cell(copy.bytes_preserved), std::to_string(copy.held_total), copy.t0});
  return table.text();
}

std::string render_groups(const std::vector<GroupView>& groups) {
  Table table({{"ID", kRight}, {"STATE"}, {"COPIES", kRight}, {"FENCE", kRight}, {"BEGAN"}});
  for (const GroupView& group : groups)
    table.add({std::to_string(group.id), group.state, std::to_string(group.copies.size()),
               micros_text(static_cast<double>(group.fence_us)), group.t0});
  return table.text();
}

std::string render_group(const GroupView& group) {
  return list_text({{"group", std::to_string(group.id)},
                    {"state", group.state},
                    {"as of", group.t0},
                    {"fence", micros_text(static_cast<double>(group.fence_us))}}) +
         render_copies(group.copies);
}

std::string render_copy(const CopyView& copy) {
  std::vector<std::pair<std::string, std::string>> items = {
      {"copy", fmt::format("{} ({})", copy.id, copy.origin)},
      {"state", copy.state},
      {"source", copy.source},
      {"destination", copy.destination},
      {"consistency", copy.consistency},
      {"as of", copy.t0},
      {"fence", micros_text(static_cast<double>(copy.fence_us))},
      {"done", fmt::format("{} of {} ({})", size_cell(copy.bytes_done), size_cell(copy.bytes_total),
                           percent_text(copy.bytes_done, copy.bytes_total))},
      {"moved", fmt::format("{}, skipped as empty {} (holes {}, zeroes {})",
                            size_cell(copy.bytes_written), size_cell(copy.bytes_skipped),
                            size_cell(copy.bytes_hole), size_cell(copy.bytes_zero))},
      {"segments", fmt::format("{} of {}, each {}", copy.segments_done, copy.segments_total,
                               size_cell(copy.segment_size))},
      {"preserved",
       fmt::format("{} in grains of {}, {} in the store; {} straight to the destination",
                   size_cell(copy.bytes_preserved), size_cell(copy.grain),
                   size_cell(copy.store_bytes), size_cell(copy.bytes_routed))},
      {"held writes", fmt::format("{} now, {} in all", copy.held_now, copy.held_total)},
      {"held for", fmt::format("half below {}, 99 % below {}, 99.9 % below {}, at most {}",
                               micros_text(copy.hold_p50_us), micros_text(copy.hold_p99_us),
                               micros_text(copy.hold_p999_us), micros_text(copy.hold_max_us))},
      {"release", copy.release},
      {"on failure",
       fmt::format("{} ({} writes failed)", copy.on_preserve_error, copy.writes_failed)},
      {"rate", copy.rate_limit == 0 ? rate_text(copy.rate)
                                    : fmt::format("{}, limit {}", rate_text(copy.rate),
                                                  rate_text(static_cast<double>(copy.rate_limit)))},
  };
  if (copy.bytes_verified > 0)
    items.emplace_back("verified", fmt::format("{}, {} differ", size_cell(copy.bytes_verified),
                                               size_cell(copy.bytes_mismatched)));
  if (!copy.impact.empty()) items.emplace_back("impact", impact_text(copy));
  if (copy.eta_seconds && !copy.has_ended())
    items.emplace_back("to go", seconds_text(*copy.eta_seconds));
  items.emplace_back("started", copy.started);
  if (!copy.ended.empty()) items.emplace_back("ended", copy.ended);
  if (!copy.error.empty()) items.emplace_back("error", copy.error);
  return list_text(items);
}

std::string progress_line(const CopyView& copy, size_t width) {
  const std::string head = fmt::format("copy {}  {:<9}", copy.id, printable(copy.state));
  std::string tail =
      fmt::format("{:>6}  {} of {}  {}", percent_text(copy.bytes_done, copy.bytes_total),
                  size_cell(copy.bytes_done), size_cell(copy.bytes_total), rate_text(copy.rate));
  if (copy.eta_seconds && !copy.has_ended()) tail += "  to go " + seconds_text(*copy.eta_seconds);
  tail += fmt::format("  held {}  preserved {}", copy.held_total, size_cell(copy.bytes_preserved));
  if (!copy.error.empty()) tail += "  " + printable(copy.error);
  const size_t taken = head.size() + tail.size() + 4;
  if (width < taken + 10) return head + "  " + tail;
  return head + "  " + bar(copy.bytes_done, copy.bytes_total, std::min<size_t>(width - taken, 40)) +
         "  " + tail;
}

std::string render_map(const MapView& map, size_t columns) {
  std::string text = fmt::format("{} in grains of {}\n", size_cell(map.size), size_cell(map.grain));
  for (size_t at = 0; at < map.buckets.size(); at += columns) {
    std::string line;
    const size_t end = std::min(at + columns, map.buckets.size());
    for (size_t i = at; i < end; ++i) line += letter_of(map.buckets[i]);
    text += fmt::format("{:>10}  {}\n", size_cell(map.buckets[at].offset), line);
  }
  return text + ". owed   - partly copied   # copied   o preserved   ~ in flight\n";
}

}  // namespace tidemark::mgmt::cli
