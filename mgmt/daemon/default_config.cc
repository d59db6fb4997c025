#include "mgmt/daemon/config.h"

namespace tidemark::mgmt {

std::string_view default_config_text() {
  return R"({
  // Where initiators reach us. access "*" below is fine only while this is loopback.
  "portals": ["127.0.0.1:3260"],
  "management": {"listen": "127.0.0.1:8260"},
  "volumes": [
    {"name": "source", "location": "file:volumes/source.img", "size": "256MiB"},
    {"name": "copy", "location": "file:volumes/copy.img", "size": "256MiB"}
  ],
  "targets": [
    {
      "name": "iqn.2026-11.dev.tidemark:main",
      "luns": [{"lun": 0, "volume": "source"}, {"lun": 1, "volume": "copy"}],
      "access": [{"initiator": "*"}]
    }
  ]
})";
}

}  // namespace tidemark::mgmt
