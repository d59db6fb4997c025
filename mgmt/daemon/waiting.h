// Lets the main thread wait for something that ends on a core.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>

namespace tidemark::mgmt {

/// Runs `begin` with a callback, and waits until that has been called. False if it was not within
/// `limit`; a later call of it is harmless. Never on a core.
inline bool wait_until_done(const std::function<void(std::function<void()>)>& begin,
                            std::chrono::milliseconds limit) {
  const auto promise = std::make_shared<std::promise<void>>();
  std::future<void> future = promise->get_future();
  begin([promise] { promise->set_value(); });
  return future.wait_for(limit) == std::future_status::ready;
}

}  // namespace tidemark::mgmt
