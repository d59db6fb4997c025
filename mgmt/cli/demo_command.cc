#include <fmt/core.h>

#include "mgmt/cli/commands.h"
#include "mgmt/cli/render.h"
#include "mgmt/cli/table.h"
#include "mgmt/cli/units.h"

namespace tidemark::mgmt::cli {
namespace {

/// Where no terminal is, one line of progress in this many.
constexpr uint64_t kLinesSkipped = 10;

class DemoScreen : public LiveProof::Observer {
 public:
  explicit DemoScreen(Console& console) : console_(console) {}

  void step(const std::string& text) override { console_.print("demo: " + text + "\n"); }
  void progress(const Api&, const CopyView& copy, uint64_t writes) override {
    if (!console_.is_terminal() && seen_++ % kLinesSkipped != 0 && !copy.has_ended()) return;
    console_.progress(progress_line(copy, console_.width()) + fmt::format("  writes {}", writes));
  }

 private:
  Console& console_;
  uint64_t seen_ = 0;
};

std::string bounds_text(const LiveProofOptions& options, const LiveProofReport& report) {
  const Verdict& verdict = report.verdict;
  if (options.sessions * options.depth > 1)
    return fmt::format("every sector carries a write of its time; newest write in the copy: {}",
                       verdict.n);
  if (report.copy.consistency == "segment")
    return "every segment is the source at one moment of its own";
  return fmt::format("the copy is the source after exactly n = {} writes ({} <= n <= {})",
                     verdict.n, verdict.lowest, verdict.highest);
}

std::string render_report(const LiveProofOptions& options, const LiveProofReport& report) {
  const CopyView& copy = report.copy;
  const double speed = static_cast<double>(copy.bytes_total) / report.copy_seconds;
  const double writes = static_cast<double>(report.writes) / report.write_seconds;
  std::vector<std::pair<std::string, std::string>> items = {
      {"copy",
       fmt::format("{} of {}, {}, release {}", copy.id,
                   bytes_text(static_cast<double>(copy.bytes_total)), copy.state, copy.release)},
      {"copy speed", fmt::format("{} ({:.2f} s)", rate_text(speed), report.copy_seconds)},
      {"writes", fmt::format("{}, {:.0f}/s, {} while copying", report.writes, writes,
                             report.writes_during_copy)},
      {"fence", micros_text(static_cast<double>(copy.fence_us))},
      {"held writes", std::to_string(copy.held_total)},
      {"held for", fmt::format("half below {}, 99 % below {}", micros_text(copy.hold_p50_us),
                               micros_text(copy.hold_p99_us))},
      {"preserved", bytes_text(static_cast<double>(copy.bytes_preserved))},
  };
  if (report.verdict.holds)
    items.emplace_back("proof", "holds: " + bounds_text(options, report));
  else
    items.emplace_back("proof",
                       fmt::format("FAILS: {} (seed {})", report.verdict.reason, report.seed));
  return list_text(items);
}

}  // namespace

int run_demo(const Api& api, const LiveProofOptions& options, Console& console) {
  if (const Answer status = api.status(); !status) return report_failure(status, console);
  DemoScreen screen(console);
  const Result<LiveProofReport> report = LiveProof(api, options).run(screen);
  if (!report) return report_failure(report.error(), console);
  console.print("\n" + render_report(options, report.value()));
  return report.value().verdict.holds ? kExitOk : kExitRefused;
}

}  // namespace tidemark::mgmt::cli
