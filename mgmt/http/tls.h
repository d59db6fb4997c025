// TLS of the management port, by OpenSSL: certificates and keys from files to a context.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "base/result.h"
#include "mgmt/http/tls_files.h"

namespace tidemark::mgmt {

/// Reads them. TLS 1.2 and 1.3 only. The error's field names the file at fault. Blocking.
Result<std::shared_ptr<boost::asio::ssl::context>> make_tls(const TlsFiles& files);

}  // namespace tidemark::mgmt
