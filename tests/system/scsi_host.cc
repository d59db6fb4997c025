#include "tests/system/scsi_host.h"

#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>

#include <algorithm>
#include <functional>

#include "base/big_endian.h"

namespace tidemark::system_test {
namespace {

constexpr int kTimeoutSeconds = 20;
constexpr size_t kBlock = 512;

struct TaskFree {
  void operator()(scsi_task* task) const { scsi_free_scsi_task(task); }
};

}  // namespace

ScsiHost::ScsiHost(const std::string& portal, const std::string& name, int lun) : lun_(lun) {
  context_ = iscsi_create_context(("iqn.2026-11.dev.tidemark.test:" + name).c_str());
  iscsi_set_noautoreconnect(context_, 1);
  iscsi_set_timeout(context_, kTimeoutSeconds);
  iscsi_set_targetname(context_, kTarget);
  iscsi_set_session_type(context_, ISCSI_SESSION_NORMAL);
  iscsi_set_isid_random(context_, static_cast<uint32_t>(std::hash<std::string>{}(name)) & 0xffffff,
                        0);
  attached_ = iscsi_full_connect_sync(context_, portal.c_str(), lun) == 0;
  EXPECT_TRUE(attached_) << iscsi_get_error(context_);
}

ScsiHost::~ScsiHost() {
  if (iscsi_is_logged_in(context_)) iscsi_logout_sync(context_);
  iscsi_destroy_context(context_);
}

Ended ScsiHost::send_to(int lun, const Bytes& cdb, const Bytes& data_out, size_t data_in) {
  Bytes command = cdb;
  const int direction = data_in > 0        ? SCSI_XFER_READ
                        : data_out.empty() ? SCSI_XFER_NONE
                                           : SCSI_XFER_WRITE;
  const size_t length = data_in > 0 ? data_in : data_out.size();
  scsi_task* const sent = scsi_create_task(static_cast<int>(command.size()), command.data(),
                                           direction, static_cast<int>(length));
  // libiscsi takes the data without const, and only reads it.
  iscsi_data data{data_out.size(), const_cast<unsigned char*>(data_out.data())};
  const std::unique_ptr<scsi_task, TaskFree> task(
      iscsi_scsi_command_sync(context_, lun, sent, data_out.empty() ? nullptr : &data));
  Ended ended;
  ended.lost = task == nullptr || task->status < 0 || task->status > 0xff;
  if (ended.lost) return ended;
  ended.status = task->status;
  ended.key = static_cast<uint8_t>(task->sense.key);
  ended.asc = static_cast<uint16_t>(task->sense.ascq);
  if (task->datain.data != nullptr)
    ended.data.assign(task->datain.data, task->datain.data + std::max(task->datain.size, 0));
  return ended;
}

Ended ScsiHost::read(uint64_t lba, uint32_t blocks) {
  Bytes cdb(16);
  cdb[0] = 0x88;
  store_be64(&cdb[2], lba);
  store_be32(&cdb[10], blocks);
  return send(cdb, {}, blocks * kBlock);
}

Ended ScsiHost::write(uint64_t lba, const Bytes& data, bool fua) {
  Bytes cdb(16);
  cdb[0] = 0x8a;
  cdb[1] = fua ? 0x08 : 0;
  store_be64(&cdb[2], lba);
  store_be32(&cdb[10], static_cast<uint32_t>(data.size() / kBlock));
  return send(cdb, data);
}

Ended ScsiHost::synchronize_cache() {
  Bytes cdb(16);
  cdb[0] = 0x91;
  return send(cdb);
}

Ended ScsiHost::write_atomic(uint64_t lba, const Bytes& data) {
  Bytes cdb(16);
  cdb[0] = 0x9c;
  store_be64(&cdb[2], lba);
  store_be16(&cdb[12], static_cast<uint16_t>(data.size() / kBlock));
  return send(cdb, data);
}

Ended ScsiHost::compare_and_write(uint64_t lba, const Bytes& compare, const Bytes& write) {
  Bytes cdb(16);
  cdb[0] = 0x89;
  store_be64(&cdb[2], lba);
  cdb[13] = static_cast<uint8_t>(compare.size() / kBlock);
  Bytes both = compare;
  both.insert(both.end(), write.begin(), write.end());
  return send(cdb, both);
}

Ended ScsiHost::reserve_out(uint8_t action, uint64_t key, uint64_t action_key, uint8_t type,
                            bool aptpl) {
  Bytes cdb(10);
  cdb[0] = 0x5f;
  cdb[1] = action;
  cdb[2] = type;
  Bytes list(24);
  cdb[8] = static_cast<uint8_t>(list.size());
  store_be64(&list[0], key);
  store_be64(&list[8], action_key);
  list[20] = aptpl ? 0x01 : 0;
  return send(cdb, list);
}

}  // namespace tidemark::system_test
