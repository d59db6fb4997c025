// What a broken or hostile peer sends: it gets an error or loses its connection, and everyone else
// is served as before.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "base/big_endian.h"
#include "tests/system/daemon.h"

namespace tidemark::system_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A bare connection to a port of the daemon.
class RawPeer {
 public:
  explicit RawPeer(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawPeer() { close(fd_); }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  bool connected() const { return connected_; }
  void send_bytes(const std::vector<uint8_t>& bytes) {
    // The other side may have hung up already, which is what is wanted.
    [[maybe_unused]] const auto sent =
        send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  /// True once the daemon has closed the connection; false if it has not after `limit`.
  bool closed_within(std::chrono::milliseconds limit) {
    const auto deadline = Clock::now() + limit;
    while (Clock::now() < deadline) {
      pollfd fd{fd_, POLLIN, 0};
      if (poll(&fd, 1, 100) <= 0) continue;
      char buffer[4096];
      if (recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT) <= 0) return true;
    }
    return false;
  }

 private:
  int fd_;
  bool connected_ = false;
};

struct BadInput : testing::Test {
  /// Another initiator reads and writes.
  void expect_service() {
    const auto disk = daemon.attach(0, "bystander");
    ASSERT_NE(disk, nullptr);
    const std::vector<uint8_t> data(8192, 0x77);
    std::vector<uint8_t> back(8192);
    disk->write(4096, data, [](const std::string& error) { EXPECT_EQ(error, ""); });
    ASSERT_TRUE(disk->drain().ok());
    disk->read(4096, back, [](const std::string& error) { EXPECT_EQ(error, ""); });
    ASSERT_TRUE(disk->drain().ok());
    EXPECT_EQ(back, data);
    EXPECT_TRUE(daemon.running()) << daemon.log();
  }

  Daemon daemon;
};

/// A login request header that promises `length` bytes of keys.
std::vector<uint8_t> login_header(uint32_t length) {
  std::vector<uint8_t> header(48, 0);
  header[0] = 0x43;  // immediate, login request
  header[1] = 0x87;  // transit, operational to full feature phase
  store_be24(&header[5], length);
  header[8] = 0x80;  // ISID: random
  return header;
}

TEST_F(BadInput, GarbageOnTheIscsiPort) {
  std::mt19937 random(1);
  for (int i = 0; i < 20; ++i) {
    RawPeer peer(daemon.portal_port());
    ASSERT_TRUE(peer.connected());
    std::vector<uint8_t> garbage(1 + random() % 8192);
    for (uint8_t& byte : garbage) byte = static_cast<uint8_t>(random());
    peer.send_bytes(garbage);
  }
  RawPeer browser(daemon.portal_port());
  const std::string words = "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(512, ' ');
  browser.send_bytes({words.begin(), words.end()});
  EXPECT_TRUE(browser.closed_within(5s));
  expect_service();
}

TEST_F(BadInput, GarbageOnTheManagementPort) {
  RawPeer peer(std::stoi(daemon.management_url().substr(daemon.management_url().rfind(':') + 1)));
  ASSERT_TRUE(peer.connected());
  peer.send_bytes(std::vector<uint8_t>(100000, 0xff));
  EXPECT_TRUE(peer.closed_within(5s));
  expect_service();
}

TEST_F(BadInput, AnOversizePduEndsItsConnection) {
  RawPeer peer(daemon.portal_port());
  peer.send_bytes(login_header(0xffffff));
  EXPECT_TRUE(peer.closed_within(5s));
  expect_service();
}

TEST_F(BadInput, AScsiCommandBeforeLoginEndsItsConnection) {
  RawPeer peer(daemon.portal_port());
  std::vector<uint8_t> command(48, 0);
  command[0] = 0x01;
  command[1] = 0xc0;
  peer.send_bytes(command);
  EXPECT_TRUE(peer.closed_within(5s));
  expect_service();
}

TEST_F(BadInput, SilentConnectionsKeepNobodyOut) {
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (int i = 0; i < 100; ++i) {
    peers.push_back(std::make_unique<RawPeer>(daemon.portal_port()));
    if (i % 2 == 0) peers.back()->send_bytes(std::vector<uint8_t>(20, 0x43));
  }
  expect_service();
}

TEST_F(BadInput, BlocksBeyondTheEndAreRefused) {
  const auto disk = daemon.attach(0);
  ASSERT_NE(disk, nullptr);
  std::vector<uint8_t> data(8192, 1);
  for (const uint64_t offset :
       {disk->size(), disk->size() - 4096, uint64_t{1} << 50, UINT64_MAX / 512 * 512 - 4095}) {
    std::string error;
    disk->write(offset / 512 * 512, data, [&](const std::string& outcome) { error = outcome; });
    ASSERT_TRUE(disk->drain().ok());
    EXPECT_NE(error.find("LBA_OUT_OF_RANGE"), std::string::npos) << offset << ": " << error;
    disk->read(offset / 512 * 512, data, [&](const std::string& outcome) { error = outcome; });
    ASSERT_TRUE(disk->drain().ok());
    EXPECT_NE(error.find("LBA_OUT_OF_RANGE"), std::string::npos) << offset << ": " << error;
  }
  // The last block is untouched: nothing of a refused write was done.
  std::vector<uint8_t> last(4096);
  disk->read(disk->size() - 4096, last, [](const std::string& error) { EXPECT_EQ(error, ""); });
  ASSERT_TRUE(disk->drain().ok());
  EXPECT_EQ(last, std::vector<uint8_t>(4096, 0));
  expect_service();
}

/// libiscsi itself, for what IscsiDisk does not do.
struct RawSession {
  explicit RawSession(const Daemon& daemon)
      : context(iscsi_create_context("iqn.2026-11.dev.tidemark.test:raw")) {
    iscsi_set_noautoreconnect(context, 1);
    iscsi_set_timeout(context, 10);
    iscsi_set_targetname(context, kTarget);
    iscsi_set_session_type(context, ISCSI_SESSION_NORMAL);
    EXPECT_EQ(iscsi_full_connect_sync(context, daemon.portal().c_str(), 0), 0)
        << iscsi_get_error(context);
  }
  ~RawSession() { iscsi_destroy_context(context); }

