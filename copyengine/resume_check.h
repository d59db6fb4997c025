// Whether a copy that a process left behind can go on, and if not, how it has ended.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "copyengine/journal_state.h"

namespace tidemark::storage {
struct VolumeTraits;
}

namespace tidemark::copyengine {

/// The volume of this name, or null.
using FindTraits = std::function<const storage::VolumeTraits*(const std::string& name)>;

/// None: it goes on. `boot_id` is the machine's now.
std::optional<JournalEnd> end_of_left_copy(const JournalState& state, const std::string& boot_id,
                                           const FindTraits& find);

/// The end of a copy that did not outlive its process.
JournalEnd broken_because(std::string party, std::string text);

/// Makes of a copy that an earlier process knew as running one that has ended. `left`: what its
/// journal says, if it could be read.
void end_left_copy(CopyStatus& status, const JournalEnd& end, const JournalState* left);

/// In consistency "segment": takes out of `state` what belongs to segments that had not begun on
/// record, and returns the grains of those (and between them). The store may hold something there.
IntervalSet drop_unbegun(JournalState& state);

}  // namespace tidemark::copyengine
