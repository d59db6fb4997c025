// Service: the daemon put together: cores, volumes and their layers, copies, targets, portals and
// the management port. Opened, started and ended by the main thread, which runs nothing of it.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/core_pool.h"
#include "base/result.h"
#include "copyengine/copy_engine.h"
#include "mgmt/daemon/config.h"
#include "mgmt/daemon/copy_service_glue.h"
#include "mgmt/daemon/file_ledger.h"
#include "mgmt/daemon/reservation_records.h"
#include "mgmt/daemon/served_volume.h"
#include "mgmt/daemon/state_dir.h"
#include "mgmt/daemon/state_store.h"
#include "mgmt/daemon/unit_records.h"
#include "mgmt/daemon/worker_thread.h"
#include "mgmt/http/backend.h"
#include "mgmt/http/copy_events.h"
#include "mgmt/http/http_server.h"
#include "scsi/target_device.h"
#include "storage/engines.h"
#include "target/iscsi_server.h"

namespace tidemark::mgmt {

class Service {
 public:
  /// Opens everything, in the order that leaves no copy's fate open when the first LUN is served.
  /// An Error's field is the path of a configuration key, where one is at fault.
  static Result<std::unique_ptr<Service>> open(Config config, StateDir state);
  ~Service();

  /// Serves from here on.
  void start();
  /// Stops taking work, cancels copies, ends sessions, flushes every volume. False if something
  /// did not end in time or a flush failed; it has been logged.
  bool stop();

  const std::vector<std::string>& portals() const { return portals_; }
  const std::string& management() const { return management_; }

 private:
  friend class ServiceBackend;
  static constexpr CoreId kHome = 0;  // of copies, gates and guards

  Service(Config config, StateDir state);
  Result<void> open_state();
  Result<void> open_engines();
  Result<void> open_volumes();
  Result<void> open_copies();
  void make_targets();
  Result<void> open_reservations();
  Result<void> open_unit_records();
  Result<void> open_portals();
  Result<void> open_management();
  bool flush_volumes();
  /// The units of a target, by LUN; none if there is no such target. From any thread.
  std::optional<std::map<uint16_t, std::shared_ptr<scsi::LogicalUnit>>> units_of(
      const std::string& target) const;

  Config config_;
  StateDir state_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();

  // In the order they are made; they go in the reverse order, after the cores have ended.
  std::unique_ptr<CorePool> cores_;
  std::unique_ptr<FileLedger> ledger_;
  std::unique_ptr<StateStore> kept_;
  std::unique_ptr<ReservationRecords> reservations_;
  std::unique_ptr<UnitRecords> unit_records_;
  std::unique_ptr<storage::Engines> engines_;
  std::vector<std::unique_ptr<ServedVolume>> volumes_;
  std::unique_ptr<copyengine::CopyEngine> copies_;
  CopyEvents copy_events_;
  std::unique_ptr<CopyServiceGlue> copy_service_;
  std::vector<std::unique_ptr<scsi::TargetDevice>> targets_;
  std::unique_ptr<target::IscsiServer> iscsi_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<WorkerThread> worker_;  // what waits for the disk and is no host I/O

  std::vector<std::string> portals_;
  std::string management_;
};

}  // namespace tidemark::mgmt
