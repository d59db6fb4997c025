// What a service manager is told by a real daemon, from its start to its end.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>

#include "storage/file_descriptor.h"
#include "tests/mgmt/daemon_process.h"
#include "tests/mgmt/temporary_directory.h"

namespace tidemark::mgmt {
namespace {

class ServiceManagement : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path = directory.path() + "/notify";
    socket = storage::FileDescriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::strncpy(to.sun_path, path.c_str(), sizeof to.sun_path - 1);
    ASSERT_EQ(bind(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    const timeval patience{20, 0};
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
    setenv("WATCHDOG_USEC", "200000", 1);
  }
  void TearDown() override {
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
  }
  /// The next thing said.
  std::string said() const {
    char text[256];
    const ssize_t size = recv(socket.get(), text, sizeof text, 0);
    return size > 0 ? std::string(text, static_cast<size_t>(size)) : "nothing";
  }
  /// The next thing that is not "alive".
  std::string said_besides() const {
    std::string text = said();
    while (text == "WATCHDOG=1") text = said();
    return text;
  }

  TemporaryDirectory directory;
  storage::FileDescriptor socket;
};

TEST_F(ServiceManagement, IsToldOfTheStartEachReloadTheEndAndLife) {
  DaemonProcess daemon({"--state-dir", directory.path() + "/state", "--portal", "127.0.0.1:0",
                        "--management", "127.0.0.1:0"});
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  EXPECT_EQ(said(), "READY=1");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(said(), "WATCHDOG=1");
  daemon.signal(SIGHUP);
  EXPECT_TRUE(said_besides().starts_with("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_EQ(said_besides(), "READY=1");
  daemon.signal(SIGTERM);
  EXPECT_EQ(said_besides(), "STOPPING=1");
  EXPECT_EQ(daemon.exit_code(), 0) << daemon.output();
}

}  // namespace
}  // namespace tidemark::mgmt
