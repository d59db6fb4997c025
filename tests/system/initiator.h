// Initiator: one libiscsi session with all that libiscsi can be told about its login. It does not
// come back once it is lost. Single-threaded.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/system/daemon.h"

struct iscsi_context;

namespace tidemark::system_test {

class Initiator {
 public:
  explicit Initiator(const std::string& name, const std::string& target = kTarget);
  ~Initiator();
  Initiator(const Initiator&) = delete;
  Initiator& operator=(const Initiator&) = delete;

  // Before connect(). CHAP: who it is, and who the target has to be.
  Initiator& user(const char* name, const char* secret);
  Initiator& expect(const char* name, const char* secret);
  iscsi_context* context() { return context_; }

  /// False: error() says why not.
  bool connect(const std::string& portal, int lun = 0);
  bool connect(const Daemon& daemon, int lun = 0) { return connect(daemon.portal(), lun); }
  std::string error() const;

  /// Another LUN from here on.
  Initiator& on(int lun);
  std::vector<int> luns();
  /// Writes `bytes` at the beginning, which tell their number; and reads them back.
  bool moves(uint32_t bytes) { return writes(bytes) && reads(bytes); }
  bool writes(uint32_t bytes);
  /// They are what writes() left there.
  bool reads(uint32_t bytes);

 private:
  iscsi_context* context_;
  int lun_ = 0;
};

}  // namespace tidemark::system_test
