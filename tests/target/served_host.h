// What the tests over real sockets share.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <thread>

#include "tests/target/raw_initiator.h"
#include "tests/target/served_target.h"

namespace tidemark::target {

using namespace std::chrono_literals;

inline constexpr uint8_t kReadFlags = kFinal | ScsiCommand::kRead | 1;
inline constexpr uint8_t kWriteFlags = kFinal | ScsiCommand::kWrite | 1;
inline constexpr uint8_t kPlainFlags = kFinal | 1;

/// Asks again until it is so; gives up after ten seconds.
inline bool comes_true(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

/// A nexus begins with a unit attention; the first command fetches it.
inline void clear_attention(RawInitiator& host) {
  host.command({0}, kPlainFlags, 0);
  ASSERT_TRUE(host.receive());
}

inline bool is_served(ServedTarget& served, uint64_t isid) {
  RawInitiator host(served.port(), isid);
  if (host.login(kTargetName, kHost) != 0) return false;
  clear_attention(host);
  host.command(RawInitiator::cdb10(0x28, 0, 1), kReadFlags, 512);
  const auto answer = host.receive();
  return answer && answer->opcode() == Opcode::data_in && answer->data.size() == 512;
}

}  // namespace tidemark::target
