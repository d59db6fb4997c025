#include "mgmt/daemon/service.h"

#include <algorithm>
#include <filesystem>
#include <future>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/log.h"
#include "copyengine/image_volume.h"
#include "mgmt/daemon/copy_recovery.h"
#include "mgmt/daemon/directory.h"
#include "mgmt/daemon/reload.h"
#include "mgmt/daemon/service_backend.h"
#include "mgmt/daemon/service_views.h"
#include "mgmt/daemon/volume_flush.h"
#include "mgmt/daemon/waiting.h"
#include "mgmt/http/api.h"
#include "mgmt/http/copy_codec.h"
#include "mgmt/http/json_text.h"
#include "mgmt/http/time_text.h"
#include "mgmt/http/tls.h"
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

/// Null: none is configured.
Result<std::shared_ptr<boost::asio::ssl::context>> tls_of(const Config& config) {
  if (!config.tls) return std::shared_ptr<boost::asio::ssl::context>();
  auto made = make_tls(*config.tls);
  if (!made) return at_key(made.error(), "management.tls");
  return made;
}

/// Of what was made through the port: the first that fitted before and does not now.
std::optional<Error> new_misfit(const MadeConfig& before, const MadeConfig& now) {
  for (const Error& misfit : now.misfits) {
    const auto same = [&](const Error& other) { return other.message == misfit.message; };
    if (std::ranges::none_of(before.misfits, same)) return misfit;
  }
  return std::nullopt;
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
  for (const auto step : {&Service::open_state, &Service::open_made, &Service::open_engines,
                          &Service::open_volumes, &Service::open_copies})
    if (auto done = (service.get()->*step)(); !done) return done.error();
  if (auto done = service->open_units(); !done) return done.error();
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

// What does not fit is left out, said, and kept: the file may name again tomorrow what it does not
// name today, and no other LUN is to suffer for it.
Result<void> Service::open_made() {
  made_records_ = std::make_unique<MadeRecords>(*kept_);
  auto rows = made_records_->load();
  if (!rows) return rows.error();
  file_ = config_;
  made_ = rows.value();
  for (const std::string& image : end_left_images(made_))
    log_warning("image {} is broken: the daemon ended, and an image does not outlive it", image);
  if (auto kept = made_records_->save(rows.value(), made_); !kept) return kept.error();
  MadeConfig made = with_made(std::move(config_), made_);
  for (const Error& misfit : made.misfits) log_warning("not served: {}", misfit.message);
  config_ = std::move(made.config);
  return {};
}

Result<void> Service::open_engines() {
  cores_ =
      std::make_unique<CorePool>(config_.cores, std::chrono::microseconds(config_.busy_poll_us));
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
    volumes_.push_back(std::make_shared<ServedVolume>(*cores_, kHome, std::move(opened).value()));
  }
  return {};
}

Result<std::shared_ptr<ServedVolume>> Service::open_volume(const storage::VolumeSpec& spec) {
  const std::string path = spec.location.substr(spec.location.find(':') + 1);
  if (path.starts_with(state_.path() + "/")) make_parents(spec.location);
  auto opened = image_of(spec) != 0 ? open_image(spec) : storage::open_volume(spec, *engines_);
  if (!opened) return opened.error();
  auto volume = std::make_shared<ServedVolume>(*cores_, kHome, std::move(opened).value());
  if (auto made = make_unit(*volume); !made) return made.error();
  return volume;
}

Result<std::unique_ptr<storage::Volume>> Service::open_image(const storage::VolumeSpec& spec) {
  const auto now = serving();
  Result<std::unique_ptr<storage::Volume>> opened =
      Error{ErrorKind::not_found, "there is no such image", "location"};
  on_home([&] {
    const auto image = images_->status(image_of(spec));
    if (!image) return;
    for (const auto& source : now->volumes)
      if (source->name() == image->volume)
        opened = std::unique_ptr<storage::Volume>(std::make_unique<copyengine::ImageVolume>(
            *cores_, kHome, *images_, *image, spec.name, source->backing->traits()));
  });
  return opened;
}