  /// Returns the additional sense code, 0 if the command did not end in CHECK CONDITION.
  int sense_of(std::vector<uint8_t> cdb, int direction, int length) {
    scsi_task* task = scsi_create_task(static_cast<int>(cdb.size()), cdb.data(), direction, length);
    std::vector<uint8_t> bytes(static_cast<size_t>(length));
    iscsi_data data{bytes.size(), bytes.data()};
    scsi_task* answered =
        iscsi_scsi_command_sync(context, 0, task, direction == SCSI_XFER_WRITE ? &data : nullptr);
    const int ascq = answered != nullptr && answered->status == SCSI_STATUS_CHECK_CONDITION
                         ? answered->sense.ascq
                         : 0;
    scsi_free_scsi_task(task);
    return ascq;
  }

  iscsi_context* context;
};

TEST_F(BadInput, MalformedCommandsGetSense) {
  RawSession session(daemon);
  constexpr int kInvalidOpcode = 0x2000;
  constexpr int kInvalidField = 0x2400;
  EXPECT_EQ(session.sense_of({0xff, 0, 0, 0, 0, 0}, SCSI_XFER_NONE, 0), kInvalidOpcode);
  EXPECT_EQ(session.sense_of({0x12, 0xff, 0, 0, 96, 0}, SCSI_XFER_READ, 96), kInvalidField);
  // READ and WRITE (16) of 2^31 - 1 blocks, which are neither there nor allowed at once.
  for (const uint8_t opcode : {uint8_t{0x88}, uint8_t{0x8a}}) {
    std::vector<uint8_t> cdb(16, 0);
    cdb[0] = opcode;
    store_be32(&cdb[10], 0x7fffffff);
    const int direction = opcode == 0x88 ? SCSI_XFER_READ : SCSI_XFER_WRITE;
    EXPECT_NE(session.sense_of(cdb, direction, 4096), 0) << int{opcode};
  }
  expect_service();
}

TEST_F(BadInput, APeerThatStopsReadingStopsOnlyItself) {
  RawSession session(daemon);
  constexpr uint32_t kLength = 256 * 1024;
  for (int i = 0; i < 128; ++i)
    ASSERT_NE(iscsi_read16_task(
                  session.context, 0, 0, kLength, 512, 0, 0, 0, 0, 0,
                  [](iscsi_context*, int, void* task, void*) {
                    scsi_free_scsi_task(static_cast<scsi_task*>(task));
                  },
                  nullptr),
              nullptr);
  // Sends all that the window allows, and never reads an answer.
  const auto until = Clock::now() + 1s;
  while (Clock::now() < until && (iscsi_which_events(session.context) & POLLOUT) != 0) {
    pollfd fd{iscsi_get_fd(session.context), POLLOUT, 0};
    if (poll(&fd, 1, 100) > 0) iscsi_service(session.context, POLLOUT);
  }
  for (int i = 0; i < 5; ++i) expect_service();
}

TEST_F(BadInput, WrongRequestsNameTheirFault) {
  const mgmt::cli::HttpClient http(mgmt::cli::parse_url(daemon.management_url()).value());
  const auto post = [&](const std::string& body) {
    const auto reply = http.post("/api/v1/copies", body);
    EXPECT_TRUE(reply.ok());
    return reply.ok() ? reply.value() : mgmt::cli::HttpReply{};
  };
  EXPECT_EQ(post("{\"source\":").status, 400u);
  const auto unknown_field = post(R"({"source":"source","destination":"copy","speed":9})");
  EXPECT_EQ(unknown_field.status, 422u);
  EXPECT_NE(unknown_field.body.find("speed"), std::string::npos) << unknown_field.body;
  const auto unknown_volume = post(R"({"source":"nowhere","destination":"copy"})");
  EXPECT_EQ(unknown_volume.status / 100, 4u);
  EXPECT_NE(unknown_volume.body.find("source"), std::string::npos) << unknown_volume.body;
  EXPECT_EQ(post(R"({"source":"source","destination":"source"})").status / 100, 4u);
  EXPECT_EQ(post(R"({"source":"source","destination":"copy","grain":"5KiB"})").status, 422u);
  EXPECT_EQ(post(std::string(2 << 20, ' ')).status, 413u);
  EXPECT_EQ(http.get("/api/v1/copies/999").value().status, 404u);
  EXPECT_EQ(http.get("/api/v1/copies/abc").value().status, 404u);
  EXPECT_EQ(http.post("/api/v1/status", "").value().status, 405u);
  EXPECT_EQ(http.get("/api/v1/copies").value().body.find("\"id\""), std::string::npos)
      << "a refused request left a copy behind";
  expect_service();
}

}  // namespace
}  // namespace tidemark::system_test
