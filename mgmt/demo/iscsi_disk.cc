#include "mgmt/demo/iscsi_disk.h"

#include <fmt/core.h>
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
#include <poll.h>

#include <vector>

namespace tidemark::mgmt {
namespace {

// A command without answer for this long is an error: nothing waits for ever.
constexpr int kCommandTimeoutSeconds = 20;
// A command that met a unit attention was not carried out: it is sent again, so often at most.
constexpr int kAttentionsMax = 8;

struct TaskFree {
  void operator()(scsi_task* task) const { scsi_free_scsi_task(task); }
};
using TaskPtr = std::unique_ptr<scsi_task, TaskFree>;

Error failed(iscsi_context* context, const std::string& what) {
  const char* why = iscsi_get_error(context);
  return {ErrorKind::io, fmt::format("{}: {}", what, why != nullptr ? why : "unknown"), ""};
}

}  // namespace

struct IscsiDisk::Command {
  IscsiDisk* disk;
  Done done;
  std::function<scsi_task*(Command&)> send;
  int attentions = 0;  // unit attentions it met instead of being carried out
};

Result<std::unique_ptr<IscsiDisk>> IscsiDisk::attach(const LunAddress& address,
                                                     const std::string& initiator) {
  std::unique_ptr<IscsiDisk> disk(new IscsiDisk);
  disk->context_ = iscsi_create_context(initiator.c_str());
  disk->lun_ = address.lun;
  iscsi_context* context = disk->context_;
  if (context == nullptr) return Error{ErrorKind::exhausted, "no memory for a session", ""};
  iscsi_set_noautoreconnect(context, 1);
  iscsi_set_timeout(context, kCommandTimeoutSeconds);
  iscsi_set_targetname(context, address.target.c_str());
  iscsi_set_session_type(context, ISCSI_SESSION_NORMAL);
  if (iscsi_full_connect_sync(context, address.portal.c_str(), address.lun) != 0)
    return failed(context, fmt::format("cannot attach LUN {} of {} at {}", address.lun,
                                       address.target, address.portal));
  if (auto capacity = disk->read_capacity(); !capacity) return capacity.error();
  return disk;
}

Result<void> IscsiDisk::read_capacity() {
  const TaskPtr task(iscsi_readcapacity16_sync(context_, lun_));
  if (task == nullptr || task->status != SCSI_STATUS_GOOD)
    return failed(context_, "READ CAPACITY (16)");
  const auto* capacity = static_cast<scsi_readcapacity16*>(scsi_datain_unmarshall(task.get()));
  if (capacity == nullptr || capacity->block_length == 0)
    return Error{ErrorKind::io, "READ CAPACITY (16): no capacity in the answer", ""};
  block_size_ = capacity->block_length;
  size_ = (capacity->returned_lba + 1) * block_size_;
  return {};
}

IscsiDisk::~IscsiDisk() {
  if (context_ == nullptr) return;
  if (iscsi_is_logged_in(context_)) iscsi_logout_sync(context_);
  iscsi_destroy_context(context_);
}

void IscsiDisk::ended(iscsi_context* context, int status, void* data, void* command_data) {
  std::unique_ptr<Command> command(static_cast<Command*>(command_data));
  TaskPtr task(static_cast<scsi_task*>(data));
  if (status == SCSI_STATUS_CHECK_CONDITION && task != nullptr &&
      task->sense.key == SCSI_SENSE_UNIT_ATTENTION && command->attentions < kAttentionsMax) {
    ++command->attentions;
    ++command->disk->attentions_met_;
    task.reset();
    if (command->send(*command) != nullptr) {
      command.release();  // ended() takes it back
      return;
    }
  }
  --command->disk->in_flight_;
  std::string error;
  if (status != SCSI_STATUS_GOOD) {
    const char* why = iscsi_get_error(context);
    error = why != nullptr && *why != '\0' ? why : fmt::format("status {:#x}", status);
  }
  command->done(error);
}

void IscsiDisk::write(uint64_t offset, std::span<const uint8_t> data, Done done) {
  // libiscsi takes the data without const, and only reads it.
  auto* bytes = const_cast<unsigned char*>(data.data());
  const auto send = [this, offset, bytes, size = data.size()](Command& command) {
    return iscsi_write16_task(context_, lun_, offset / block_size_, bytes,
                              static_cast<uint32_t>(size), block_size_, 0, 0, 0, 0, 0,
                              &IscsiDisk::ended, &command);
  };
  start(std::make_unique<Command>(Command{this, std::move(done), send}), "WRITE (16)");
}

void IscsiDisk::read(uint64_t offset, std::span<uint8_t> data, Done done) {
  const auto send = [this, offset, data](Command& command) {
    scsi_task* task =
        iscsi_read16_task(context_, lun_, offset / block_size_, static_cast<uint32_t>(data.size()),
                          block_size_, 0, 0, 0, 0, 0, &IscsiDisk::ended, &command);
    if (task != nullptr)
      scsi_task_add_data_in_buffer(task, static_cast<int>(data.size()), data.data());
    return task;
  };
  start(std::make_unique<Command>(Command{this, std::move(done), send}), "READ (16)");
}

void IscsiDisk::start(std::unique_ptr<Command> command, const char* name) {
  if (command->send(*command) == nullptr) return command->done(failed(context_, name).message);
  command.release();  // ended() takes it back
  ++in_flight_;
}

Result<void> IscsiDisk::poll(std::span<IscsiDisk* const> disks,
                             std::chrono::milliseconds patience) {
  std::vector<pollfd> fds;
  for (IscsiDisk* disk : disks)
    fds.push_back(
        {iscsi_get_fd(disk->context_), static_cast<short>(iscsi_which_events(disk->context_)), 0});
  if (::poll(fds.data(), fds.size(), static_cast<int>(patience.count())) < 0 && errno != EINTR)
    return Error{ErrorKind::io, "poll failed", ""};
  for (size_t i = 0; i < disks.size(); ++i) {
    // Without events, too: this is where libiscsi looks for commands that took too long.
    if (iscsi_service(disks[i]->context_, fds[i].revents) < 0)
      return failed(disks[i]->context_, "the session broke");
  }
  return {};
}

Result<void> IscsiDisk::drain() {
  IscsiDisk* const self = this;
  while (in_flight_ > 0) {
    if (auto polled = poll(std::span(&self, 1), std::chrono::milliseconds(500)); !polled)
      return polled;
  }
  return {};
}

}  // namespace tidemark::mgmt
