// A CdbPort through a SCSI device node of Linux (/dev/sgN, /dev/sdX), by the SG_IO ioctl: for a
// host that has the LUN attached anyway.
#pragma once

#include <memory>
#include <string>

#include "mgmt/in_band/cdb_port.h"

namespace tidemark::mgmt {

Result<std::unique_ptr<CdbPort>> open_sg_port(const std::string& path);

}  // namespace tidemark::mgmt
