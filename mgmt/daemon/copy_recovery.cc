#include "mgmt/daemon/copy_recovery.h"

#include <fstream>
#include <utility>

#include "base/log.h"
#include "copyengine/resume_check.h"
#include "mgmt/http/time_text.h"

namespace tidemark::mgmt {
namespace {

using copyengine::CopyStatus;

/// Whether it goes on. If not, `status` says how it has ended.
bool take_up(CopyStatus& status, const KeptFiles& files, copyengine::CopyEngine& engine) {
  const auto broken = [&status](const char* party, const std::string& why) {
    end_left_copy(status, copyengine::broken_because(party, why), nullptr);
    return false;
  };
  if (status.request.release == copyengine::Release::ram)
    return broken("engine",
                  "the daemon ended while the copy was running, and release 'ram' does not outlive "
                  "that");
  auto opened = files.reopen(status.id);  // waits until a killed daemon's last I/O has ended
  if (!opened) return broken("journal", opened.error().message);
  auto found = files.read_journal(status.id);
  if (!found) return broken("journal", found.error().message);
  const auto end = engine.take_up(status, found.value(), std::move(opened).value());
  if (end) end_left_copy(status, *end, &found.value().state);
  return !end;
}

}  // namespace

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  file >> id;
  return id;
}

Result<void> recover_copies(std::vector<CopyStatus> known, CopyRecords& records, KeptFiles& files,
                            copyengine::CopyEngine& engine) {
  std::vector<uint64_t> going_on;
  for (CopyStatus& status : known) {
    if (copyengine::ended(status.state)) {
      engine.add_ended(std::move(status));
      continue;
    }
    if (take_up(status, files, engine)) {
      log_info("copy {} ({} to {}) goes on where the last daemon left it", status.id,
               status.request.source, status.request.destination);
      going_on.push_back(status.id);
      continue;
    }
    status.ended_unix_ns = unix_now_ns();
    log_warning("copy {} ({} to {}) was under way when the last daemon ended: {}{}{}", status.id,
                status.request.source, status.request.destination, name_of(status.state),
                status.error_text.empty() ? "" : ": ", status.error_text);
    if (auto written = records.write(status); !written) return written.error();
    engine.add_ended(std::move(status));
  }
  return files.keep_only(going_on);
}

}  // namespace tidemark::mgmt
