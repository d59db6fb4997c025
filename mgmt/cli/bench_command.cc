#include "mgmt/bench/load_run.h"
#include "mgmt/cli/commands.h"
#include "mgmt/cli/table.h"

namespace tidemark::mgmt::cli {

int run_bench(const bench::LoadOptions& options, bool json, Console& console) {
  const Result<bench::LoadReport> report = bench::run_load(options);
  if (!report) return report_failure(report.error(), console);
  console.print(json ? bench::report_json(options, report.value())
                     : list_text(bench::report_lines(options, report.value())));
  return kExitOk;
}

}  // namespace tidemark::mgmt::cli