Result<void> Service::open_copies() {
  CopyRecords records(state_.copies());
  auto known = records.read_all();
  if (!known) return known.error();

  kept_files_ = std::make_unique<KeptFiles>(state_.stores(), state_.journals(), *engines_);
  ledger_ = std::make_unique<FileLedger>(*cores_, kHome, records, kept_files_.get());
  copies_ = std::make_unique<copyengine::CopyEngine>(*cores_, kHome, *kept_files_, ledger_.get());
  copies_->set_boot_id(boot_id());
  store_pool_ = std::make_shared<copyengine::StoreQuota>(config_.store_pool);
  copies_->set_store_pool(store_pool_);
  for (const auto& volume : volumes_)
    copies_->add_volume(volume->name(), volume->gate, volume->guard);
  if (auto done = recover_copies(std::move(known).value(), records, *kept_files_, *copies_); !done)
    return done.error();
  copies_->on_change([this](const copyengine::CopyStatus& status) {
    http_->publish(std::string(copy_events_.type_of(status)), [status, now = unix_now_ns()] {
      return json_text(at_time(now, encode_copy(status)));
    });
  });
  copy_service_ = std::make_unique<CopyServiceGlue>(*cores_, *copies_, kHome, config_.xcopy.gather);
  make_images();
  return {};
}

/// Point-in-time images without a destination, and the tokens that stand for them. Neither outlives
/// the daemon.
void Service::make_images() {
  images_ =
      std::make_unique<copyengine::Images>(*cores_, kHome, [this](uint64_t id, uint64_t bytes) {
        return storage::make_sparse_store(state_.stores() + "/image-" + std::to_string(id), bytes,
                                          *engines_);
      });
  images_->set_store_pool(store_pool_);
  store_pool_->on_level([this] {
    if (!http_) return;  // what a restart takes up counts before there is anybody to tell
    http_->publish("store", [pool = view_of(*store_pool_), now = unix_now_ns()] {
      return json_text(at_time(now, {{"store_pool", encode_store_pool(pool)}}));
    });
  });
  for (const auto& volume : volumes_)
    images_->add_volume(volume->name(), volume->gate, volume->guard);
  images_->on_lost([this](uint64_t id) { named_images_.lost(id); });
  image_service_ =
      std::make_unique<ImageServiceGlue>(*cores_, *images_, *copies_, config_.tokens.store_limit);
  rod_tokens_ =
      std::make_unique<scsi::RodTokens>(*cores_, kHome, *image_service_, config_.tokens.limits);
  copy_service_->offer(*rod_tokens_);
}

void Service::offer_to_copies(ServedVolume& volume) {
  copies_->add_volume(volume.name(), volume.gate, volume.guard);
  images_->add_volume(volume.name(), volume.gate, volume.guard);
}

Result<void> Service::drop_images_of(const std::string& volume) {
  const bool dropped = wait_until_done(
      [&](std::function<void()> done) { images_->remove_volume(volume, std::move(done)); },
      kStopTime);
  if (dropped) return {};
  return Error{ErrorKind::conflict, "a copy with a token of volume " + volume + " does not end",
               "volumes"};
}

Result<void> Service::open_units() {
  reservations_ = std::make_unique<ReservationRecords>(*kept_);
  unit_records_ = std::make_unique<UnitRecords>(*kept_);
  for (const auto& volume : volumes_)
    if (auto made = make_unit(*volume); !made) return made;
  return {};
}

/// Another image of the same name is another unit: a host must not take it for the one before.
scsi::Identity Service::identity_of(const storage::VolumeTraits& volume) const {
  const std::string moment = volume.kind == "image" ? "@" + volume.identity : "";
  return scsi::Identity::from_name(state_.id() + "/" + volume.name + moment);
}

Result<void> Service::make_unit(ServedVolume& volume) {
  volume.make_unit(*cores_, identity_of(volume.backing->traits()), copy_service_.get());
  auto found = reservations_->load(volume.unit->identity().serial);
  if (!found) return found.error();
  volume.unit->reservations().keep_in(*reservations_, std::move(found).value());
  auto record = unit_records_->load(volume.unit->identity().serial);
  if (!record) return record.error();
  volume.unit->keep_in(*unit_records_, std::move(record).value());
  volume.unit->operation().resume(volume.unit);
  return {};
}

