// Errors as RFC 9457 problem documents. The only place where an ErrorKind becomes an HTTP status.
#pragma once

#include <string>

#include "base/result.h"
#include "mgmt/http/http_message.h"

namespace tidemark::mgmt {

HttpResponse problem(const Error& error);
/// A fault of HTTP itself, or one whose status its kind does not tell (malformed JSON).
HttpResponse problem(unsigned status, const std::string& detail);

}  // namespace tidemark::mgmt
