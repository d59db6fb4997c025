// A real initiator library against the real server.
#include <gtest/gtest.h>
extern "C" {
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
}

#include <memory>
#include <vector>

#include "tests/target/served_target.h"

namespace tidemark::target {
namespace {

using Context = std::unique_ptr<iscsi_context, int (*)(iscsi_context*)>;
using Task = std::unique_ptr<scsi_task, void (*)(scsi_task*)>;

Context context() {
  return {iscsi_create_context(kHost.c_str()), iscsi_destroy_context};
}

struct Settings {
  iscsi_header_digest header;
  iscsi_initial_r2t r2t;
  iscsi_immediate_data immediate;
};
class Libiscsi : public testing::TestWithParam<Settings> {};

TEST_P(Libiscsi, ReadsBackWhatItWrote) {
  ServedTarget served;
  auto host = context();
  iscsi_set_targetname(host.get(), kTargetName.c_str());
  iscsi_set_session_type(host.get(), ISCSI_SESSION_NORMAL);
  iscsi_set_header_digest(host.get(), GetParam().header);
  iscsi_set_initial_r2t(host.get(), GetParam().r2t);
  iscsi_set_immediate_data(host.get(), GetParam().immediate);
  ASSERT_EQ(iscsi_full_connect_sync(host.get(), served.address().c_str(), 0), 0)
      << iscsi_get_error(host.get());
  std::vector<uint8_t> data(2 * kMiB);
  for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(i * 7 + i / 4096);
  const Task write(iscsi_write16_sync(host.get(), 0, 100, data.data(),
                                      static_cast<uint32_t>(data.size()), 512, 0, 0, 0, 0, 0),
                   scsi_free_scsi_task);
  ASSERT_TRUE(write);
  EXPECT_EQ(write->status, SCSI_STATUS_GOOD) << iscsi_get_error(host.get());
  const Task read(
      iscsi_read16_sync(host.get(), 0, 100, static_cast<uint32_t>(data.size()), 512, 0, 0, 0, 0, 0),
      scsi_free_scsi_task);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->status, SCSI_STATUS_GOOD) << iscsi_get_error(host.get());
  ASSERT_EQ(static_cast<size_t>(read->datain.size), data.size());
  EXPECT_TRUE(std::equal(data.begin(), data.end(), read->datain.data));
  EXPECT_EQ(iscsi_logout_sync(host.get()), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Settings, Libiscsi,
    testing::Values(
        Settings{ISCSI_HEADER_DIGEST_NONE, ISCSI_INITIAL_R2T_NO, ISCSI_IMMEDIATE_DATA_YES},
        Settings{ISCSI_HEADER_DIGEST_NONE, ISCSI_INITIAL_R2T_NO, ISCSI_IMMEDIATE_DATA_NO},
        Settings{ISCSI_HEADER_DIGEST_NONE, ISCSI_INITIAL_R2T_YES, ISCSI_IMMEDIATE_DATA_YES},
        Settings{ISCSI_HEADER_DIGEST_NONE, ISCSI_INITIAL_R2T_YES, ISCSI_IMMEDIATE_DATA_NO},
        Settings{ISCSI_HEADER_DIGEST_CRC32C, ISCSI_INITIAL_R2T_NO, ISCSI_IMMEDIATE_DATA_YES},
        Settings{ISCSI_HEADER_DIGEST_CRC32C, ISCSI_INITIAL_R2T_YES, ISCSI_IMMEDIATE_DATA_NO}));

TEST(Libiscsi, DiscoversTheTarget) {
  ServedTarget served;
  auto host = context();
  iscsi_set_session_type(host.get(), ISCSI_SESSION_DISCOVERY);
  ASSERT_EQ(iscsi_connect_sync(host.get(), served.address().c_str()), 0);
  ASSERT_EQ(iscsi_login_sync(host.get()), 0) << iscsi_get_error(host.get());
  auto* found = iscsi_discovery_sync(host.get());
  ASSERT_NE(found, nullptr) << iscsi_get_error(host.get());
  EXPECT_EQ(found->target_name, kTargetName);
  EXPECT_EQ(found->portals->portal, served.address() + ",1");
  iscsi_free_discovery_data(host.get(), found);
  iscsi_logout_sync(host.get());
}

}  // namespace
}  // namespace tidemark::target
