// SIGHUP: what changes while hosts are at work, what does not notice, and what is refused whole.
#include <gtest/gtest.h>
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>

#include "mgmt/demo/write_load.h"
#include "tests/system/daemon.h"
#include "tests/system/initiator.h"
#include "tests/system/process.h"

namespace tidemark::system_test {
namespace {

constexpr const char* kSecond = "iqn.2026-11.dev.tidemark:second";
constexpr const char* kHost = "iqn.2026-11.dev.tidemark.test:host";

/// A libiscsi session that does not come back once it is gone.
class Host {
 public:
  Host(const std::string& portal, const char* target, const char* name = kHost)
      : context_(iscsi_create_context(name)) {
    iscsi_set_noautoreconnect(context_, 1);
    iscsi_set_timeout(context_, 5);
    iscsi_set_targetname(context_, target);
    iscsi_set_session_type(context_, ISCSI_SESSION_NORMAL);
    connected_ = iscsi_full_connect_sync(context_, portal.c_str(), 0) == 0;
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() { iscsi_destroy_context(context_); }

  bool connected() const { return connected_; }
  bool reads(int lun = 0) {
    scsi_task* task = iscsi_read10_sync(context_, lun, 0, 4096, 512, 0, 0, 0, 0, 0);
    const bool good = task != nullptr && task->status == SCSI_STATUS_GOOD;
    scsi_free_scsi_task(task);
    return good;
  }
  /// Additional sense code of a TEST UNIT READY; 0 if it is good, -1 if there was no answer.
  int test_unit_ready(int lun = 0) {
    scsi_task* task = iscsi_testunitready_sync(context_, lun);
    int code = -1;
    if (task != nullptr && task->status == SCSI_STATUS_GOOD) code = 0;
    if (task != nullptr && task->status == SCSI_STATUS_CHECK_CONDITION) code = task->sense.ascq;
    scsi_free_scsi_task(task);
    return code;
  }
  /// The relative target port identifier of VPD page 83h; -1 if there was no answer.
  int port_number(int lun = 0) {
    scsi_task* task = iscsi_inquiry_sync(context_, lun, 1, 0x83, 255);
    int number = -1;
    if (task != nullptr && task->status == SCSI_STATUS_GOOD)
      for (int at = 4; at + 8 <= task->datain.size; at += 4 + task->datain.data[at + 3])
        if ((task->datain.data[at + 1] & 0x0f) == 0x04) number = task->datain.data[at + 7];
    scsi_free_scsi_task(task);
    return number;
  }

 private:
  iscsi_context* context_;
  bool connected_ = false;
};

std::string volume(const std::string& name, const std::string& location = "memory:") {
  return R"(, {"name": ")" + name + R"(", "location": ")" + location + R"(", "size": "8MiB"})";
}
std::string lun(int number, const std::string& of) {
  return R"(, {"lun": )" + std::to_string(number) + R"(, "volume": ")" + of + "\"}";
}
std::string target(const std::string& name, const std::string& of) {
  return R"(, {"name": ")" + name +
         R"(", "access": [{"initiator": "*"}], "luns": [{"lun": 0, "volume": ")" + of + R"("}]})";
}
bool in_force(const std::string& said) {
  return said.find("is in force") != std::string::npos;
}

struct Reload : testing::Test {
  DaemonOptions options{.size = "8MiB", .kind = "memory"};
  Daemon daemon{options};
};

TEST_F(Reload, ALunThatIsAddedIsFoundByASessionThatGoesOn) {
  Host host(daemon.portal(), kTarget);
  ASSERT_TRUE(host.connected());
  ASSERT_TRUE(host.reads());
  options.volumes = volume("more");
  options.luns = lun(2, "more");
  ASSERT_TRUE(in_force(daemon.reload(options))) << daemon.log();
  EXPECT_EQ(host.test_unit_ready(), 0x3f0e);  // REPORTED LUNS DATA HAS CHANGED
  EXPECT_TRUE(host.reads());
  host.test_unit_ready(2);
  EXPECT_TRUE(host.reads(2));
}

