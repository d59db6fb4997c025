// ScsiPort: what a session asks of the SCSI target device it is logged in to, bound to its nexus.
// In life a DevicePort; in tests a fake. Lives and dies on the session's core.
#pragma once

#include <functional>

#include "scsi/target_device.h"
#include "scsi/task.h"
#include "target/target_directory.h"

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
  /// What its initiator is to have from here on: units, and the right to vendor commands. False,
  /// and nothing is changed, if it would lose the device or a unit.
  virtual bool offered(const Admission& now) = 0;
  /// I_T nexus loss. `detached` runs once nothing is left; then the port may be destroyed.
  virtual void detach(std::function<void()> detached) = 0;
};

class DevicePort final : public ScsiPort {
 public:
  /// Of an initiator that `admission` lets in. `protocol_level` is the iSCSIProtocolLevel agreed
  /// on, which INQUIRY tells (RFC 7144 clause 4.2).
  DevicePort(const Admission& admission, const std::string& initiator_name, uint64_t isid,
             uint16_t portal_group, uint32_t protocol_level)
      : device_(admission.device),
        nexus_(device_->attach(initiator_name, isid, admission.units, portal_group)) {
    nexus_->may_command_copies = admission.copy_commands;
    nexus_->version_descriptor = static_cast<uint16_t>(kVersionDescriptor + protocol_level);
  }

  scsi::ItNexus* nexus() override { return nexus_.get(); }
  bool begin(scsi::Task& task) override { return device_->begin(task); }
  void execute(scsi::Task& task) override { device_->execute(task); }
  void manage(scsi::TaskManagementFunction function, uint64_t lun_field, uint64_t tag,
              std::function<void(scsi::TaskManagementResponse)> answer) override {
    device_->manage(*nexus_, function, lun_field, tag, std::move(answer));
  }
  bool offered(const Admission& now) override {
    if (now.device != device_ || !device_->extend(*nexus_, now.units)) return false;
    nexus_->may_command_copies = now.copy_commands;
    return true;
  }
  scsi::TaskManagementResponse query_attention(uint64_t lun_field, uint32_t& additional) override {
    return device_->query_attention(*nexus_, lun_field, additional);
  }
  void detach(std::function<void()> detached) override {
    device_->detach(*nexus_, std::move(detached));
  }

 private:
  static constexpr uint32_t kVersionDescriptor = 0x0960;  // iSCSI (SPC-4 6.6.2)

  std::shared_ptr<scsi::TargetDevice> device_;
  std::unique_ptr<scsi::ItNexus> nexus_;
};

}  // namespace tidemark::target
