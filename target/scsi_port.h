// ScsiPort: what a session asks of the SCSI target device it is logged in to, bound to its nexus.
// In life a DevicePort; in tests a fake. Lives and dies on the session's core.
#pragma once

#include <functional>

#include "scsi/target_device.h"
#include "scsi/task.h"

namespace tidemark::target {

class ScsiPort {
 public:
  virtual ~ScsiPort() = default;

  virtual scsi::ItNexus* nexus() = 0;
  /// As TargetDevice's functions of these names.
  virtual bool begin(scsi::Task& task) = 0;
  virtual void execute(scsi::Task& task) = 0;
  virtual void manage(scsi::TaskManagementFunction function, uint64_t lun_field, uint64_t tag,
                      std::function<void(scsi::TaskManagementResponse)> answer) = 0;
  /// QUERY ASYNCHRONOUS EVENT; `additional` becomes its 3 bytes of response information.
  virtual scsi::TaskManagementResponse query_attention(uint64_t lun_field,
                                                       uint32_t& additional) = 0;
  /// I_T nexus loss. `detached` runs once nothing is left; then the port may be destroyed.
  virtual void detach(std::function<void()> detached) = 0;
};

class DevicePort final : public ScsiPort {
 public:
  DevicePort(scsi::TargetDevice& device, const std::string& initiator_name, uint64_t isid)
      : device_(device), nexus_(device.attach(initiator_name, isid)) {}

  scsi::ItNexus* nexus() override { return nexus_.get(); }
  bool begin(scsi::Task& task) override { return device_.begin(task); }
  void execute(scsi::Task& task) override { device_.execute(task); }
  void manage(scsi::TaskManagementFunction function, uint64_t lun_field, uint64_t tag,
              std::function<void(scsi::TaskManagementResponse)> answer) override {
    device_.manage(*nexus_, function, lun_field, tag, std::move(answer));
  }
  scsi::TaskManagementResponse query_attention(uint64_t lun_field, uint32_t& additional) override {
    return device_.query_attention(*nexus_, lun_field, additional);
  }
  void detach(std::function<void()> detached) override {
    device_.detach(*nexus_, std::move(detached));
  }

 private:
  scsi::TargetDevice& device_;
  std::unique_ptr<scsi::ItNexus> nexus_;
};

}  // namespace tidemark::target
