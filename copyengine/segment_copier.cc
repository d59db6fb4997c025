#include "copyengine/segment_copier.h"

#include <algorithm>
#include <utility>

#include "base/crc32c.h"
#include "copyengine/engine_io.h"
#include "copyengine/image_reader.h"
#include "copyengine/write_guard.h"
#include "copyengine/zero_check.h"

namespace tidemark::copyengine {

using storage::Errc;
using storage::Extent;
using storage::Verb;

namespace {

uint32_t checksum_of(const DataBuffer& data) {
  uint32_t crc = 0;
  for (const iovec& piece : data.vectors())
    crc = crc32c({static_cast<const uint8_t*>(piece.iov_base), piece.iov_len}, crc);
  return crc;
}

}  // namespace

SegmentCopier::SegmentCopier(Executor& executor, CoreId home, std::shared_ptr<CopySession> session,
                             WriteGuard& guard, storage::Volume& destination, BufferPool& memory,
                             const CopyTuning& tuning)
    : executor_(executor),
      home_(home),
      session_(std::move(session)),
      guard_(guard),
      source_(guard.backing()),
      destination_(destination),
      memory_(memory),
      pacer_(tuning) {}

void SegmentCopier::copy(const CopyRange& segment, std::function<void(const Outcome&)> done) {
  segment_ = segment;
  next_ = 0;
  done_ = std::move(done);
  pump();
}

void SegmentCopier::resume() {
  paused_ = false;
  pump();
}

void SegmentCopier::when_idle(std::function<void()> then) {
  if (under_way_ == 0) return then();
  idle_.push_back(std::move(then));
}

void SegmentCopier::set_impact(Impact impact, Duration latency_budget) {
  pacer_.set(impact, latency_budget);
}

void SegmentCopier::look() {
  const TimePoint now = executor_.now();
  if (pacer_.look_due(now)) pacer_.look({guard_.host_load(), executor_.busy_time(), busy_}, now);
}

void SegmentCopier::pump() {
  look();
  const TimePoint begun = executor_.now();
  while (!stopped_ && !paused_ && !waiting_ && under_way_ < pace().depth && next_ < segment_.length)
    if (!start_chunk()) break;
  busy_ += executor_.now() - begun;
  if (stopped_ || !done_ || under_way_ > 0 || next_ < segment_.length) return;
  std::exchange(done_, nullptr)({});
}

/// Starts the next chunk; false if it has to wait for time or memory.
bool SegmentCopier::start_chunk() {
  const TimePoint ready = std::max(rate_.ready_at(), pacer_.ready_at());
  if (executor_.now() < ready) return wait_until(ready), false;
  const uint64_t offset = segment_.source_offset + next_;
  const uint64_t copied_from = next_copied(offset);
  if (copied_from == offset) return skip_copied(), true;
  const uint64_t segment_end = std::min(segment_.source().end(), copied_from);
  auto chunk = std::make_shared<Chunk>();
  chunk->begun = executor_.now();
  chunk->destination_offset = segment_.destination_offset + next_;
  // Chunks end on whole chunk addresses, so that no grain lies in two of them; many chunks of
  // zeroes go at once.
  const uint64_t size = pace().chunk;
  const uint64_t end = offset / size * size + size;
  chunk->extent = {offset, std::min(segment_end, end) - offset};
  const bool zero = known_zero(*session_, source_, chunk->extent);
  if (zero) {
    chunk->kind = &Figures::bytes_hole;
    const uint64_t far_end = std::max(end, (offset + kZeroRunMax) / size * size);
    const Extent far{offset, std::min(segment_end, far_end) - offset};
    // What is read back needs memory.
    if (!verify_ && known_zero(*session_, source_, far)) chunk->extent = far;
  }
  if (!zero || verify_) {
    chunk->data = memory_.acquire(chunk->extent.length);
    if (chunk->data.empty()) return wait_for_memory(), false;
    rate_.take(chunk->extent.length, executor_.now());
  }
  next_ += chunk->extent.length;
  ++under_way_;
  if (zero) return clear(chunk), true;
  read_image(session_, source_, home_, chunk->extent, chunk->data,
             [self = shared_from_this(), chunk](Errc error, std::string_view party) {
               self->image_read(chunk, error, party);
             });
  return true;
}

/// Where what is in its place already begins, from `offset` of the source on; the segment's end if
/// there is none.
uint64_t SegmentCopier::next_copied(uint64_t offset) const {
  const SnapshotMap& map = session_->map();
  const Extent rest{offset, segment_.source().end() - offset};
  const Interval run = map.next_copied(map.grains_of(rest));
  if (run.empty()) return rest.end();
  return std::max(offset, map.extent_of(run).offset);
}

/// It is not to be copied again: hosts may have written over it in the source since.
void SegmentCopier::skip_copied() {
  const SnapshotMap& map = session_->map();
  const uint64_t offset = segment_.source_offset + next_;
  const uint64_t segment_end = segment_.source().end();
  const Interval run = map.next_copied(map.grains_of({offset, segment_end - offset}));
  const uint64_t skipped = std::min(segment_end, map.extent_of(run).end()) - offset;
  next_ += skipped;
  figures_.bytes_done += skipped;
  ++under_way_;
  chunk_over();
}

/// Or until it is time to look again: hosts may be gone by then.
void SegmentCopier::wait_until(TimePoint ready) {
  waiting_ = true;
  const Duration rest = std::min(ready - executor_.now(), CopyPacer::kWindow);
  executor_.post_after(home_, rest, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->waiting_ = false;
    self->pump();
  });
}

