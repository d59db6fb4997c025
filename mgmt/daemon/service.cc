#include "mgmt/daemon/service.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/log.h"
#include "mgmt/daemon/service_backend.h"
#include "mgmt/daemon/volume_flush.h"
#include "mgmt/daemon/waiting.h"
#include "mgmt/http/api.h"
#include "mgmt/http/copy_codec.h"
#include "mgmt/http/json_text.h"
#include "mgmt/http/time_text.h"
#include "mgmt/http/view_codec.h"
#include "mgmt/web/page_methods.h"
#include "storage/open_volume.h"

namespace tidemark::mgmt {
namespace {

constexpr std::chrono::seconds kStopTime{10};

Error at_key(Error error, const std::string& key) {
  error.field = error.field.empty() ? key : key + "." + error.field;
  return error;
}

// The directories of a volume with a relative path are ours to make; others are the operator's.
void make_parents(const std::string& location) {
  const std::filesystem::path path(location.substr(location.find(':') + 1));
  std::error_code shown_by_the_open_that_follows;
  std::filesystem::create_directories(path.parent_path(), shown_by_the_open_that_follows);
}

}  // namespace

Service::Service(Config config, StateDir state)
    : config_(std::move(config)), state_(std::move(state)) {}

Result<std::unique_ptr<Service>> Service::open(Config config, StateDir state) {
  std::unique_ptr<Service> service(new Service(std::move(config), std::move(state)));
  for (const auto step : {&Service::open_state, &Service::open_engines, &Service::open_volumes,
                          &Service::open_copies})
    if (auto done = (service.get()->*step)(); !done) return done.error();
  service->make_targets();
  if (auto done = service->open_reservations(); !done) return done.error();
  if (auto done = service->open_unit_records(); !done) return done.error();
  if (auto done = service->open_portals(); !done) return done.error();
  if (auto done = service->open_management(); !done) return done.error();
  return service;
}

Service::~Service() {
  if (http_) http_->stop();
  worker_.reset();
  if (cores_) {
    cores_->stop();
    cores_->join();
  }
}

Result<void> Service::open_state() {
  auto opened = StateStore::open(state_.path());
  if (!opened) return opened.error();
  kept_ = std::move(opened).value();
  return {};
}

Result<void> Service::open_engines() {
  cores_ = std::make_unique<CorePool>(config_.cores);
  auto engines = storage::make_engines(*cores_, config_.io_engine);
  if (!engines) return at_key(engines.error(), "io_engine");
  engines_ = std::move(engines).value();
  if (!engines_->reason().empty()) log_info("io_uring is not used: {}", engines_->reason());
  return {};
}

Result<void> Service::open_volumes() {
  for (size_t i = 0; i < config_.volumes.size(); ++i) {
    storage::VolumeSpec& spec = config_.volumes[i];
    const std::string location = resolve_location(spec.location, state_.path());
    if (location != spec.location) make_parents(location);
    spec.location = location;
    auto opened = storage::open_volume(spec, *engines_);
    if (!opened) return at_key(opened.error(), "volumes[" + std::to_string(i) + "]");
    volumes_.push_back(std::make_unique<ServedVolume>(*cores_, kHome, std::move(opened).value()));
  }
  return {};
}

Result<void> Service::open_copies() {
  CopyRecords records(state_.copies());
  auto known = records.recover();
  if (!known) return known.error();
  if (auto cleared = state_.clear_stores(); !cleared) return cleared.error();

  ledger_ = std::make_unique<FileLedger>(*cores_, kHome, std::move(records));
  copies_ = std::make_unique<copyengine::CopyEngine>(
      *cores_, kHome,
      [this](uint64_t id, uint64_t bytes) {
        return storage::make_sparse_store(state_.stores() + "/" + std::to_string(id), bytes,
                                          *engines_);
      },
      ledger_.get());
  for (const auto& volume : volumes_)
    copies_->add_volume(volume->name(), volume->gate, volume->guard);
  for (copyengine::CopyStatus& status : known.value()) copies_->add_ended(std::move(status));
  copies_->on_change([this](const copyengine::CopyStatus& status) {
    http_->publish(std::string(copy_events_.type_of(status)), [status, now = unix_now_ns()] {
      return json_text(at_time(now, encode_copy(status)));
    });
  });
  copy_service_ = std::make_unique<CopyServiceGlue>(*cores_, *copies_);
  return {};
}

void Service::make_targets() {
  for (const auto& volume : volumes_)
    volume->unit = std::make_shared<scsi::LogicalUnit>(
        *cores_, volume->gate, scsi::Identity::from_name(state_.id() + "/" + volume->name()),
        copy_service_.get());
  for (const TargetConfig& config : config_.targets) {
    std::vector<scsi::TargetDevice::Access> access;
    for (const std::string& initiator : config.access) access.push_back({initiator});
    auto target = std::make_unique<scsi::TargetDevice>(*cores_, config.name, std::move(access));
    for (const LunConfig& lun : config.luns)
      for (const auto& volume : volumes_)
        if (volume->name() == lun.volume) target->map(lun.lun, volume->unit);
    targets_.push_back(std::move(target));
  }
}

Result<void> Service::open_reservations() {
  reservations_ = std::make_unique<ReservationRecords>(*kept_);
  for (const auto& volume : volumes_) {
    auto found = reservations_->load(volume->unit->identity().serial);
    if (!found) return found.error();
    volume->unit->reservations().keep_in(*reservations_, std::move(found).value());
  }
  return {};
}

Result<void> Service::open_unit_records() {
  unit_records_ = std::make_unique<UnitRecords>(*kept_);
  for (const auto& volume : volumes_) {
    auto found = unit_records_->load(volume->unit->identity().serial);
    if (!found) return found.error();
    volume->unit->keep_in(*unit_records_, std::move(found).value());
    volume->unit->operation().resume(volume->unit);
  }
  return {};
}

Result<void> Service::open_portals() {
  std::vector<scsi::TargetDevice*> targets;
  for (const auto& target : targets_) targets.push_back(target.get());
  iscsi_ = std::make_unique<target::IscsiServer>(*cores_, std::move(targets), config_.limits);
  iscsi_->on_session_event([this](const target::SessionEvent& event) {
    http_->publish("session", [event, now = unix_now_ns()] {
      return json_text(at_time(now, encode_session_event(event)));
    });
  });
  for (size_t i = 0; i < config_.portals.size(); ++i) {
    auto bound = iscsi_->listen(config_.portals[i]);
    if (!bound) return at_key(bound.error(), "portals[" + std::to_string(i) + "]");
    portals_.push_back(std::move(bound).value());
  }
  return {};
}

Result<void> Service::open_management() {
  worker_ = std::make_unique<WorkerThread>();
  backend_ = std::make_unique<ServiceBackend>(*this);
  std::vector<MethodRow> methods = api_methods(*backend_);
  std::ranges::move(page_methods(), std::back_inserter(methods));
  http_ = std::make_unique<HttpServer>(MethodTable(std::move(methods)));
  auto bound = http_->listen(config_.management);
  if (!bound) return at_key(bound.error(), "management.listen");
  management_ = std::move(bound).value();
  return {};
}

void Service::start() {
  cores_->start();
  http_->start();
}

bool Service::stop() {
  http_->stop();
  bool in_order = true;
  const auto step = [&](const char* what, const std::function<void(std::function<void()>)>& begin) {
    if (wait_until_done(begin, kStopTime)) return;
    log_error("{} did not end within {} s", what, kStopTime.count());
    in_order = false;
  };
  const auto end_copies = [this](std::function<void()> done) {
    cores_->post(kHome, [this, done = std::move(done)] { copies_->shut_down(done); });
  };
  // Copies first: that frees the writes they hold, so that sessions can end with answers. Then
  // once more, for what sessions may have started meanwhile.
  step("copies", end_copies);
  step("iSCSI sessions", [this](std::function<void()> done) { iscsi_->stop(std::move(done)); });
  step("copies started in band", end_copies);
  for (const auto& volume : volumes_)
    step("an operation on a whole medium", [&volume](std::function<void()> done) {
      volume->unit->executor().post(
          kHome, [&volume, done = std::move(done)] { volume->unit->operation().stop(done); });
    });
  if (!flush_volumes()) in_order = false;
  return in_order;
}

std::optional<std::map<uint16_t, std::shared_ptr<scsi::LogicalUnit>>> Service::units_of(
    const std::string& target) const {
  for (const auto& one : targets_)
    if (one->name() == target) return one->units();
  return std::nullopt;
}

bool Service::flush_volumes() {
  bool all = true;
  for (const auto& volume : volumes_) {
    if (volume->backing->traits().read_only) continue;
    const storage::Errc error = flush_and_wait(*cores_, kHome, volume->gate, kStopTime);
    if (error == storage::Errc::ok) continue;
    log_error("volume {} could not be flushed: {}", volume->name(), storage::name_of(error));
    all = false;
  }
  return all;
}

}  // namespace tidemark::mgmt
