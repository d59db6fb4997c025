// GET /metrics: the daemon's figures for Prometheus. Asked for like any list, by messages to the
// cores, and written on the HTTP thread; no data path waits for it.
#pragma once

#include <string>
#include <vector>

#include "mgmt/http/backend.h"
#include "mgmt/http/method_table.h"

namespace tidemark::mgmt {

/// All that is told, as of one moment (or nearly so).
struct MetricsView {
  StatusView status;
  std::vector<VolumeView> volumes;
  std::vector<LunView> luns;
  std::vector<target::SessionInfo> sessions;
  std::vector<copyengine::CopyStatus> copies;
};

/// `now_unix_ns`: a copy that has ended is told for a while yet, so that its last figures are seen.
std::string metrics_text(const MetricsView& view, uint64_t now_unix_ns);

/// `backend` outlives whoever serves the row.
MethodRow metrics_method(Backend& backend);

}  // namespace tidemark::mgmt
