#include "mgmt/bench/process_use.h"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tidemark::mgmt::bench {
namespace {

constexpr double kMicrosPerSecond = 1e6;
constexpr int kUserTimeField = 14;  // proc(5)

std::string read_text(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

uint64_t number_at(std::string_view text) {
  const size_t digit = text.find_first_of("0123456789");
  uint64_t value = 0;
  if (digit != std::string_view::npos)
    std::from_chars(text.data() + digit, text.data() + text.size(), value);
  return value;
}

double micros(const timeval& time) {
  return static_cast<double>(time.tv_sec) * kMicrosPerSecond + static_cast<double>(time.tv_usec);
}

}  // namespace

std::optional<uint64_t> cpu_ticks_of(std::string_view stat) {
  // The name of the program may hold spaces and parentheses, so count from the last one.
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  std::string_view rest = stat.substr(name_end + 1);
  for (int field = 2; field < kUserTimeField - 1; ++field) {
    const size_t space = rest.find(' ', 1);
    if (space == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(space);
  }
  const size_t second = rest.find(' ', 1);
  if (second == std::string_view::npos) return std::nullopt;
  return number_at(rest.substr(0, second)) + number_at(rest.substr(second));
}

uint64_t switches_of(std::string_view status) {
  uint64_t switches = 0;
  constexpr std::string_view kKey = "voluntary_ctxt_switches:";  // ends both keys
  for (size_t at = status.find(kKey); at != std::string_view::npos; at = status.find(kKey, at + 1))
    switches += number_at(status.substr(at));
  return switches;
}

Result<ProcessUse> process_use(pid_t pid) {
  const std::filesystem::path directory = fmt::format("/proc/{}", pid);
  const auto ticks = cpu_ticks_of(read_text(directory / "stat"));
  if (!ticks) return Error{ErrorKind::not_found, fmt::format("no process {}", pid), "target-pid"};
  ProcessUse use;
  use.cpu_us =
      static_cast<double>(*ticks) * kMicrosPerSecond / static_cast<double>(sysconf(_SC_CLK_TCK));
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator(directory / "task", error))
    use.switches += switches_of(read_text(task.path() / "status"));
  return use;
}

ProcessUse thread_use() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  ProcessUse use;
  use.cpu_us = micros(usage.ru_utime) + micros(usage.ru_stime);
  use.switches = static_cast<uint64_t>(usage.ru_nvcsw) + static_cast<uint64_t>(usage.ru_nivcsw);
  return use;
}

}  // namespace tidemark::mgmt::bench
