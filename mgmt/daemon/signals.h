// SIGTERM and SIGINT, which ask the daemon to end, and SIGHUP, which asks it to read its
// configuration again.
#pragma once

namespace tidemark::mgmt {

/// Keeps them from every thread started later, and ignores SIGPIPE. First thing in main().
void hold_signals();
enum class Asked { to_reload, to_end };
/// Waits for one of them. Once it has been asked to end, another one ends the process at once.
Asked wait_for_signal();

}  // namespace tidemark::mgmt
