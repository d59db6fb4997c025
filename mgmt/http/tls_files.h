// Where the certificate of the management port is.
#pragma once

#include <string>

namespace tidemark::mgmt {

/// Files, in PEM.
struct TlsFiles {
  std::string certificate;  // with its chain
  std::string key;
  std::string
      client_ca;  // empty: no certificates are asked of clients; else one of these is needed
  bool operator==(const TlsFiles&) const = default;
};

}  // namespace tidemark::mgmt
