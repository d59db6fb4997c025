// The answers of the daemon as text for people.
#pragma once

#include <string>
#include <vector>

#include "mgmt/cli/model.h"

namespace tidemark::mgmt::cli {

std::string render_status(const StatusView& status);
std::string render_volumes(const std::vector<VolumeView>& volumes);
std::string render_volume(const VolumeView& volume);
std::string render_luns(const std::vector<LunView>& luns);
std::string render_sessions(const std::vector<SessionView>& sessions);
std::string render_port_groups(const std::vector<PortGroupView>& groups);
std::string render_port_group(const PortGroupView& group);
std::string render_copies(const std::vector<CopyView>& copies);
std::string render_groups(const std::vector<GroupView>& groups);
std::string render_group(const GroupView& group);
std::string render_copy(const CopyView& copy);

/// One line on how far a copy is, without a line end; with a bar that fills `width` columns, or
/// without one if `width` is 0.
std::string progress_line(const CopyView& copy, size_t width);

/// The snapshot map as lines of `columns` characters, each line headed by its offset:
/// '.' owed, '-' partly and '#' wholly copied, 'o' preserved and not yet copied, '~' in flight.
std::string render_map(const MapView& map, size_t columns);

}  // namespace tidemark::mgmt::cli
