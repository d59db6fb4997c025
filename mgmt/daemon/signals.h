// SIGTERM and SIGINT, which ask the daemon to end, and SIGHUP, which asks it to read its
// configuration again.
#pragma once

#include <chrono>
#include <optional>

namespace tidemark::mgmt {

/// Keeps them from every thread started later, and ignores SIGPIPE. First thing in main().
void hold_signals();
enum class Asked { nothing, to_reload, to_end };
/// Waits for one of them, or until `limit` has passed (nothing). Once it has been asked to end,
/// another one ends the process at once.
Asked wait_for_signal(std::optional<std::chrono::milliseconds> limit = {});

}  // namespace tidemark::mgmt
