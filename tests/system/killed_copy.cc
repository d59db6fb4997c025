#include "tests/system/killed_copy.h"

#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/bytes.h"
#include "mgmt/demo/disk_image.h"

namespace tidemark::system_test {

using namespace std::chrono_literals;

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

KilledCopy::KilledCopy(uint64_t seed, const std::string& size)
    : seed_(seed), daemon_(DaemonOptions{.size = size}) {
  if (testing::Test::HasFatalFailure()) return;
  order_.source = "source";
  order_.destination = "copy";
  order_.segment_size = "1MiB";
  {
    const auto disk = daemon_.attach(0, "writer");
    if (disk == nullptr || !mgmt::fill_disk(*disk)) {
      ADD_FAILURE() << "cannot fill the source";
      return;
    }
  }
  loads_.push_back(new_load(clock_));
  while (loads_[0] && loads_[0]->answered() < 100 && !loads_[0]->failed())
    std::this_thread::sleep_for(2ms);
}

std::unique_ptr<mgmt::WriteLoad> KilledCopy::new_load(mgmt::EventClock& clock) {
  std::vector<std::unique_ptr<mgmt::IscsiDisk>> disks;
  disks.push_back(daemon_.attach(0, "writer"));
  if (disks[0] == nullptr) return nullptr;
  auto load = std::make_unique<mgmt::WriteLoad>(std::move(disks), 1, ++seed_, clock);
  load->start();
  return load;
}

bool KilledCopy::start() {
  window_.opened = clock_.tick();
  const mgmt::cli::Answer started = daemon_.api().start(order_);
  window_.closed = clock_.tick();
  if (started) id_ = mgmt::cli::read_copy(started.body).value().id;
  return id_.has_value();
}

void KilledCopy::restart() {
  daemon_.restart_after_kill();
  if (loads_.back()) (void)loads_.back()->stop();  // its session has died
  // A segment that begins later would show what is written then.
  if (order_.consistency == "segment" || testing::Test::HasFatalFailure()) return;
  loads_.push_back(new_load(later_));
}

std::optional<mgmt::cli::CopyView> KilledCopy::await_end() {
  if (!id_) {
    const auto copies = mgmt::cli::read_copies(daemon_.api().copies().body);
    if (!copies || copies.value().empty()) return std::nullopt;
    id_ = copies.value().front().id;
    await_copy(daemon_.api(), *id_,
               [](const mgmt::cli::CopyView& view) { return view.has_ended(); });
    const auto copy = mgmt::cli::read_copy(daemon_.api().copy(*id_).body);
    if (!copy || !copy.value().completed()) return std::nullopt;
    return copy.value();
  }
  auto copy = await_copy(daemon_.api(), *id_,
                         [](const mgmt::cli::CopyView& view) { return view.has_ended(); });
  EXPECT_EQ(copy.state, "completed") << copy.error;
  return copy;
}

void KilledCopy::prove() {
  const bool told = id_.has_value();
  const auto copy = await_end();
  if (loads_.size() > 1 && loads_.back()) {
    EXPECT_TRUE(loads_.back()->stop().ok());
  }
  if (!copy) {
    EXPECT_FALSE(told);
    return;
  }
  const auto disk = daemon_.attach(1, "reader");
  if (disk == nullptr) return;
  const auto readings = mgmt::read_disk(*disk);
  if (!readings) {
    ADD_FAILURE() << readings.error().message;
    return;
  }
  // Segments begin later, at any time.
  if (order_.consistency == "segment") window_.closed = clock_.tick();
  verdict_ = order_.consistency == "segment"
                 ? prove_segments(loads_.front()->log(), window_, readings.value(), kMiB / 512)
                 : prove_prefix(loads_.front()->log(), window_, readings.value());
  EXPECT_TRUE(verdict_.holds) << verdict_.reason;
}

}  // namespace tidemark::system_test