TEST_F(Reload, ATargetThatIsRemovedEndsItsOwnSessionsAndNoOthers) {
  options.targets = target(kSecond, "copy");
  ASSERT_TRUE(in_force(daemon.reload(options)));
  Host stays(daemon.portal(), kTarget);
  Host goes(daemon.portal(), kSecond);
  ASSERT_TRUE(stays.connected() && goes.connected());
  options.targets.clear();
  ASSERT_TRUE(in_force(daemon.reload(options)));
  EXPECT_TRUE(stays.reads());
  EXPECT_EQ(goes.test_unit_ready(), -1);
  EXPECT_FALSE(Host(daemon.portal(), kSecond).connected());
}

TEST_F(Reload, WhoIsNoLongerListedIsShownOut) {
  options.access = R"({"initiator": "iqn.2026-11.dev.tidemark.test:*"})";
  ASSERT_TRUE(in_force(daemon.reload(options)));
  Host host(daemon.portal(), kTarget);
  Host other(daemon.portal(), kTarget, "iqn.2026-11.dev.tidemark.test:other");
  ASSERT_TRUE(host.connected() && other.connected());
  options.access = R"({"initiator": "iqn.2026-11.dev.tidemark.test:other"})";
  ASSERT_TRUE(in_force(daemon.reload(options)));
  EXPECT_TRUE(other.reads());
  EXPECT_FALSE(Host(daemon.portal(), kTarget).connected());
  // Asked to leave first; then its time is up.
  int code = 0;
  for (int i = 0; i < 200 && code != -1; ++i) {
    code = host.test_unit_ready();
    usleep(10000);
  }
  EXPECT_EQ(code, -1);
  EXPECT_TRUE(other.reads());
}

TEST_F(Reload, ABadConfigurationChangesNothing) {
  Host host(daemon.portal(), kTarget);
  ASSERT_TRUE(host.connected());
  const auto refused = [&](const DaemonOptions& with, const std::string& why) {
    const std::string said = daemon.reload(with);
    EXPECT_NE(said.find("stays as it was: " + why), std::string::npos) << said;
    EXPECT_EQ(host.test_unit_ready(), 0);
    EXPECT_TRUE(host.reads());
  };
  DaemonOptions bad = options;
  bad.luns = lun(2, "nowhere");
  refused(bad, "targets[0].luns[2].volume: there is no volume nowhere");
  bad = options;
  bad.luns = ", 7";
  refused(bad, "targets[0].luns[2]: must be an object");
  bad = options;
  bad.luns = ", {";
  refused(bad, "line ");
  bad = options;
  bad.size = "16MiB";
  refused(bad, "volumes[0]: volume source is open as it was");
  bad = options;
  bad.cores = 1;
  refused(bad, "cores: takes a restart to change");
  bad = options;  // half of it would do: the volume is opened, the portal is taken
  bad.volumes = volume("more");
  bad.luns = lun(2, "more");
  bad.portals = ", \"" + daemon.management_url().substr(7) + "\"";
  refused(bad, "portals[2]: cannot listen on");
  bad = options;
  bad.volumes = volume("more", "file:/nonexistent/directory/more.img");
  refused(bad, "volumes[2].location: ");
  EXPECT_NE(daemon.api().status().body.find("\"volumes\":2"), std::string::npos)
      << daemon.api().status().body;
}

TEST_F(Reload, AVolumeThatACopyUsesStays) {
  options.volumes = volume("spare");
  options.targets = target(kSecond, "spare");
  ASSERT_TRUE(in_force(daemon.reload(options)));
  Initiator writer(kHost, kSecond);
  ASSERT_TRUE(writer.connect(daemon) && writer.writes(4 << 20));  // a minute's work
  mgmt::cli::CopyOrder order;
  order.source = "spare";
  order.destination = "copy";
  order.rate_limit = "64KiB";
  ASSERT_TRUE(daemon.api().start(order));
  DaemonOptions without = options;
  without.volumes.clear();
  without.targets.clear();
  const std::string said = daemon.reload(without);
  EXPECT_NE(said.find("volumes: copy 1 is using volume spare"), std::string::npos) << said;
  EXPECT_TRUE(Host(daemon.portal(), kSecond).reads());
}

