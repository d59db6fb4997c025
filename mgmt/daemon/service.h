// Service: the daemon put together: cores, volumes and their layers, copies, targets, portals and
// the management port. Opened, started and ended by the main thread, which runs nothing of it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/core_pool.h"
#include "base/result.h"
#include "copyengine/copy_engine.h"
#include "copyengine/images.h"
#include "copyengine/store_quota.h"
#include "mgmt/daemon/audit_file.h"
#include "mgmt/daemon/config.h"
#include "mgmt/daemon/copy_service_glue.h"
#include "mgmt/daemon/file_ledger.h"
#include "mgmt/daemon/image_service_glue.h"
#include "mgmt/daemon/isns_announcer.h"
#include "mgmt/daemon/kept_files.h"
#include "mgmt/daemon/made_records.h"
#include "mgmt/daemon/reservation_records.h"
#include "mgmt/daemon/served_volume.h"
#include "mgmt/daemon/service_images.h"
#include "mgmt/daemon/serving.h"
#include "mgmt/daemon/state_dir.h"
#include "mgmt/daemon/state_store.h"
#include "mgmt/daemon/token_store.h"
#include "mgmt/daemon/unit_records.h"
#include "mgmt/daemon/worker_thread.h"
#include "mgmt/http/backend.h"
#include "mgmt/http/copy_events.h"
#include "mgmt/http/http_server.h"
#include "scsi/rod_tokens.h"
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
  /// Stops taking work, ends or suspends copies, ends sessions, flushes every volume. False if
  /// something did not end in time or a flush failed; it has been logged.
  bool stop();

  /// Whether every core does what it is told, soon enough. Waits for that.
  bool alive() const;

  /// Takes another configuration while it serves: targets, access, portals, volumes. An Error
  /// leaves the old one wholly in force; its field is the path of a key. Between start() and
  /// stop().
  Result<void> reload(Config next);

  /// How the configuration is read again when management asks for it. Before start().
  void on_reload(std::function<Result<Config>()> read) { read_again_ = std::move(read); }
  /// The same with what that reads. As reload().
  Result<void> reload_file();

  using Edit = std::function<Result<void>(const Serving& now, MadeRows& rows)>;
  /// Changes what was made through the management port: `edit` changes `rows`, or refuses. In force
  /// and on the disk when this returns; an Error leaves everything as it was. As reload().
  Result<void> change(const Edit& edit);
  /// A volume has grown: what was made through the port says so from now on.
  Result<void> keep_size(const ServedVolume& volume);

  /// What is served now. Any thread.
  std::shared_ptr<const Serving> serving() const;
  const std::string& management() const { return management_; }

 private:
  friend class Reload;
  friend class ServiceBackend;
  friend class ServiceImages;
  friend class ServiceInventory;
  using Volumes = std::vector<std::shared_ptr<ServedVolume>>;
  static constexpr CoreId kHome = 0;  // of copies, gates and guards

  Service(Config config, StateDir state);
  Result<void> open_state();
  Result<void> open_made();
  Result<void> put_through(Config next, MadeRows made, const std::function<Result<void>()>& keep,
                           Volumes& released);
  Result<void> open_engines();
  Result<void> open_volumes();
  /// With its unit, and what is kept of that.
  Result<std::shared_ptr<ServedVolume>> open_volume(const storage::VolumeSpec& spec);
  /// An image of what is served.
  Result<std::unique_ptr<storage::Volume>> open_image(const storage::VolumeSpec& spec);
  Result<void> make_unit(ServedVolume& volume);
  scsi::Identity identity_of(const storage::VolumeTraits& volume) const;
  Result<void> open_copies();
  Result<void> open_units();
  void make_images();
  /// Before the cores run, or on the home core.
  void offer_to_copies(ServedVolume& volume);
  /// Tokens of it are cancelled, and nothing of them is under way any more.
  Result<void> drop_images_of(const std::string& volume);
  Result<void> open_portals();
  Result<void> open_management();
  bool flush(ServedVolume& volume);
  bool flush_volumes();
  void put_in_force(Serving serving);
  /// Closes volumes that are no longer served, as soon as no session has them.
  void retire(Volumes volumes);
  /// Runs it on the home core and waits.
  void on_home(const std::function<void()>& job);
  /// Ends what FORMAT UNIT or SANITIZE began; it is gone on with when the volume is served again.
  bool stop_operation(ServedVolume& volume);

  Config config_;  // until open() has been through
  MadeRows made_;  // likewise
  StateDir state_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();

  // In the order they are made; they go in the reverse order, after the cores have ended.
  std::unique_ptr<CorePool> cores_;
  std::unique_ptr<KeptFiles> kept_files_;  // the ledger's thread uses it to its end
  std::unique_ptr<FileLedger> ledger_;
  std::unique_ptr<StateStore> kept_;
  std::unique_ptr<MadeRecords> made_records_;
  std::unique_ptr<TokenStore> tokens_;
  std::unique_ptr<AuditFile> audit_;
  std::unique_ptr<ReservationRecords> reservations_;
  std::unique_ptr<UnitRecords> unit_records_;
  std::unique_ptr<storage::Engines> engines_;
  Volumes volumes_;           // until open() has been through
  std::mutex control_mutex_;  // one change at a time; file_, stopping_
  Config file_;               // what the file says; serving_ has what was made as well
  bool stopping_ = false;
  std::function<Result<Config>()> read_again_;
  mutable std::mutex serving_mutex_;
  std::shared_ptr<const Serving> serving_;
  Volumes retired_;  // a session would not leave
  std::shared_ptr<copyengine::StoreQuota> store_pool_;
  std::unique_ptr<copyengine::CopyEngine> copies_;
  CopyEvents copy_events_;
  std::unique_ptr<copyengine::Images> images_;
  std::unique_ptr<ImageServiceGlue> image_service_;
  ServiceImages named_images_{*this};
  std::unique_ptr<scsi::RodTokens> rod_tokens_;
  std::unique_ptr<CopyServiceGlue> copy_service_;
  std::unique_ptr<target::IscsiServer> iscsi_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<IsnsAnnouncer> isns_;   // control_mutex_
  std::unique_ptr<WorkerThread> worker_;  // what waits for the disk and is no host I/O

  std::string management_;
};

}  // namespace tidemark::mgmt
