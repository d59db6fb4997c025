// A host write that is held, because the snapshot store hangs, and then taken back: it never
// reaches the medium, whoever takes it back and however. The store hangs because its file system
// is frozen, which takes root and a loop device: skipped where there are none.
#include <gtest/gtest.h>

#include <thread>

#include "tests/system/daemon.h"
#include "tests/system/mount.h"
#include "tests/target/raw_initiator.h"

namespace tidemark::system_test {
namespace {

using namespace std::chrono_literals;
using target::Opcode;
using target::RawInitiator;

constexpr uint32_t kLba = 60000;        // far behind what a slow copy has reached
constexpr uint32_t kFilled = 16 << 20;  // bytes in front of it: holes would be copied in no time
constexpr uint32_t kPiece = 64 << 10;
constexpr uint8_t kWrites = target::kFinal | target::ScsiCommand::kWrite | 1;
constexpr uint8_t kReads = target::kFinal | target::ScsiCommand::kRead | 1;
constexpr uint64_t kIsid = 0x800000000001;

enum class Way { abort_task, abort_task_set, reset_by_another, reset_of_the_connection, logout };

class HeldWrite : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    if (!mount.mounted()) GTEST_SKIP() << "no file system can be mounted here";
    daemon = std::make_unique<Daemon>(DaemonOptions{.state_dir = mount.path() + "/state"});
    ASSERT_FALSE(HasFatalFailure());
    host = log_in(kIsid);
  }
  void TearDown() override {
    mount.thaw();
    host.reset();
    daemon.reset();
  }

  std::unique_ptr<RawInitiator> log_in(uint64_t isid) {
    auto made = std::make_unique<RawInitiator>(static_cast<uint16_t>(daemon->portal_port()), isid);
    EXPECT_EQ(made->login(kTarget, "iqn.2026-11.dev.tidemark.test:held"), 0);
    made->command({0}, target::kFinal | 1, 0);  // takes the unit attention
    EXPECT_TRUE(made->receive(Opcode::scsi_response));
    return made;
  }
  void fill() {
    const std::string data(kPiece, 'f');
    for (uint32_t at = 0; at < kFilled; at += kPiece) {
      host->command(RawInitiator::cdb10(0x2a, at / 512, kPiece / 512), kWrites, kPiece, data);
      const auto answer = host->receive(Opcode::scsi_response);
      ASSERT_TRUE(answer && answer->bhs[3] == 0);
    }
  }
  static uint32_t write(RawInitiator& on, char what) {
    return on.command(RawInitiator::cdb10(0x2a, kLba, 1), kWrites, 512, std::string(512, what));
  }
  std::string what_is_there() {
    const auto other = log_in(kIsid + 7);
    other->command(RawInitiator::cdb10(0x28, kLba, 1), kReads, 512);
    const auto data = other->receive(Opcode::data_in);
    return data ? std::string(data->data.begin(), data->data.end()) : "";
  }
  mgmt::cli::CopyView copy() {
    return mgmt::cli::read_copy(daemon->api().copy(copy_id).body).value();
  }

  void start_slow_copy() {
    mgmt::cli::CopyOrder order;
    order.source = "source";
    order.destination = "copy";
    order.rate_limit = "1MiB";
    const mgmt::cli::Answer started = daemon->api().start(order);
    ASSERT_TRUE(started) << started.error.message;
    copy_id = mgmt::cli::read_copy(started.body).value().id;
    await_copy(daemon->api(), copy_id,
               [](const mgmt::cli::CopyView& view) { return view.state == "copying"; });
  }
  uint32_t hold_a_write() {
    const uint32_t itt = write(*host, 'n');
    await_copy(daemon->api(), copy_id,
               [](const mgmt::cli::CopyView& view) { return view.held_now == 1; });
    return itt;
  }

  void take_back(uint32_t itt) {
    switch (GetParam()) {
      case Way::abort_task:
        host->manage(1, itt, host->cmd_sn() - 1);
        return expect_managed(*host);
      case Way::abort_task_set:
        host->manage(2);
        return expect_managed(*host);
      case Way::reset_by_another: {
        const auto other = log_in(kIsid + 1);
        other->manage(5);
        return expect_managed(*other);
      }
      case Way::reset_of_the_connection:
        return host->reset();
      case Way::logout:
        host->logout(target::LogoutRequest::kCloseSession, 0);
        EXPECT_TRUE(host->receive(Opcode::logout_response));
        return;
    }
  }
  /// The answer is the first that comes: the write gets no status.
  static void expect_managed(RawInitiator& on) {
    const auto answer = on.receive();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->opcode(), Opcode::task_management_response);
    EXPECT_EQ(answer->bhs[2], 0);
  }

  Mount mount;
  std::unique_ptr<Daemon> daemon;
  std::unique_ptr<RawInitiator> host;
  uint64_t copy_id = 0;
};

TEST_P(HeldWrite, TakenBackNeverLands) {
  write(*host, 'o');
  ASSERT_TRUE(host->receive(Opcode::scsi_response));
  fill();
  start_slow_copy();
  ASSERT_TRUE(mount.freeze());
  const uint32_t itt = hold_a_write();
  take_back(itt);  // while the store still hangs
  await_copy(daemon->api(), copy_id,
             [](const mgmt::cli::CopyView& view) { return view.held_now == 0; });
  mount.thaw();
  EXPECT_EQ(what_is_there(), std::string(512, 'o'));
  ASSERT_TRUE(daemon->api().change(copy_id, "cancel"));
  await_copy(daemon->api(), copy_id,
             [](const mgmt::cli::CopyView& view) { return view.state == "cancelled"; });
  EXPECT_EQ(what_is_there(), std::string(512, 'o'));
  EXPECT_TRUE(daemon->running());
}

INSTANTIATE_TEST_SUITE_P(Ways, HeldWrite,
                         testing::Values(Way::abort_task, Way::abort_task_set,
                                         Way::reset_by_another, Way::reset_of_the_connection,
                                         Way::logout));

}  // namespace
}  // namespace tidemark::system_test
