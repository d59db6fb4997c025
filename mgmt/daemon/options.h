// Options: tidemarkd's command line.
#pragma once

#include <optional>
#include <string>

#include "base/log.h"

namespace tidemark::mgmt {

/// How tidemarkd ends.
enum ExitCode : int {
  kExitDone = 0,
  kExitFailed = 1,   // a port, file, disk or lock is not to be had
  kExitRefused = 2,  // the command line or the configuration is wrong
};

struct Options {
  std::string config_file;  // empty: the embedded default
  std::string state_dir;    // these override the file, where not empty
  std::string portal;
  std::string management;
  bool check = false;
  LogLevel log_level = LogLevel::info;
};

/// Nothing if the process is to end now, with `exit_code`; what there was to say has been said.
std::optional<Options> parse_options(int argc, char** argv, int& exit_code);

}  // namespace tidemark::mgmt
