// A CdbPort over an iSCSI session of its own, by libiscsi.
#pragma once

#include <memory>
#include <string>

#include "mgmt/in_band/cdb_port.h"

namespace tidemark::mgmt {

/// Logs in to "iscsi://host[:port]/target/lun". The initiator's name is TIDEMARK_INITIATOR, or one
/// made of this host's name.
Result<std::unique_ptr<CdbPort>> open_iscsi_port(const std::string& url);

}  // namespace tidemark::mgmt
