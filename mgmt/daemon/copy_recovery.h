// What becomes of the copies that the last daemon left unfinished: each goes on from its journal,
// or is marked broken, durably, with the reason. Blocking; at the start, before the cores run and
// before anything is served.
#pragma once

#include <vector>

#include "base/result.h"
#include "copyengine/copy_engine.h"
#include "mgmt/daemon/copy_records.h"
#include "mgmt/daemon/kept_files.h"

namespace tidemark::mgmt {

/// Of the machine's present start; empty if it cannot be told.
std::string boot_id();

/// `known` is what `records` has. All volumes have been added to `engine`.
Result<void> recover_copies(std::vector<copyengine::CopyStatus> known, CopyRecords& records,
                            KeptFiles& files, copyengine::CopyEngine& engine);

}  // namespace tidemark::mgmt
