#include "scsi/medium_operation.h"

#include <algorithm>
#include <utility>

#include "scsi/limits.h"
#include "scsi/logical_unit.h"

namespace tidemark::scsi {
namespace {

using storage::Errc;
using storage::Verb;
using Kind = MediumOrder::Kind;

/// Memory filled with the pattern; an I/O names it several times.
constexpr uint64_t kPatternBytes = 128 * kKiB;
/// Zeroes cost the volume little, but progress is to be seen.
constexpr uint64_t kZeroPieceBytes = 64 * kMiB;

bool is_sanitize(Kind kind) {
  return kind != Kind::format;
}

/// `block_size` bytes of the pattern, over and over, for one pass.
std::vector<uint8_t> pattern_memory(const MediumOrder& order, uint8_t pass, uint32_t block_size) {
  const bool inverted = order.invert && pass % 2 == 1;
  std::vector<uint8_t> memory(kPatternBytes);
  for (size_t i = 0; i < memory.size(); ++i) {
    const size_t in_block = i % block_size;
    const uint8_t byte =
        order.pattern.empty() ? uint8_t{0} : order.pattern[in_block % order.pattern.size()];
    memory[i] = static_cast<uint8_t>(inverted ? ~byte : byte);
  }
  return memory;
}

}  // namespace

/// One order being carried out. Touched on the home core.
struct MediumOperation::Run {
  explicit Run(Request from) : request(std::move(from)), order(request.order) {}

  Request request;
  const MediumOrder& order;
  storage::Closure fence;
  storage::VolumeIo io;
  std::vector<uint8_t> memory;  // of the pass
  std::vector<iovec> pieces;
  uint8_t pass = 0;
  uint64_t offset = 0;

