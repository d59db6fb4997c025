// StateDir: the directory this daemon alone keeps its things in: volumes with relative paths,
// snapshot stores, journals and records of copies, and its identity. Locked while it is open, so
// that two daemons never serve the same volumes.
#pragma once

#include <string>

#include "base/result.h"
#include "storage/file_descriptor.h"

namespace tidemark::mgmt {

class StateDir {
 public:
  /// Makes it if need be (for the owner only), and locks it.
  static Result<StateDir> open(const std::string& path);

  const std::string& path() const { return path_; }
  std::string stores() const { return path_ + "/stores"; }
  std::string journals() const { return path_ + "/journals"; }
  std::string copies() const { return path_ + "/copies"; }
  /// Random, made once: what tells our logical units from those of every other installation.
  const std::string& id() const { return id_; }

 private:
  StateDir() = default;

  std::string path_;
  std::string id_;
  storage::FileDescriptor lock_;
};

}  // namespace tidemark::mgmt
