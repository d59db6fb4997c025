#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "mgmt/bench/load_run.h"

namespace tidemark::mgmt::bench {
namespace {

constexpr double kNanosPerMicro = 1e3;
constexpr double kMega = 1e6;

double percentile_us(const LoadReport& report, double share) {
  return static_cast<double>(report.tally.latency.percentile(share)) / kNanosPerMicro;
}

double mega_per_second(const LoadOptions& options, const LoadReport& report) {
  return report.per_second() * options.load.block_size / kMega;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> report_lines(const LoadOptions& options,
                                                              const LoadReport& report) {
  const Load& load = options.load;
  std::vector<std::pair<std::string, std::string>> lines = {
      {"load", fmt::format("{} of {} bytes, depth {}, {} sessions{}{}", name_of(load.pattern),
                           load.block_size, load.depth, options.sessions * options.urls.size(),
                           options.digests ? ", digests" : "", load.verify ? ", verified" : "")},
      {"I/Os", fmt::format("{} reads, {} writes in {:.2f} s", report.tally.reads,
                           report.tally.writes, report.seconds)},
      {"rate", fmt::format("{:.0f} I/Os/s, {:.1f} MB/s", report.per_second(),
                           mega_per_second(options, report))},
      {"latency", fmt::format("half below {:.1f} us, 99 % below {:.1f} us, 99.9 % below {:.1f} us",
                              percentile_us(report, 0.5), percentile_us(report, 0.99),
                              percentile_us(report, 0.999))},
      {"own CPU",
       fmt::format("{:.2f} us per I/O, {:.3f} switches", report.per_io(report.own_cpu_us),
                   report.per_io(static_cast<double>(report.own_switches)))},
  };
  if (options.target_pid > 0)
    lines.emplace_back(
        "target CPU",
        fmt::format("{:.2f} us per I/O, {:.3f} switches", report.per_io(report.target_cpu_us),
                    report.per_io(static_cast<double>(report.target_switches))));
  if (report.tally.busy > 0) lines.emplace_back("tried again", std::to_string(report.tally.busy));
  return lines;
}

std::string report_json(const LoadOptions& options, const LoadReport& report) {
  const Load& load = options.load;
  nlohmann::ordered_json json = {
      {"workload", name_of(load.pattern)},
      {"block_size", load.block_size},
      {"depth", load.depth},
      {"sessions", options.sessions * options.urls.size()},
      {"digests", options.digests},
      {"verified", load.verify},
      {"seconds", report.seconds},
      {"reads", report.tally.reads},
      {"writes", report.tally.writes},
      {"tried_again", report.tally.busy},
      {"iops", report.per_second()},
      {"megabytes_per_second", mega_per_second(options, report)},
      {"p50_us", percentile_us(report, 0.5)},
      {"p99_us", percentile_us(report, 0.99)},
      {"p999_us", percentile_us(report, 0.999)},
      {"max_us", percentile_us(report, 1)},
      {"own_cpu_us_per_io", report.per_io(report.own_cpu_us)},
      {"own_switches_per_io", report.per_io(static_cast<double>(report.own_switches))},
  };
  if (options.target_pid > 0) {
    json["target_cpu_us_per_io"] = report.per_io(report.target_cpu_us);
    json["target_switches_per_io"] = report.per_io(static_cast<double>(report.target_switches));
  }
  return json.dump(2) + "\n";
}

}  // namespace tidemark::mgmt::bench