  /// FORMAT UNIT without a pattern and BLOCK ERASE leave the bytes to the volume.
  bool writes_pattern() const { return order.kind == Kind::overwrite || !order.pattern.empty(); }
  /// `length` bytes of the pass's pattern.
  std::span<const iovec> fill(uint32_t block_size, uint64_t length) {
    if (memory.empty()) memory = pattern_memory(order, pass, block_size);
    pieces.clear();
    for (; length > 0; length -= pieces.back().iov_len)
      pieces.push_back({memory.data(), std::min<uint64_t>(length, memory.size())});
    return pieces;
  }
};

MediumOperation::MediumOperation(LogicalUnit& unit) : unit_(unit) {}

void MediumOperation::start(Request request) {
  auto run = std::make_shared<Run>(std::move(request));
  unit_.readiness().set_progress(0);
  const CoreId home = unit_.volume().home();
  if (!unit_.kept().possible()) return unit_.executor().run_on(home, [this, run] { begin(run); });
  unit_.kept().change([run](UnitRecord& record) { record.unfinished = run->order; }, home,
                      [this, run](bool kept) {
                        if (kept) return begin(run);
                        unit_.readiness().set(run->request.before);
                        answer(run, false);
                      });
}

void MediumOperation::resume(std::shared_ptr<LogicalUnit> unit) {
  const auto& unfinished = unit_.kept().found().unfinished;
  if (!unfinished) return;
  unit_.readiness().set(is_sanitize(unfinished->kind) ? Readiness::State::sanitizing
                                                      : Readiness::State::formatting);
  const CoreId home = unit_.volume().home();
  auto run = std::make_shared<Run>(Request{
      .unit = std::move(unit), .order = *unfinished, .core = home, .accepted = {}, .ended = {}});
  unit_.executor().post(home, [this, run] { begin(run); });
}

void MediumOperation::begin(std::shared_ptr<Run> run) {
  run_ = std::move(run);
  Request& request = run_->request;
  if (request.accepted) unit_.executor().run_on(request.core, std::move(request.accepted));
  fence(run_);
}

/// Lets all I/O that is past the gate end; what comes later finds the unit not ready.
void MediumOperation::fence(const std::shared_ptr<Run>& run) {
  run->fence.extent = {0, unit_.traits().bytes};
  run->fence.excludes = storage::Closure::Excludes::all;
  run->fence.core = unit_.volume().home();
  run->fence.on_closed = [this, run] {
    unit_.volume().open(run->fence, [this, run] { next_piece(); });
  };
  unit_.volume().close(run->fence);
}

void MediumOperation::next_piece() {
  if (stopping_) {
    // Neither finished nor failed: it is kept, and goes on after the restart.
    run_.reset();
    if (stopped_) std::exchange(stopped_, nullptr)();
    return;
  }
  Run& run = *run_;
  if (run.offset >= unit_.traits().bytes && run.pass + 1 < run.order.passes) {
    run.offset = 0;
    ++run.pass;
    run.memory.clear();
  }
  prepare_piece(run);
  unit_.volume().submit(run.io);
}

void MediumOperation::prepare_piece(Run& run) {
  const uint64_t left = unit_.traits().bytes - std::min<uint64_t>(unit_.traits().bytes, run.offset);
  run.io = {};
  run.io.core = unit_.volume().home();
  run.io.owner = this;
  run.io.done = [](storage::VolumeIo& ended) noexcept {
    // Posted: pieces that end at once would pile up, and others have work on this core, too.
    auto& operation = *static_cast<MediumOperation*>(ended.owner);
    operation.unit_.executor().post(ended.core, [&operation] { operation.piece_ended(); });
  };
  if (left == 0) {
    run.io.verb = Verb::flush;
  } else if (run.writes_pattern()) {
    run.io.verb = Verb::write;
    run.io.extent = {run.offset, std::min(left, kPieceBytes)};
    run.io.memory = run.fill(unit_.block_size(), run.io.extent.length);
  } else {
    run.io.verb = unit_.thin() ? Verb::unmap : Verb::write_zeroes;
    run.io.extent = {run.offset, std::min(left, kZeroPieceBytes)};
  }
}

void MediumOperation::piece_ended() {
  Run& run = *run_;
  if (run.io.error != Errc::ok) return finish(false);
  if (run.io.verb == Verb::flush) return finish(true);
  run.offset += run.io.extent.length;
  const auto bytes = static_cast<double>(unit_.traits().bytes);
  const double done = (run.pass + static_cast<double>(run.offset) / bytes) / run.order.passes;
  unit_.readiness().set_progress(static_cast<uint16_t>(std::min(done, 1.0) * UINT16_MAX));
  next_piece();
}

void MediumOperation::finish(bool succeeded) {
  const std::shared_ptr<Run> run = std::move(run_);
  exit_allowed_ = !succeeded && run->order.unrestricted_exit;
  if (succeeded) return forget(run, true);
  // A failed one stays kept: after a restart it is tried again.
  unit_.readiness().set(is_sanitize(run->order.kind) ? Readiness::State::sanitize_failed
                                                     : Readiness::State::format_failed);
  answer(run, false);
}

void MediumOperation::forget(std::shared_ptr<Run> run, bool succeeded) {
  const auto ready = [this, run, succeeded] {
    unit_.readiness().set(Readiness::State::ready);
    answer(run, succeeded);
  };
  if (!unit_.kept().possible()) return ready();
  // If that is not durable, it is all done once more after a restart.
  unit_.kept().change([](UnitRecord& record) { record.unfinished.reset(); }, unit_.volume().home(),
                      [ready](bool) { ready(); });
}

void MediumOperation::answer(const std::shared_ptr<Run>& run, bool succeeded) {
  const bool was_stopping = stopping_ && stopped_;
  if (run->request.ended)
    unit_.executor().run_on(run->request.core, [run, succeeded] { run->request.ended(succeeded); });
  if (was_stopping) std::exchange(stopped_, nullptr)();
}

void MediumOperation::stop(std::function<void()> stopped) {
  unit_.executor().run_on(unit_.volume().home(), [this, stopped = std::move(stopped)]() mutable {
    stopping_ = true;
    if (!unit_.readiness().in_operation()) return stopped();
    stopped_ = std::move(stopped);
  });
}

}  // namespace tidemark::scsi
