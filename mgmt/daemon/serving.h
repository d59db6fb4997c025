// Serving: what the daemon serves at one moment. Never changed; a reload puts another in its place.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mgmt/daemon/config.h"
#include "mgmt/daemon/made_rows.h"
#include "mgmt/daemon/served_volume.h"
#include "target/access.h"

namespace tidemark::mgmt {

struct Serving {
  Config config;  // locations of volumes resolved
  std::vector<std::shared_ptr<ServedVolume>> volumes;
  std::shared_ptr<const target::Directory> directory;
  std::vector<std::string> portals;  // as bound
  MadeRows made;                     // what of it was made through the management port
};

}  // namespace tidemark::mgmt
