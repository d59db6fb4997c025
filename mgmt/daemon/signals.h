// SIGTERM and SIGINT, which ask the daemon to end.
#pragma once

namespace tidemark::mgmt {

/// Keeps the two from every thread started later, and ignores SIGPIPE. First thing in main().
void hold_signals();
/// Waits for one of them. Afterwards another one ends the process at once.
int wait_for_signal();

}  // namespace tidemark::mgmt