void SegmentCopier::wait_for_memory() {
  waiting_ = true;
  memory_.when_returned([self = shared_from_this()] {
    // Not from inside whatever gives memory back.
    self->executor_.post(self->home_, [self] {
      self->waiting_ = false;
      self->pump();
    });
  });
}

void SegmentCopier::image_read(const ChunkPtr& chunk, Errc error, std::string_view party) {
  if (stopped_) return chunk_over();
  if (error != Errc::ok) return fail(chunk, error, party);
  const auto gaps = not_in_place(chunk->extent);
  if (gaps.size() != 1 || gaps[0].length != chunk->extent.length) return fill_gaps(chunk, gaps);
  if (is_zero(chunk->data)) {
    chunk->kind = &Figures::bytes_zero;
    if (!verify_) chunk->data.reset();
    return clear(chunk);
  }
  write(chunk);
}

/// What old data that went straight to the destination has left over.
std::vector<Extent> SegmentCopier::not_in_place(const Extent& extent) const {
  std::vector<Extent> gaps;
  const SnapshotMap& map = session_->map();
  Interval rest = map.grains_of(extent);
  while (!rest.empty()) {
    const Interval copied = map.next_copied(rest);
    const Interval gap{rest.first, copied.empty() ? rest.end : copied.first};
    if (!gap.empty()) gaps.push_back(map.extent_of(gap).intersection(extent));
    if (copied.empty()) break;
    rest.first = copied.end;
  }
  return gaps;
}

/// For the others the image has no data any more.
void SegmentCopier::fill_gaps(const ChunkPtr& chunk, const std::vector<Extent>& gaps) {
  struct Rest {
    size_t pending = 1;
    Errc error = Errc::ok;
  };
  const auto rest = std::make_shared<Rest>();
  rest->pending = gaps.size() + 1;
  const auto one_less = [self = shared_from_this(), chunk, rest] {
    if (--rest->pending > 0) return;
    if (rest->error != Errc::ok) return self->fail(chunk, rest->error, "destination");
    self->figures_.bytes_done += chunk->extent.length;
    self->pacer_.moved(chunk->extent.length, chunk->begun, self->executor_.now());
    self->chunk_over();
  };
  for (const Extent& gap : gaps) {
    std::vector<iovec> memory;
    chunk->data.slice(gap.offset - chunk->extent.offset, gap.length, memory);
    const Extent place{chunk->destination_offset + (gap.offset - chunk->extent.offset), gap.length};
    submit_io({destination_, Verb::write, place, std::move(memory)}, home_,
              [self = shared_from_this(), gap, rest, one_less](Errc error) {
                if (error != Errc::ok) rest->error = error;
                if (error == Errc::ok) self->figures_.bytes_written += gap.length;
                if (error == Errc::ok) self->session_->mark_copied(gap);
                one_less();
              });
  }
  one_less();
}

