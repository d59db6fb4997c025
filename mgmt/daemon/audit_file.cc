#include "mgmt/daemon/audit_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "mgmt/http/json_text.h"
#include "mgmt/http/time_text.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::ordered_json;

/// JSON as it is, other text as a string, nothing as null.
ordered_json body_of(const std::string& text) {
  if (text.empty()) return nullptr;
  if (text.size() > AuditFile::kBodyMax) return text.substr(0, AuditFile::kBodyMax) + "...";
  ordered_json body = ordered_json::parse(text, nullptr, false);
  return body.is_discarded() ? ordered_json(text) : body;
}

std::string line_of(const AuditEntry& entry) {
  ordered_json line = {{"time", time_text(unix_now_ns())},
                       {"token", entry.who.empty() ? ordered_json() : ordered_json(entry.who)},
                       {"role", entry.role},
                       {"peer", entry.peer},
                       {"method", entry.method},
                       {"target", entry.target},
                       {"status", entry.status},
                       {"request", body_of(entry.request)},
                       {"answer", body_of(entry.answer)}};
  return json_text(line) + "\n";
}

}  // namespace

Result<std::unique_ptr<AuditFile>> AuditFile::open(const std::string& directory) {
  std::unique_ptr<AuditFile> log(new AuditFile(directory + "/audit.log"));
  if (auto begun = log->begin(); !begun) return begun.error();
  return log;
}

Result<void> AuditFile::begin() {
  file_ = storage::FileDescriptor(
      ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  struct stat now {};
  if (!file_ || fstat(file_.get(), &now) != 0)
    return Error{ErrorKind::io, "cannot open " + path_ + ": " + std::strerror(errno), {}};
  bytes_ = static_cast<uint64_t>(now.st_size);
  return {};
}

void AuditFile::write(const AuditEntry& entry) {
  const std::string line = line_of(entry);
  if (bytes_ + line.size() > kBytesMax && std::rename(path_.c_str(), (path_ + ".1").c_str()) == 0)
    if (auto begun = begin(); !begun) log_error("audit log: {}", begun.error().message);
  const ssize_t written = file_ ? ::write(file_.get(), line.data(), line.size()) : -1;
  if (written == static_cast<ssize_t>(line.size()))
    bytes_ += line.size();
  else
    log_error("the audit log cannot be written; this was for it: {}", line);
}

}  // namespace tidemark::mgmt
