// A copy taken by a real daemon while a host writes, over deaths of that daemon; and the proof that
// it is still the source as it stood at its begin time.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mgmt/cli/model.h"
#include "mgmt/demo/proof.h"
#include "mgmt/demo/write_load.h"
#include "tests/system/daemon.h"

namespace tidemark::system_test {

class KilledCopy {
 public:
  /// Fills the source and lets a host write to it, one write at a time.
  explicit KilledCopy(uint64_t seed, const std::string& size = "16MiB");

  Daemon& daemon() { return daemon_; }
  mgmt::cli::CopyOrder& order() { return order_; }
  /// Whether it was answered: the daemon may die over it.
  bool start();
  /// The daemon has been killed, or will be in a moment: starts it again, and another host's
  /// writes.
  void restart();
  /// To its end; then it must be completed, and what the source was. If it was never answered it
  /// may be broken, or not there.
  void prove();
  const mgmt::Verdict& verdict() const { return verdict_; }

 private:
  std::unique_ptr<mgmt::WriteLoad> new_load(mgmt::EventClock& clock);
  std::optional<mgmt::cli::CopyView> await_end();

  uint64_t seed_;
  Daemon daemon_;
  mgmt::cli::CopyOrder order_;
  mgmt::EventClock clock_;
  // What later loads write must not be seen, whatever it is: their clock and numbers are their own.
  mgmt::EventClock later_;
  mgmt::Window window_;
  std::optional<uint64_t> id_;
  std::vector<std::unique_ptr<mgmt::WriteLoad>> loads_;
  mgmt::Verdict verdict_;
};

/// A number from the environment.
uint64_t number_from(const char* variable, uint64_t otherwise);

}  // namespace tidemark::system_test
