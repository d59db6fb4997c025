// The verbs of `tidemark`, carried out.
#pragma once

#include "mgmt/cli/api.h"
#include "mgmt/cli/command_line.h"
#include "mgmt/cli/console.h"

namespace tidemark::mgmt::cli {

/// Returns the exit status.
int run_command(const CommandLine& line, Console& console);

/// Shows progress until the copy has ended.
int watch_copy(const Api& api, uint64_t id, bool json, Console& console);
int run_demo(const Api& api, const LiveProofOptions& options, Console& console);
int run_doctor(const Api& api, const DoctorVerb& verb, Console& console);
int run_context(const ContextVerb& verb, Console& console);
/// Loads iSCSI targets, of any make, and prints how they did.
int run_bench(const bench::LoadOptions& options, bool json, Console& console);

/// Prints why there is no answer, on one line that names the field, and returns the exit status.
int report_failure(const Answer& answer, Console& console);
/// The same for an answer that cannot be understood.
int report_failure(const Error& error, Console& console);

}  // namespace tidemark::mgmt::cli
