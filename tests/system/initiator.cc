#include "tests/system/initiator.h"

#include <gtest/gtest.h>
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>

#include <algorithm>

namespace tidemark::system_test {
namespace {

constexpr int kSeconds = 10;

std::vector<uint8_t> data_of(uint32_t bytes) {
  std::vector<uint8_t> data(bytes);
  for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(i * 7 + bytes);
  return data;
}

}  // namespace

Initiator::Initiator(const std::string& name, const std::string& target)
    : context_(iscsi_create_context(name.c_str())) {
  iscsi_set_noautoreconnect(context_, 1);
  iscsi_set_timeout(context_, kSeconds);
  iscsi_set_targetname(context_, target.c_str());
  iscsi_set_session_type(context_, ISCSI_SESSION_NORMAL);
}

Initiator::~Initiator() {
  iscsi_destroy_context(context_);
}

Initiator& Initiator::user(const char* name, const char* secret) {
  iscsi_set_initiator_username_pwd(context_, name, secret);
  return *this;
}

Initiator& Initiator::expect(const char* name, const char* secret) {
  iscsi_set_target_username_pwd(context_, name, secret);
  return *this;
}

bool Initiator::connect(const std::string& portal, int lun) {
  lun_ = lun;
  return iscsi_full_connect_sync(context_, portal.c_str(), lun) == 0;
}

std::string Initiator::error() const {
  return iscsi_get_error(context_);
}

Initiator& Initiator::on(int lun) {
  lun_ = lun;
  scsi_free_scsi_task(iscsi_testunitready_sync(context_, lun));  // takes its unit attention
  return *this;
}

std::vector<int> Initiator::luns() {
  std::vector<int> found;
  scsi_task* task = iscsi_reportluns_sync(context_, 0, 512);
  EXPECT_NE(task, nullptr);
  if (task == nullptr) return found;
  if (const auto* list = static_cast<scsi_reportluns_list*>(scsi_datain_unmarshall(task)))
    for (uint32_t i = 0; i < list->num; ++i) found.push_back(list->luns[i]);
  scsi_free_scsi_task(task);
  return found;
}

bool Initiator::writes(uint32_t bytes) {
  std::vector<uint8_t> data = data_of(bytes);
  scsi_task* task = iscsi_write10_sync(context_, lun_, 0, data.data(), bytes, 512, 0, 0, 0, 0, 0);
  const bool good = task != nullptr && task->status == SCSI_STATUS_GOOD;
  scsi_free_scsi_task(task);
  return good;
}

bool Initiator::reads(uint32_t bytes) {
  const std::vector<uint8_t> data = data_of(bytes);
  scsi_task* task = iscsi_read10_sync(context_, lun_, 0, bytes, 512, 0, 0, 0, 0, 0);
  const bool same = task != nullptr && task->status == SCSI_STATUS_GOOD &&
                    static_cast<size_t>(task->datain.size) == data.size() &&
                    std::equal(data.begin(), data.end(), task->datain.data);
  scsi_free_scsi_task(task);
  return same;
}

}  // namespace tidemark::system_test
