// What a process has used so far, as /proc tells: processor time and context switches, all of its
// threads together, those that ended not counted among the switches.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace tidemark::mgmt::bench {

struct ProcessUse {
  double cpu_us = 0;  // user and system; the kernel's clock ticks make it 10 ms fine
  uint64_t switches = 0;

  ProcessUse since(const ProcessUse& before) const {
    return {cpu_us - before.cpu_us, switches - before.switches};
  }
};

Result<ProcessUse> process_use(pid_t pid);
/// The same of the calling thread.
ProcessUse thread_use();

/// utime + stime of the text of /proc/N/stat, in clock ticks.
std::optional<uint64_t> cpu_ticks_of(std::string_view stat);
/// Voluntary and involuntary switches of the text of /proc/N/task/M/status.
uint64_t switches_of(std::string_view status);

}  // namespace tidemark::mgmt::bench
