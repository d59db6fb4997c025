// The daemon is killed in the middle of a copy, at random moments, and started again; hosts write
// all the while. The copy is still the source as it stood at its begin time.
//
// TIDEMARK_KILLS sets how many kills there are; TIDEMARK_SEED the moments of the first copy.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

#include "mgmt/demo/disk_image.h"
#include "mgmt/demo/proof.h"
#include "mgmt/demo/write_load.h"
#include "tests/system/daemon.h"

namespace tidemark::system_test {
namespace {

using namespace std::chrono_literals;

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// A load of one write at a time on LUN 0.
std::unique_ptr<mgmt::WriteLoad> load_on(Daemon& daemon, uint64_t seed, mgmt::EventClock& clock) {
  std::vector<std::unique_ptr<mgmt::IscsiDisk>> disks;
  disks.push_back(daemon.attach(0, "writer"));
  if (disks[0] == nullptr) return nullptr;
  auto load = std::make_unique<mgmt::WriteLoad>(std::move(disks), 1, seed, clock);
  load->start();
  return load;
}

void await_writes(const mgmt::WriteLoad& load, uint64_t count) {
  while (load.answered() < count && !load.failed()) std::this_thread::sleep_for(2ms);
}

/// One copy, with up to three kills. How many there were.
unsigned kill_during_copy(uint64_t seed) {
  std::mt19937_64 random(seed);
  Daemon daemon(DaemonOptions{.size = "16MiB"});
  if (testing::Test::HasFatalFailure()) return 1;
  mgmt::cli::CopyOrder order;
  order.source = "source";
  order.destination = "copy";
  order.release = random() % 2 == 0 ? "written" : "durable";
  order.grain = random() % 2 == 0 ? "4KiB" : "16KiB";
  order.segment_size = "1MiB";
  order.rate_limit = "16MiB";
  {
    const auto disk = daemon.attach(0, "writer");
    if (disk == nullptr || !mgmt::fill_disk(*disk)) return ADD_FAILURE() << "cannot fill", 1;
  }
  mgmt::EventClock clock;
  auto load = load_on(daemon, random(), clock);
  if (load == nullptr) return 1;
  await_writes(*load, 100);
  mgmt::Window window;
  window.opened = clock.tick();
  const mgmt::cli::Answer started = daemon.api().start(order);
  window.closed = clock.tick();
  if (!started) return ADD_FAILURE() << started.error.message, 1;
  const uint64_t id = mgmt::cli::read_copy(started.body).value().id;

  // What later loads write must not be seen, whatever it is: their clocks and numbers are their
  // own.
  std::vector<std::unique_ptr<mgmt::WriteLoad>> loads;
  loads.push_back(std::move(load));
  mgmt::EventClock later;
  const auto kills = static_cast<unsigned>(1 + random() % 3);
  for (unsigned round = 0; round < kills; ++round) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 400000));
    kill(daemon.pid(), SIGKILL);
    daemon.restart_after_kill();
    (void)loads.back()->stop();  // its session has died
    if (testing::Test::HasFatalFailure()) return kills;
    loads.push_back(load_on(daemon, random(), later));
    if (loads.back() == nullptr) return kills;
  }
  const mgmt::cli::CopyView copy = await_copy(
      daemon.api(), id, [](const mgmt::cli::CopyView& view) { return view.has_ended(); });
  EXPECT_TRUE(loads.back()->stop().ok());
  EXPECT_EQ(copy.state, "completed") << copy.error;
  const auto disk = daemon.attach(1, "reader");
  if (disk == nullptr) return kills;
  const auto readings = mgmt::read_disk(*disk);
  if (!readings) return ADD_FAILURE() << readings.error().message, kills;
  const mgmt::Verdict verdict = prove_prefix(loads.front()->log(), window, readings.value());
  EXPECT_TRUE(verdict.holds) << verdict.reason;
  fmt::print("seed {}: {}, {} kills, n {} in [{}, {}]\n", seed, order.release, kills, verdict.n,
             verdict.lowest, verdict.highest);
  return kills;
}

TEST(KilledDaemon, TheCopyIsStillTheSourceAtItsBeginTime) {
  const uint64_t wanted = number_from("TIDEMARK_KILLS", 10);
  uint64_t seed = number_from("TIDEMARK_SEED", std::random_device{}());
  for (uint64_t kills = 0; kills < wanted; ++seed) {
    kills += kill_during_copy(seed);
    ASSERT_FALSE(HasFailure()) << "replay with TIDEMARK_SEED=" << seed;
  }
}

}  // namespace
}  // namespace tidemark::system_test
