// "iscsi://host[:port]/target/lun": one logical unit of one iSCSI target.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace tidemark::mgmt::bench {

struct LunUrl {
  std::string host;
  std::string port;
  std::string target;
  uint16_t lun = 0;
};

Result<LunUrl> parse_lun_url(const std::string& text);

}  // namespace tidemark::mgmt::bench
