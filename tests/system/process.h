// Child processes of the system tests: every one is waited for, none outlives its test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace tidemark::system_test {

struct Finished {
  int status = -1;  // exit status, or 128 + signal
  bool timed_out = false;
  std::string output;  // standard output and standard error
};

/// Runs a program to its end, or kills it after `limit`.
Finished run_program(const std::vector<std::string>& words,
                     std::chrono::seconds limit = std::chrono::seconds(30));

/// Starts a program whose output goes to a file. It dies with the test.
pid_t spawn_program(const std::vector<std::string>& words, const std::string& output_file);
/// Waits for its end: exit status or 128 + signal; -1 if it is still running after `limit`.
int await_exit(pid_t pid, std::chrono::milliseconds limit);

}  // namespace tidemark::system_test
