#include "mgmt/daemon/service_backend.h"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "mgmt/daemon/config_text.h"
#include "mgmt/daemon/service.h"
#include "mgmt/daemon/service_views.h"
#include "mgmt/http/json_text.h"
#include "scsi/announcement.h"

namespace tidemark::mgmt {

using copyengine::CopyStatus;

namespace {

std::vector<std::pair<std::string, uint64_t>> counts_of(const target::RefusalCounts& refusals) {
  std::vector<std::pair<std::string, uint64_t>> counts;
  for (size_t i = 0; i < target::kRefusalCauses; ++i) {
    const auto cause = static_cast<target::RefusalCause>(i);
    counts.emplace_back(target::name_of(cause), refusals.of(cause));
  }
  return counts;
}

}  // namespace

void ServiceBackend::status(Reply<StatusView> reply) {
  StatusView view;
  view.version = TIDEMARK_VERSION;
  view.uptime_seconds =
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                std::chrono::steady_clock::now() - service_.began_)
                                .count());
  view.cores = service_.cores_->core_count();
  view.io_engine = service_.engines_->kind();
  const auto serving = service_.serving();
  view.portals = serving->portals;
  view.targets = serving->config.targets.size();
  view.volumes = serving->volumes.size();
  view.refused_logins = counts_of(service_.iscsi_->refusals());
  view.pid = getpid();
  sessions([this, view = std::move(view),
            reply = std::move(reply)](const std::vector<target::SessionInfo>& sessions) mutable {
    view.sessions = sessions.size();
    copies([this, view = std::move(view),
            reply = std::move(reply)](const std::vector<CopyStatus>& copies) mutable {
      view.store_pool = view_of(*service_.store_pool_);  // copies answer on its core
      for (const CopyStatus& copy : copies)
        ++(copyengine::ended(copy.state) ? view.copies_ended : view.copies_running);
      reply(std::move(view));
    });
  });
}

void ServiceBackend::volumes(Reply<std::vector<VolumeView>> reply) {
  service_.cores_->post(Service::kHome, [this, reply = std::move(reply)] {
    std::vector<VolumeView> views;
    const auto serving = service_.serving();
    for (const auto& volume : serving->volumes)
      views.push_back(view_of(*volume, Service::kHome, serving->made));
    reply(std::move(views));
  });
}

void ServiceBackend::grow_volume(const std::string& name, uint64_t size,
                                 Reply<Result<VolumeView>> reply) {
  const auto serving = service_.serving();
  for (const auto& volume : serving->volumes) {
    if (volume->name() != name) continue;
    // Its own reference to the unit: a reload may take the volume out of service meanwhile.
    return service_.worker_->post(
        [this, volume, unit = volume->unit, size, reply = std::move(reply)] {
          const uint64_t before = volume->backing->traits().bytes;
          if (auto grown = volume->backing->grow(size); !grown) return reply(grown.error());
          if (auto kept = service_.keep_size(*volume); !kept) return reply(kept.error());
          service_.cores_->post(Service::kHome, [this, volume, unit, before, reply] {
            if (volume->backing->traits().bytes != before)
              scsi::announce(unit, scsi::attention::kCapacityChanged, nullptr);
            reply(view_of(*volume, Service::kHome, service_.serving()->made));
          });
        });
  }
  reply(Error{ErrorKind::not_found, "there is no volume " + name, {}});
}

void ServiceBackend::configuration(Reply<Result<std::string>> reply) {
  reply(json_text(write_config(without_images(service_.serving()->config))));
}

void ServiceBackend::reload(Reply<Result<std::string>> reply) {
  service_.worker_->post([this, reply = std::move(reply)] {
    if (auto done = service_.reload_file(); !done) return reply(done.error());
    configuration(reply);
  });
}

Authority& ServiceBackend::authority() {
  return *service_.tokens_;
}

void ServiceBackend::sessions(Reply<std::vector<target::SessionInfo>> reply) {
  service_.iscsi_->sessions(std::move(reply));
}

