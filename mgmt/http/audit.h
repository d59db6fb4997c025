// What is written down of a change asked for through the management port, whoever asked and however
// it ended.
#pragma once

#include <functional>
#include <string>

namespace tidemark::mgmt {

struct AuditEntry {
  std::string who;   // name of a token; empty: none was shown
  std::string role;  // what that allowed
  std::string peer;  // address and port
  std::string method;
  std::string target;   // path and query, as sent
  std::string request;  // body; empty if there was none, or if it is nobody's to read
  bool request_is_secret = false;
  unsigned status = 0;
  std::string answer;  // body: what the object is now, or was; empty if it is nobody's to read
};

/// On the HTTP thread, before the answer leaves; it may take as long as a write to a file.
using AuditLog = std::function<void(const AuditEntry&)>;

}  // namespace tidemark::mgmt
