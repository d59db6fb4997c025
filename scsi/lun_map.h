// LunMap: which logical unit one initiator finds at which LUN of a target (SAM-5 clause 4.7). It is
// all that its nexus can name; two initiators of one target may have different ones.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

namespace tidemark::scsi {

class LogicalUnit;

using LunMap = std::map<uint16_t, std::shared_ptr<LogicalUnit>>;

}  // namespace tidemark::scsi