Result<void> Service::open_portals() {
  auto directory = make_directory(*cores_, config_, [this](const std::string& name) {
    const auto same = [&](const auto& volume) { return volume->name() == name; };
    return (*std::ranges::find_if(volumes_, same))->unit;
  });
  iscsi_ = std::make_unique<target::IscsiServer>(*cores_, directory, config_.limits);
  iscsi_->on_session_event([this](const target::SessionEvent& event) {
    http_->publish("session", [event, now = unix_now_ns()] {
      return json_text(at_time(now, encode_session_event(event)));
    });
  });
  auto bound = iscsi_->change(config_.portals, [&] { return directory; });
  if (!bound) return bound.error();
  put_in_force(Serving{std::move(config_), std::move(volumes_), directory, std::move(bound).value(),
                       std::move(made_)});
  return {};
}

Result<void> Service::open_management() {
  const auto now = serving();
  const Config& config = now->config;
  auto tokens = TokenStore::open(*kept_, state_.path(), config.anonymous);
  if (!tokens) return tokens.error();
  tokens_ = std::move(tokens).value();
  auto audit = AuditFile::open(state_.path());
  if (!audit) return audit.error();
  audit_ = std::move(audit).value();
  auto tls = tls_of(config);
  if (!tls) return tls.error();
  worker_ = std::make_unique<WorkerThread>();
  backend_ = std::make_unique<ServiceBackend>(*this);
  std::vector<MethodRow> methods = api_methods(*backend_);
  std::ranges::move(page_methods(), std::back_inserter(methods));
  http_ = std::make_unique<HttpServer>(
      MethodTable(std::move(methods)), HttpLimits{},
      HttpSecurity{tokens_.get(), [this](const AuditEntry& entry) { audit_->write(entry); },
                   std::move(tls).value()});
  auto bound = http_->listen(config.management);
  if (!bound) return at_key(bound.error(), "management.listen");
  management_ = std::move(bound).value();
  return {};
}

void Service::start() {
  if (!tokens_->first_made().empty())
    log_info("the first token of the management port, an administrator's, is in {}",
             tokens_->first_made());
  cores_->start();
  isns_ = std::make_unique<IsnsAnnouncer>(state_.id());
  isns_->tell(*serving());
  http_->start();
}

bool Service::stop() {
  http_->stop();
  {
    const std::lock_guard lock(control_mutex_);
    stopping_ = true;
    if (isns_) isns_->stop();  // first, lest initiators come back to what is ending
  }
  bool in_order = true;
  const auto step = [&](const char* what, const std::function<void(std::function<void()>)>& begin) {
    if (wait_until_done(begin, kStopTime)) return;
    log_error("{} did not end within {} s", what, kStopTime.count());
    in_order = false;
  };
  // Those that end with us first: that frees the writes they hold, so that sessions can end with
  // answers. The others guard until the last host write has landed.
  step("copies", [this](std::function<void()> done) { copies_->stop_copying(std::move(done)); });
  step("images", [this](std::function<void()> done) {
    cores_->post(kHome, [this, done = std::move(done)] { images_->shut_down(done); });
  });
  step("iSCSI sessions", [this](std::function<void()> done) { iscsi_->stop(std::move(done)); });
  step("copies to be gone on with",
       [this](std::function<void()> done) { copies_->shut_down(std::move(done)); });
  for (const auto& volume : serving()->volumes)
    if (!stop_operation(*volume)) in_order = false;
  if (!flush_volumes()) in_order = false;
  return in_order;
}

bool Service::alive() const {
  for (CoreId core = 0; core < cores_->core_count(); ++core)
    if (!wait_until_done([&](std::function<void()> done) { cores_->post(core, std::move(done)); },
                         kStopTime)) {
      log_error("core {} does not answer", core);
      return false;
    }
  return true;
}

bool Service::stop_operation(ServedVolume& volume) {
  const auto stop = [&](std::function<void()> done) {
    cores_->post(kHome,
                 [unit = volume.unit, done = std::move(done)] { unit->operation().stop(done); });
  };
  if (wait_until_done(stop, kStopTime)) return true;
  log_error("an operation on the whole medium of {} did not end within {} s", volume.name(),
            kStopTime.count());
  return false;
}

bool Service::flush(ServedVolume& volume) {
  if (volume.backing->traits().read_only) return true;
  const storage::Errc error = flush_and_wait(*cores_, kHome, volume.gate, kStopTime);
  if (error == storage::Errc::ok) return true;
  log_error("volume {} could not be flushed: {}", volume.name(), storage::name_of(error));
  return false;
}