/// Makes the destination read as zeroes.
void SegmentCopier::clear(const ChunkPtr& chunk) {
  const Extent place{chunk->destination_offset, chunk->extent.length};
  if (const auto hole = destination_.hole_at(place.offset, place.end());
      hole && hole->contains(place))
    return in_place(chunk, Errc::ok);
  submit_io({destination_, Verb::unmap, place, {}}, home_,
            [self = shared_from_this(), chunk](Errc error) { self->in_place(chunk, error); });
}

void SegmentCopier::write(const ChunkPtr& chunk) {
  const Extent place{chunk->destination_offset, chunk->extent.length};
  if (verify_) chunk->checksum = checksum_of(chunk->data);
  submit_io({destination_, Verb::write, place, chunk->data.vectors()}, home_,
            [self = shared_from_this(), chunk](Errc error) { self->in_place(chunk, error); });
}

void SegmentCopier::in_place(const ChunkPtr& chunk, Errc error) {
  if (error != Errc::ok) return fail(chunk, error, "destination");
  if (!verify_ || stopped_) return chunk_copied(chunk);
  read_back(chunk);
}

void SegmentCopier::read_back(const ChunkPtr& chunk) {
  const Extent place{chunk->destination_offset, chunk->extent.length};
  submit_io({destination_, Verb::read, place, chunk->data.vectors()}, home_,
            [self = shared_from_this(), chunk](Errc error) {
              if (error != Errc::ok) return self->fail(chunk, error, "destination");
              chunk->good = self->same_as_written(chunk);
              self->chunk_copied(chunk);
            });
}

bool SegmentCopier::same_as_written(const ChunkPtr& chunk) {
  const Extent& extent = chunk->extent;
  figures_.bytes_verified += extent.length;
  const bool written = chunk->kind == &Figures::bytes_written;
  if (written ? checksum_of(chunk->data) == chunk->checksum : is_zero(chunk->data)) return true;
  figures_.bytes_mismatched += extent.length;
  auto& list = figures_.mismatches;
  if (!list.empty() && list.back().end() == extent.offset)
    list.back().length += extent.length;
  else if (list.size() < kMismatchesKept)
    list.push_back(extent);
  return false;
}

void SegmentCopier::chunk_copied(const ChunkPtr& chunk) {
  figures_.bytes_done += chunk->extent.length;
  figures_.*(chunk->kind) += chunk->extent.length;
  if (chunk->kind != &Figures::bytes_hole)  // which cost next to nothing, and says nothing
    pacer_.moved(chunk->extent.length, chunk->begun, executor_.now());
  // What is not, stays owed: after a restart it is copied, and read back, once more.
  if (chunk->good) session_->mark_copied(chunk->extent);
  chunk_over();
}

void SegmentCopier::fail(const ChunkPtr& chunk, Errc error, std::string_view party) {
  const auto done = std::exchange(done_, nullptr);
  const bool report = !stopped_ && done;
  stopped_ = true;
  if (report) done({error, party, chunk->extent});
  chunk_over();
}

void SegmentCopier::chunk_over() {
  // By a message: between chunks others get the core, also when nothing had to be moved or a volume
  // answers at once; and the next segment does not begin on the stack of the one before.
  executor_.post(home_, [self = shared_from_this()] {
    --self->under_way_;
    self->pump();
    if (self->under_way_ > 0) return;
    for (const auto& then : std::exchange(self->idle_, {})) then();
  });
}

}  // namespace tidemark::copyengine
