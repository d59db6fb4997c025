// A real server on loopback for tests: two cores, one target with memory LUNs.
#pragma once

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/core_pool.h"
#include "scsi/logical_unit.h"
#include "scsi/target_device.h"
#include "storage/memory_volume.h"
#include "storage/range_gate.h"
#include "target/iscsi_server.h"

namespace tidemark::target {

inline const std::string kTargetName = "iqn.2026-11.dev.tidemark:test";
inline const std::string kHost = "iqn.2026-11.dev.tidemark:host";

struct ServedOptions {
  Limits limits;
  std::vector<std::string> access{"*"};
  std::shared_ptr<const ChapRule> chap;  // of every access row
  uint64_t bytes = 64 * kMiB;
  std::string address = "127.0.0.1:0";
  bool second_target_for_others = false;
};

class ServedTarget {
 public:
  explicit ServedTarget(const ServedOptions& options = {}) : cores_(2) {
    storage::VolumeTraits traits;
    traits.name = "source";
    traits.bytes = options.bytes;
    volume_ = std::move(storage::MemoryVolume::make(traits, &cores_)).value();
    gate_ = std::make_unique<storage::RangeGate>(cores_, 0, *volume_);
    server_ = std::make_unique<IscsiServer>(cores_, directory(options), options.limits);
    server_->on_session_event([this](const SessionEvent& event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(event);
    });
    address_ = server_->listen({options.address}).value();
    cores_.start();
  }
  ~ServedTarget() {
    stop();
    cores_.stop();
    cores_.join();
  }

  void stop() {
    if (std::exchange(stopped_, true)) return;
    std::promise<void> done;
    server_->stop([&] { done.set_value(); });
    done.get_future().wait();
  }

  std::vector<SessionInfo> sessions() {
    std::promise<std::vector<SessionInfo>> found;
    server_->sessions([&](std::vector<SessionInfo> all) { found.set_value(std::move(all)); });
    return found.get_future().get();
  }
  std::vector<SessionEvent> events() {
    const std::lock_guard lock(mutex_);
    return events_;
  }

  const std::string& address() const { return address_; }
  uint16_t port() const {
    return static_cast<uint16_t>(std::stoi(address_.substr(address_.rfind(':') + 1)));
  }
  IscsiServer& server() { return *server_; }
  storage::RangeGate& gate() { return *gate_; }
  CorePool& cores() { return cores_; }

 private:
  std::shared_ptr<const Directory> directory(const ServedOptions& options) {
    const auto unit = std::make_shared<scsi::LogicalUnit>(
        cores_, *gate_, scsi::Identity::from_name("test/source"), nullptr);
    unit->add_port({kTargetName});
    const auto units = std::make_shared<const scsi::LunMap>(scsi::LunMap{{0, unit}});
    auto made = std::make_shared<Directory>();
    TargetEntry entry{std::make_shared<scsi::TargetDevice>(cores_, kTargetName), units, {}, {}};
    for (const std::string& initiator : options.access)
      entry.access.push_back({initiator, options.chap, units});
    made->targets.push_back(std::move(entry));
    if (options.second_target_for_others)
      made->targets.push_back({std::make_shared<scsi::TargetDevice>(cores_, kTargetName + "2"),
                               units,
                               {{"iqn.other", nullptr, units}},
                               {}});
    return made;
  }

  CorePool cores_;
  std::unique_ptr<storage::MemoryVolume> volume_;
  std::unique_ptr<storage::RangeGate> gate_;
  std::unique_ptr<IscsiServer> server_;
  std::string address_;
  bool stopped_ = false;
  std::mutex mutex_;
  std::vector<SessionEvent> events_;
};

}  // namespace tidemark::target