bool Service::flush_volumes() {
  bool all = true;
  for (const auto& volume : serving()->volumes) all &= flush(*volume);
  for (const auto& volume : retired_) all &= flush(*volume);
  return all;
}

std::shared_ptr<const Serving> Service::serving() const {
  const std::lock_guard lock(serving_mutex_);
  return serving_;
}

void Service::put_in_force(Serving serving) {
  auto next = std::make_shared<const Serving>(std::move(serving));
  const std::lock_guard lock(serving_mutex_);
  serving_.swap(next);
}

void Service::on_home(const std::function<void()>& job) {
  std::promise<void> done;
  cores_->post(kHome, [&] {
    job();
    done.set_value();
  });
  done.get_future().wait();
}

Result<void> Service::reload(Config next) {
  const std::lock_guard lock(control_mutex_);
  if (stopping_) return Error{ErrorKind::conflict, "the daemon is ending", {}};
  const MadeRows rows = serving()->made;
  MadeConfig made = with_made(next, rows);
  if (auto misfit = new_misfit(with_made(file_, rows), made)) return *misfit;
  auto tls = tls_of(next);
  if (!tls) return tls.error();
  Volumes released;
  const auto nothing_to_keep = [] { return Result<void>(); };
  if (auto done = put_through(std::move(made.config), rows, nothing_to_keep, released); !done)
    return done;
  if (tls.value()) http_->use_tls(std::move(tls).value());
  file_ = std::move(next);
  retire(std::move(released));
  return {};
}

Result<void> Service::reload_file() {
  if (!read_again_) return Error{ErrorKind::unsupported, "there is no file to read again", {}};
  Result<Config> next = read_again_();
  if (!next) return next.error();
  return reload(std::move(next).value());
}

Result<void> Service::change(const Edit& edit) {
  const std::lock_guard lock(control_mutex_);
  if (stopping_) return Error{ErrorKind::conflict, "the daemon is ending", {}};
  auto now = serving();
  MadeRows rows = now->made;
  if (auto edited = edit(*now, rows); !edited) return edited;
  MadeConfig made = with_made(file_, rows);
  if (auto misfit = new_misfit(with_made(file_, now->made), made)) return *misfit;
  Volumes released;
  const auto keep = [&] { return made_records_->save(now->made, rows); };
  if (auto done = put_through(std::move(made.config), rows, keep, released); !done) return done;
  now.reset();  // has the units of what is retired
  retire(std::move(released));
  return {};
}

Result<void> Service::put_through(Config next, MadeRows made,
                                  const std::function<Result<void>()>& keep, Volumes& released) {
  Reload reload(*this, std::move(next), std::move(made));
  if (auto done = reload.run(keep); !done) return done;
  released = reload.released();
  isns_->tell(*serving());
  return {};
}

Result<void> Service::keep_size(const ServedVolume& volume) {
  const std::lock_guard lock(control_mutex_);
  const auto now = serving();
  const auto row = now->made.find(MadeKey::volume(volume.name()));
  if (row == now->made.end()) return {};
  Serving next = *now;
  for (storage::VolumeSpec& spec : next.config.volumes)
    if (spec.name == volume.name()) spec.size = volume.backing->traits().bytes;
  next.made[row->first] = with_size(row->second, volume.backing->traits().bytes);
  if (auto kept = made_records_->save(now->made, next.made); !kept) return kept;
  put_in_force(std::move(next));
  return {};
}

void Service::retire(Volumes volumes) {
  for (const auto& volume : volumes) {
    stop_operation(*volume);
    volume->unit.reset();
    if (volume->unit_gone.wait_for(kStopTime) != std::future_status::ready) {
      log_warning("volume {} is not closed: a session still has it", volume->name());
      retired_.push_back(volume);
      continue;
    }
    flush(*volume);
    log_info("volume {} is closed", volume->name());
  }
  // What the cores still had to say to these volumes has been said when each has been heard once.
  for (CoreId core = 0; core < cores_->core_count(); ++core)
    wait_until_done([&](std::function<void()> done) { cores_->post(core, std::move(done)); },
                    kStopTime);
}

}  // namespace tidemark::mgmt
