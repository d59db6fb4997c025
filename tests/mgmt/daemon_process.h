// A real tidemarkd, run by a test.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tidemark::mgmt {

class DaemonProcess {
 public:
  explicit DaemonProcess(const std::vector<std::string>& arguments);
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;
  ~DaemonProcess();  // kills what still runs

  /// Waits until it serves; false if it ended instead. Then the two addresses are known.
  bool ready();
  const std::string& management() const { return management_; }
  const std::string& portal() const { return portal_; }

  void signal(int number);
  /// Its exit status, or -N if signal N ended it. Waits for it.
  int exit_code();
  /// All it said on standard output and standard error. After exit_code().
  const std::string& output() const { return output_; }

 private:
  bool read_more();

  pid_t pid_ = -1;
  int pipe_ = -1;
  std::string output_;
  std::string management_;
  std::string portal_;
};

}  // namespace tidemark::mgmt
