// Mount: a small file system of a test's own, which can be frozen. It takes root and a loop device.
//
// However the test ends, nothing of it stays: a guard that is no child of the test's (whoever kills
// a test kills its children) thaws and unmounts it when the test is gone.
#pragma once

#include <filesystem>
#include <string>

namespace tidemark::system_test {

class Mount {
 public:
  Mount();
  ~Mount();
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;

  /// False: there can be none here.
  bool mounted() const { return mounted_; }
  std::string path() const { return (directory_ / "fs").string(); }
  std::filesystem::path directory() const { return directory_; }

  /// Whatever writes to it waits from here on.
  bool freeze();
  void thaw();

 private:
  void start_guard();

  std::filesystem::path directory_;
  int guard_ = -1;  // closed without a word, it makes the guard act
  bool mounted_ = false;
  bool frozen_ = false;
};

}  // namespace tidemark::system_test
