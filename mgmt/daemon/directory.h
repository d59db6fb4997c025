// Makes of a configuration what the transport serves: targets, LUN maps, access rows.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/executor.h"
#include "mgmt/daemon/config.h"
#include "scsi/logical_unit.h"
#include "target/access.h"

namespace tidemark::mgmt {

using UnitOf = std::function<std::shared_ptr<scsi::LogicalUnit>(const std::string& volume)>;

/// `unit_of` knows every volume of `config`; its units have their ports from here on. Targets
/// that `before` has go on as the same device.
std::shared_ptr<const target::Directory> make_directory(Executor& executor, const Config& config,
                                                        const UnitOf& unit_of,
                                                        const target::Directory* before = nullptr);

}  // namespace tidemark::mgmt