TEST_F(Reload, AVolumeThatIsRemovedIsClosedAndMayComeBack) {
  const std::string file = (daemon.directory() / "spare.img").string();
  for (int round = 0; round < 3; ++round) {
    options.volumes = volume("spare", "file:" + file);
    options.targets = target(kSecond, "spare");
    ASSERT_TRUE(in_force(daemon.reload(options)));
    Host host(daemon.portal(), kSecond);
    ASSERT_TRUE(host.reads());
    options.volumes.clear();
    options.targets.clear();
    const std::string said = daemon.reload(options);
    EXPECT_NE(said.find("volume spare is closed"), std::string::npos) << said;
    EXPECT_EQ(host.test_unit_ready(), -1);
  }
}

TEST_F(Reload, PortalsComeAndGoUnderASessionAsLongAsItsGroupHasOne) {
  Host old(daemon.portal(), kTarget);
  ASSERT_TRUE(old.connected());
  options.portals =
      ", {\"address\": \"127.0.0.2:" + std::to_string(daemon.portal_port()) + "\", \"group\": 2}";
  ASSERT_TRUE(in_force(daemon.reload(options)));
  const std::string second = "127.0.0.2:" + std::to_string(daemon.portal_port());
  Host fresh(second, kTarget, "iqn.2026-11.dev.tidemark.test:fresh");
  EXPECT_TRUE(fresh.connected());
  const Finished listed = run_program({"iscsi-ls", "-i", kHost, "iscsi://" + second + "/"});
  EXPECT_NE(listed.output.find(second + ",2"), std::string::npos) << listed.output;
  EXPECT_NE(listed.output.find(daemon.portal() + ",1"), std::string::npos) << listed.output;
  // The other portal of its group keeps the port.
  const std::string third = "127.0.0.3:" + std::to_string(daemon.portal_port());
  options.portals = ", {\"address\": \"" + third + "\", \"group\": 2}";
  ASSERT_TRUE(in_force(daemon.reload(options)));
  EXPECT_FALSE(Host(second, kTarget).connected());
  EXPECT_TRUE(old.reads());
  EXPECT_TRUE(fresh.reads());
}

TEST_F(Reload, TheSessionsOfAPortalGroupGoWithItsLastPortal) {
  const std::string second = "127.0.0.2:" + std::to_string(daemon.portal_port());
  options.portals = ", {\"address\": \"" + second + "\", \"group\": 2}";
  ASSERT_TRUE(in_force(daemon.reload(options)));
  Host stays(daemon.portal(), kTarget);
  Host goes(second, kTarget, "iqn.2026-11.dev.tidemark.test:goes");
  ASSERT_TRUE(stays.connected() && goes.connected());
  ASSERT_EQ(goes.port_number(), 2);
  options.portals.clear();
  ASSERT_TRUE(in_force(daemon.reload(options)));
  // Until it has left, which it is asked to, it is told of the port it came through.
  int number = 2;
  for (int i = 0; i < 200 && number == 2; ++i) {
    number = goes.port_number();
    usleep(10000);
  }
  EXPECT_EQ(number, -1);
  EXPECT_TRUE(stays.reads());
  EXPECT_EQ(stays.port_number(), 1);
}

TEST_F(Reload, HostsAtWorkDoNotNotice) {
  std::vector<std::unique_ptr<mgmt::IscsiDisk>> disks;
  for (const char* who : {"one", "two"}) disks.push_back(daemon.attach(0, who));
  mgmt::EventClock clock;
  mgmt::WriteLoad load(std::move(disks), 8, 1, clock);
  load.start();
  const std::string portal =
      ", {\"address\": \"127.0.0.2:" + std::to_string(daemon.portal_port()) + "\", \"group\": 2}";
  for (int round = 0; round < 10; ++round) {
    const uint64_t before = load.answered();
    const bool more = round % 2 == 0;
    options.portals = more ? portal : "";
    options.volumes = more ? volume("more") : "";
    options.targets = more ? target(kSecond, "more") : "";
    ASSERT_TRUE(in_force(daemon.reload(options))) << daemon.log();
    while (load.answered() < before + 100 && !load.failed()) usleep(1000);
  }
  const auto ended = load.stop();
  EXPECT_TRUE(ended) << ended.error().message;
}

}  // namespace
}  // namespace tidemark::system_test
