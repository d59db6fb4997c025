// A run of a load: sessions on one or more URLs, spread over threads pinned to processors, watched
// for some seconds. Blocks the calling thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "mgmt/bench/initiator.h"

namespace tidemark::mgmt::bench {

struct LoadOptions {
  std::vector<std::string> urls;
  Load load;              // of each session
  unsigned sessions = 1;  // per URL
  bool digests = false;
  double seconds = 5;     // measured; unused when load.count is set
  double warm_up = 0.5;   // seconds before
  std::vector<int> pins;  // a thread on each of these processors; none: one thread, unpinned
  pid_t target_pid = 0;   // whose use of the processor to report
};

struct LoadReport {
  Tally tally;
  double seconds = 0;
  double own_cpu_us = 0;  // of all threads of the load
  uint64_t own_switches = 0;
  double target_cpu_us = 0;
  uint64_t target_switches = 0;

  uint64_t ios() const { return tally.reads + tally.writes; }
  double per_second() const { return static_cast<double>(ios()) / seconds; }
  double per_io(double what) const { return ios() == 0 ? 0 : what / static_cast<double>(ios()); }
};

Result<LoadReport> run_load(const LoadOptions& options);

/// Name and value of each figure, for people.
std::vector<std::pair<std::string, std::string>> report_lines(const LoadOptions& options,
                                                              const LoadReport& report);
std::string report_json(const LoadOptions& options, const LoadReport& report);

}  // namespace tidemark::mgmt::bench
