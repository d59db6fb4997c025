// The tables of the state database and how they came to be: a list of steps, each of which makes a
// database of one version into one of the next. A step that was ever released is never changed.
#pragma once

#include "mgmt/daemon/sqlite.h"

namespace tidemark::mgmt {

/// Makes the database one of the newest version, in one transaction. A database of a version this
/// daemon does not know yet is refused and left as it is.
Result<void> bring_up_to_date(Database& database);

}  // namespace tidemark::mgmt
