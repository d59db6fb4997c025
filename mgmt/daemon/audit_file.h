// AuditFile: the audit log as lines of JSON in the state directory, "audit.log", for the owner
// only. At kBytesMax it becomes "audit.log.1", in the place of the one before. One thread at a
// time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "mgmt/http/audit.h"
#include "storage/file_descriptor.h"

namespace tidemark::mgmt {

class AuditFile {
 public:
  static constexpr uint64_t kBytesMax = 16 * kMiB;
  static constexpr size_t kBodyMax = 4 * kKiB;  // of request and answer; what is more is cut off

  static Result<std::unique_ptr<AuditFile>> open(const std::string& directory);

  /// What cannot be written is logged instead.
  void write(const AuditEntry& entry);

 private:
  explicit AuditFile(std::string path) : path_(std::move(path)) {}
  Result<void> begin();

  std::string path_;
  storage::FileDescriptor file_;
  uint64_t bytes_ = 0;
};

}  // namespace tidemark::mgmt