void ServiceBackend::drop_session(uint64_t id, Reply<Result<target::SessionInfo>> reply) {
  sessions([this, id, reply = std::move(reply)](const std::vector<target::SessionInfo>& all) {
    for (const target::SessionInfo& session : all) {
      if (session.id != id) continue;
      service_.iscsi_->end_session(session, "ended by management");
      return reply(session);
    }
    reply(Error{ErrorKind::not_found, fmt::format("there is no session {}", id), {}});
  });
}

std::vector<TargetView> ServiceBackend::targets() const {
  std::vector<TargetView> views;
  const auto serving = service_.serving();
  for (const TargetConfig& target : serving->config.targets)
    views.push_back(view_of(target, serving->made));
  return views;
}

std::vector<LunView> ServiceBackend::luns() const {
  std::vector<LunView> views;
  const auto serving = service_.serving();
  for (const target::TargetEntry& target : serving->directory->targets)
    for (const auto& [number, unit] : *target.units)
      views.push_back(view_of(target.name(), number, *unit, serving->made));
  return views;
}

std::optional<uint64_t> ServiceBackend::volume_size(const std::string& name) const {
  const auto serving = service_.serving();
  for (const auto& volume : serving->volumes)
    if (volume->name() == name) return volume->backing->traits().bytes;
  return std::nullopt;
}

void ServiceBackend::start_copy(copyengine::CopyRequest request, Reply<Result<CopyStatus>> reply) {
  service_.cores_->post(Service::kHome,
                        [this, request = std::move(request), reply = std::move(reply)]() mutable {
                          service_.copies_->start(std::move(request), std::move(reply));
                        });
}

void ServiceBackend::start_group(copyengine::GroupRequest request,
                                 Reply<Result<copyengine::GroupStatus>> reply) {
  service_.cores_->post(Service::kHome,
                        [this, request = std::move(request), reply = std::move(reply)]() mutable {
                          service_.copies_->start_group(std::move(request), std::move(reply));
                        });
}

void ServiceBackend::copy_group(uint64_t id, Reply<Result<copyengine::GroupStatus>> reply) {
  service_.cores_->post(Service::kHome, [this, id, reply = std::move(reply)]() mutable {
    service_.copies_->group(id, std::move(reply));
  });
}

void ServiceBackend::copy_groups(Reply<std::vector<copyengine::GroupStatus>> reply) {
  service_.cores_->post(Service::kHome, [this, reply = std::move(reply)]() mutable {
    service_.copies_->groups(std::move(reply));
  });
}

void ServiceBackend::act(uint64_t id, copyengine::CopyVerb verb, Reply<Result<CopyStatus>> reply) {
  service_.cores_->post(Service::kHome, [this, id, verb, reply = std::move(reply)]() mutable {
    service_.copies_->act(id, verb, std::move(reply));
  });
}

void ServiceBackend::append_ranges(uint64_t id, std::vector<copyengine::CopyRange> ranges,
                                   Reply<Result<CopyStatus>> reply) {
  service_.copies_->append(id, std::move(ranges), std::move(reply));
}

void ServiceBackend::set_copy(uint64_t id, const copyengine::CopyChange& change,
                              Reply<Result<CopyStatus>> reply) {
  service_.copies_->set(id, change, std::move(reply));
}

void ServiceBackend::copy(uint64_t id, Reply<Result<CopyStatus>> reply) {
  service_.cores_->post(Service::kHome, [this, id, reply = std::move(reply)]() mutable {
    service_.copies_->get(id, std::move(reply));
  });
}

void ServiceBackend::copies(Reply<std::vector<CopyStatus>> reply) {
  service_.cores_->post(Service::kHome, [this, reply = std::move(reply)]() mutable {
    service_.copies_->list(std::move(reply));
  });
}

void ServiceBackend::map(uint64_t id, uint64_t from, size_t max_runs,
                         Reply<Result<std::vector<copyengine::MapRun>>> reply) {
  service_.cores_->post(Service::kHome,
                        [this, id, from, max_runs, reply = std::move(reply)]() mutable {
                          service_.copies_->map(id, from, max_runs, std::move(reply));
                        });
}

}  // namespace tidemark::mgmt
