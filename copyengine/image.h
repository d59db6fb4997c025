// Image: what some ranges of a volume held at one moment, for as long as somebody wants it. A copy
// without a destination: old data goes to the snapshot store and stays there.
//
// What holds (tests/copyengine/image_test.cc, tests/simulation/image_model_test.cc):
//  - AsOfTheBeginTime: a read gives what the volume held when begin() ended, whatever was written
//    since, or fails.
//  - TheHostIsNotTheImagesServant: if old data cannot be saved, in time or at all, the image is
//    lost; no host write fails for it.
//  - DroppedIsForgotten: after drop() no write is held for it any more.
//
// On the volume's home core. Kept alive by its owner and by what it has under way.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/buffer_pool.h"
#include "base/executor.h"
#include "copyengine/copy_session.h"
#include "copyengine/image_chain.h"
#include "storage/range_gate.h"

namespace tidemark::copyengine {

class WriteGuard;

class Image final : public std::enable_shared_from_this<Image> {
 public:
  enum class State : uint8_t {
    preparing,
    ready,
    lost,     // old data could not be saved
    dropped,  // nobody wants it any more
  };
  struct Parts {
    Executor& executor;
    CoreId home;
    storage::RangeGate& gate;
    WriteGuard& guard;
    BufferPool& preserve_memory;
    std::function<void()> at_begin_time;          // with writes to the ranges stopped; may be null
    std::shared_ptr<ImageChain> chain = nullptr;  // of all of the volume; null: saves for itself
  };
  struct Order {
    std::vector<storage::Extent> ranges;  // inside the volume; none twice
    uint32_t grain = kGrainDefault;
    /// No host waits longer for the image, neither for its begin time nor for its old data.
    Duration hold_deadline = std::chrono::seconds(5);
    uint64_t store_limit = 0;                          // bytes of old data; 0: none
    std::shared_ptr<StoreQuota> store_pool = nullptr;  // see CopySession
  };

  /// `store` is as large as the volume.
  Image(Order order, Parts parts, std::unique_ptr<storage::Volume> store);
  ~Image();

  /// Called once, when the image is lost. Before begin().
  void on_lost(std::function<void()> listener) { on_lost_ = std::move(listener); }
  /// Why it was lost.
  const CopySession::Breakage& why() const { return why_; }
  /// `begun` runs once: the begin time lies behind and state() is ready; or there is no image.
  void begin(std::function<void()> begun);
  State state() const { return state_; }
  /// Of all ranges, one after the other.
  uint64_t bytes() const { return bytes_; }
  const CopySession::Figures& figures() const { return session_->figures(); }

  /// Nanoseconds since 1970; 0 before it.
  uint64_t begin_time() const { return begin_time_; }
  const Order& order() const { return order_; }

  /// Fills `memory`, alive until `then`, with as many bytes of the image from `offset` on, which
  /// are there. `then` gets the error and whose it is ("source" or "store"); Errc::gone if the
  /// image was lost or dropped before all had been read.
  void read(uint64_t offset, std::vector<iovec> memory,
            std::function<void(storage::Errc, std::string_view party)> then);

  /// `at_rest` runs when nothing of it is under way any more.
  void drop(std::function<void()> at_rest);

 private:
  struct Read;

  void fence_overdue();
  void at_t0();
  void join_chain();
  void open_gate();
  void answer_begin();
  void lose(const CopySession::Breakage& why);
  void stop_guarding();

  Parts parts_;
  Order order_;
  uint64_t bytes_ = 0;
  State state_ = State::preparing;
  std::shared_ptr<CopySession> session_;
  storage::Closure closure_;
  bool closing_ = false;   // closure_ is in use
  bool guarding_ = false;  // and not in the chain's hands
  bool chained_ = false;
  ImageChain::Sessions over_;  // of the chain, with this image
  uint64_t begin_time_ = 0;
  CopySession::Breakage why_;
  std::function<void()> on_lost_;
  std::function<void()> begun_;
};

}  // namespace tidemark::copyengine
