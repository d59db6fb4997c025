// Many connections and sessions at once, good and bad, come and go; then the daemon is as it was:
// no descriptor and no memory is left of them. TIDEMARK_LOAD_SECONDS makes it longer.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "tests/system/daemon.h"
#include "tests/target/raw_initiator.h"

namespace tidemark::system_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using target::RawInitiator;

constexpr int kConnections = 500;
constexpr int kBusy = 64;    // sessions with I/O
constexpr int kQueue = 8;    // commands of each at a time
constexpr int kThreads = 4;  // that drive them
constexpr uint16_t kBlocks = 16;
constexpr uint32_t kBytes = kBlocks * 512u;
constexpr uint64_t kIsid = 0x800000001000;
constexpr const char* kLimits = R"({"connections": 600, "connections_per_address": 600,
  "half_open_logins": 300, "sessions": 600})";
// What allocators and kernels keep of what was once in use, however often it is used again.
constexpr long kSlackKib = 8 * 1024;

std::chrono::seconds duration() {
  const char* text = std::getenv("TIDEMARK_LOAD_SECONDS");
  return std::chrono::seconds(text ? std::atoi(text) : 2);
}

int descriptors_of(pid_t pid) {
  int count = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid)))
    ++count;
  return count;
}

long resident_kib_of(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::atol(line.c_str() + 6);
  return 0;
}

std::string host_name(int number) {
  return "iqn.2026-11.dev.tidemark.test:load" + std::to_string(number);
}

/// A session that reads and writes, `kQueue` commands at a time.
class BusySession {
 public:
  BusySession(int port, int number)
      : host_(static_cast<uint16_t>(port), kIsid + static_cast<uint64_t>(number)), number_(number) {
    std::string keys;
    target::append_pair(keys, "InitialR2T", number % 2 ? "Yes" : "No");
    target::append_pair(keys, "ImmediateData", number % 3 ? "Yes" : "No");
    target::append_pair(keys, "MaxRecvDataSegmentLength", number % 2 ? "4096" : "65536");
    EXPECT_EQ(host_.login(kTarget, host_name(number), keys), 0);
    immediate_ = number % 3;
    host_.command({0}, kFinalFlag, 0);  // takes the unit attention
    EXPECT_TRUE(host_.receive(target::Opcode::scsi_response));
  }

  /// One batch of commands, to the end; false if any went wrong.
  bool round() {
    int open = 0;
    for (int i = 0; i < kQueue; ++i, ++open) {
      const auto lba = static_cast<uint32_t>((number_ * kQueue + i) * kBlocks);
      if ((i + rounds_) % 2) {
        host_.command(RawInitiator::cdb10(0x28, lba, kBlocks), kFinalFlag | 0x40, kBytes);
      } else {
        const std::string data(immediate_ ? kBytes : 0, static_cast<char>(number_));
        host_.command(RawInitiator::cdb10(0x2a, lba, kBlocks), kFinalFlag | 0x20, kBytes, data);
      }
    }
    ++rounds_;
    while (open > 0) {
      const auto pdu = host_.receive();
      if (!pdu) return false;
      switch (pdu->opcode()) {
        case target::Opcode::r2t:
          answer(target::as<target::R2t>(pdu->bhs));
          break;
        case target::Opcode::data_in:
          if (pdu->bhs[1] & target::DataIn::kStatus) --open;
          break;
        case target::Opcode::scsi_response:
          if (pdu->bhs[3] != 0) return false;
          --open;
          break;
        case target::Opcode::nop_in:
          break;
        default:
          return false;
      }
    }
    commands_ += kQueue;
    return true;
  }
  /// Leaves: with a logout, with a TCP reset in the middle of commands, or silently.
  void leave() {
    if (number_ % 3 == 0) {
      host_.logout(0, 0);
      EXPECT_TRUE(host_.receive(target::Opcode::logout_response));
    } else if (number_ % 3 == 1) {
      host_.command(RawInitiator::cdb10(0x2a, 0, 2048), kFinalFlag | 0x20, 2048 * 512);
      host_.command(RawInitiator::cdb10(0x28, 0, 2048), kFinalFlag | 0x40, 2048 * 512);
      host_.reset();
    }
    host_.hang_up();
  }
  uint64_t commands() const { return commands_; }

 private:
  static constexpr uint8_t kFinalFlag = target::kFinal | 1;

  void answer(const target::R2t& ask) {
    const std::string data(ask.desired_length, static_cast<char>(number_));
    host_.data_out(ask.itt, ask.ttt, 0, ask.buffer_offset, data, true);
  }

  RawInitiator host_;
  int number_;
  bool immediate_;
  int rounds_ = 0;
  uint64_t commands_ = 0;
};

/// What hundreds of others do meanwhile: nothing at all, half a login, or a session without I/O.
std::unique_ptr<RawInitiator> idle_connection(int port, int number) {
  auto host = std::make_unique<RawInitiator>(static_cast<uint16_t>(port),
                                             kIsid + static_cast<uint64_t>(number));
  const auto half = target::bhs_of(host->login_request(0x87));
  if (number % 4 == 1) host->send_bytes(half.data(), 20);
  if (number % 4 >= 2) {
    EXPECT_EQ(host->login(number % 4 == 2 ? "" : kTarget, host_name(number)), 0);
  }
  return host;
}

struct Load : testing::Test {
  /// Everybody comes, works for `time`, and leaves.
  uint64_t one_load(std::chrono::milliseconds time) {
    std::vector<std::unique_ptr<BusySession>> busy;
    std::vector<std::unique_ptr<RawInitiator>> idle;
    for (int i = 0; i < kBusy; ++i)
      busy.push_back(std::make_unique<BusySession>(daemon.portal_port(), i));
    for (int i = kBusy; i < kConnections; ++i)
      idle.push_back(idle_connection(daemon.portal_port(), i));
    EXPECT_GE(descriptors_of(daemon.pid()), kConnections);
    const auto end = Clock::now() + time;
    std::atomic<bool> good = true;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        while (Clock::now() < end && good)
          for (size_t i = static_cast<size_t>(t); i < busy.size(); i += kThreads)
            if (!busy[i]->round()) good = false;
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(good);
    uint64_t commands = 0;
    for (auto& session : busy) {
      commands += session->commands();
      session->leave();
    }
    return commands;
  }
  bool descriptors_return_to(int before) {
    const auto deadline = Clock::now() + 10s;
    while (descriptors_of(daemon.pid()) > before) {
      if (Clock::now() > deadline) return false;
      std::this_thread::sleep_for(20ms);
    }
    return true;
  }

  Daemon daemon{DaemonOptions{.limits = kLimits}};
};

TEST_F(Load, LeavesNothingBehind) {
  const int descriptors = descriptors_of(daemon.pid());
  one_load(200ms);  // warms the pools
  ASSERT_TRUE(descriptors_return_to(descriptors));
  const long resident = resident_kib_of(daemon.pid());
  const auto end = Clock::now() + duration();
  uint64_t commands = 0;
  int rounds = 0;
  do {
    commands += one_load(500ms);
    ++rounds;
    ASSERT_TRUE(descriptors_return_to(descriptors)) << descriptors_of(daemon.pid());
  } while (Clock::now() < end && !HasFailure());
  const long after = resident_kib_of(daemon.pid());
  EXPECT_LE(after, resident + kSlackKib);
  EXPECT_TRUE(daemon.running());
  fmt::print("{} rounds of {} connections, {} commands; descriptors {}, resident {} then {} KiB\n",
             rounds, kConnections, commands, descriptors, resident, after);
}

}  // namespace
}  // namespace tidemark::system_test
