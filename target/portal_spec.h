// PortalSpec: a portal as it is asked for.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark::target {

struct PortalSpec {
  std::string address;         // "0.0.0.0:3260"; port 0: any that is free
  uint16_t group = 1;          // TargetPortalGroupTag; a session stays within one group
  std::string advertise = {};  // what SendTargets says instead, behind a proxy or NAT; may be empty
  bool operator==(const PortalSpec&) const = default;
};

}  // namespace tidemark::target
