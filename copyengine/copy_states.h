// Which states a copy may pass through, and what may be asked of it in each: two tables.
#pragma once

#include "copyengine/copy_types.h"

namespace tidemark::copyengine {

bool may_become(CopyState from, CopyState to);
bool allows(CopyState state, CopyVerb verb);

}  // namespace tidemark::copyengine
