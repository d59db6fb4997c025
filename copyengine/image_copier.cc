#include "copyengine/image_copier.h"

#include <algorithm>
#include <utility>

#include "copyengine/engine_io.h"
#include "copyengine/zero_check.h"

namespace tidemark::copyengine {

using storage::Errc;
using storage::Extent;
using storage::Verb;

ImageCopier::ImageCopier(Executor& executor, CoreId home, storage::Volume& destination,
                         BufferPool& memory, Order order)
    : executor_(executor),
      home_(home),
      destination_(destination),
      memory_(memory),
      order_(std::move(order)) {
  for (const Extent& extent : order_.to) total_ += extent.length;
}

void ImageCopier::start(std::function<void(uint64_t)> progress,
                        std::function<void(const Outcome&)> ended) {
  progress_ = std::move(progress);
  ended_ = std::move(ended);
  if (order_.patience > Duration::zero()) until_ = executor_.now() + order_.patience;
  pump();
}

void ImageCopier::pump() {
  if (!ended_) return;
  while (!waiting_ && outcome_.error == Errc::ok && !stopped_ && begun_ < total_ &&
         under_way_.size() < kDepth) {
    // The first piece is begun in any case: who is out of patience again and again still advances.
    if (begun_ > 0 && executor_.now() >= until_) {
      outcome_.out_of_patience = true;
      break;
    }
    if (!begin_piece()) break;
  }
  if (under_way_.empty() && !waiting_) conclude();
}

/// What follows what has been begun, in one range, at most `most` bytes.
Extent ImageCopier::next_place(uint64_t most) const {
  uint64_t at = begun_;
  for (const Extent& extent : order_.to) {
    if (at < extent.length) return {extent.offset + at, std::min(most, extent.length - at)};
    at -= extent.length;
  }
  return {};
}

/// False if it has to wait for memory.
bool ImageCopier::begin_piece() {
  const uint64_t readable =
      order_.image ? std::max(order_.zeroes_after, begun_) - begun_ : uint64_t{0};
  auto piece = std::make_shared<Piece>();
  piece->offset = begun_;
  piece->to = next_place(readable == 0 ? kZeroPiece : std::min(readable, kPiece));
  if (readable > 0) {
    piece->data = memory_.acquire(piece->to.length);
    if (piece->data.empty()) {
      waiting_ = true;
      memory_.when_returned([self = shared_from_this()] {
        self->executor_.post(self->home_, [self] {
          self->waiting_ = false;
          self->pump();
        });
      });
      return false;
    }
  }
  begun_ += piece->to.length;
  under_way_.push_back(piece);
  if (readable == 0) {
    submit_io({destination_, Verb::unmap, piece->to, {}, false}, home_,
              [self = shared_from_this(), piece](Errc error) { self->written(piece, error); });
    return true;
  }
  order_.image->read(order_.offset + piece->offset, piece->data.vectors(),
                     [self = shared_from_this(), piece](Errc error, std::string_view party) {
                       self->image_read(piece, error, party);
                     });
  return true;
}

void ImageCopier::image_read(const PiecePtr& piece, Errc error, std::string_view party) {
  if (error != Errc::ok) fail(error, party);
  if (error != Errc::ok || stopped_) return piece_over(piece);
  const bool zero = is_zero(piece->data);
  if (zero) piece->data.reset();
  std::vector<iovec> memory = piece->data.vectors();
  submit_io({destination_, zero ? Verb::unmap : Verb::write, piece->to, std::move(memory), false},
            home_,
            [self = shared_from_this(), piece](Errc failed) { self->written(piece, failed); });
}

void ImageCopier::written(const PiecePtr& piece, Errc error) {
  piece->written = error == Errc::ok;
  if (error != Errc::ok) fail(error, "destination");
  piece_over(piece);
}

void ImageCopier::fail(Errc error, std::string_view party) {
  if (outcome_.error != Errc::ok) return;
  outcome_.error = error;
  outcome_.party = party;
}

/// Counts what has been written without a gap.
void ImageCopier::piece_over(const PiecePtr& piece) {
  piece->data.reset();
  piece->over = true;
  while (!under_way_.empty() && under_way_.front()->over) {
    const Piece& first = *under_way_.front();
    if (first.written && first.offset == outcome_.bytes) outcome_.bytes += first.to.length;
    under_way_.pop_front();
  }
  if (piece->written && progress_) progress_(outcome_.bytes);
  // By a message: between pieces others get the core.
  executor_.post(home_, [self = shared_from_this()] { self->pump(); });
}

void ImageCopier::conclude() {
  outcome_.stopped = stopped_ && outcome_.bytes < total_;
  const auto end = [self = shared_from_this()] {
    self->progress_ = nullptr;
    if (const auto ended = std::exchange(self->ended_, nullptr)) ended(self->outcome_);
  };
  if (!std::exchange(order_.flush, false) || outcome_.error != Errc::ok) return end();
  waiting_ = true;
  submit_io({destination_, Verb::flush, {}, {}}, home_,
            [self = shared_from_this(), end](Errc error) {
              if (error != Errc::ok) self->fail(error, "destination");
              end();
            });
}

}  // namespace tidemark::copyengine
