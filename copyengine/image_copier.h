// ImageCopier: writes bytes of an Image, or zeroes, to ranges of a volume, in order, a few pieces
// at a time. Unlike a CopyJob it may stop early on purpose: what it has written then is the
// beginning of what was asked for, with nothing missing in between.
//
// It writes as a host does: what is write-protected refuses it, and copies of the destination see
// it first.
//
// On the home core. Kept alive by its owner and by the pieces under way.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/buffer_pool.h"
#include "base/executor.h"
#include "copyengine/image.h"
#include "storage/volume.h"

namespace tidemark::copyengine {

class ImageCopier final : public std::enable_shared_from_this<ImageCopier> {
 public:
  static constexpr uint64_t kPiece = kMiB;
  static constexpr uint64_t kZeroPiece = 16 * kMiB;
  static constexpr unsigned kDepth = 4;

  struct Order {
    std::shared_ptr<Image> image;  // null: zeroes
    uint64_t offset = 0;           // of the image
    std::vector<storage::Extent> to;
    uint64_t zeroes_after = UINT64_MAX;  // bytes of the image there are; zeroes follow
    bool flush = false;                  // before it is over
    Duration patience{0};                // no piece is begun after that; 0: without end
  };
  struct Outcome {
    uint64_t bytes = 0;  // from the beginning on
    bool out_of_patience = false;
    bool stopped = false;
    storage::Errc error = storage::Errc::ok;
    std::string_view party;  // "source", "store", "destination"
  };

  ImageCopier(Executor& executor, CoreId home, storage::Volume& destination, BufferPool& memory,
              Order order);

  /// `progress(bytes)` after pieces, `ended` once, when nothing is under way any more.
  void start(std::function<void(uint64_t)> progress, std::function<void(const Outcome&)> ended);
  void stop() { stopped_ = true; }

 private:
  struct Piece {
    uint64_t offset = 0;  // of the order
    storage::Extent to;
    DataBuffer data;
    bool written = false;
    bool over = false;
  };
  using PiecePtr = std::shared_ptr<Piece>;

  void pump();
  bool begin_piece();
  storage::Extent next_place(uint64_t most) const;
  void image_read(const PiecePtr& piece, storage::Errc error, std::string_view party);
  void written(const PiecePtr& piece, storage::Errc error);
  void fail(storage::Errc error, std::string_view party);
  void piece_over(const PiecePtr& piece);
  void conclude();

  Executor& executor_;
  CoreId home_;
  storage::Volume& destination_;
  BufferPool& memory_;
  Order order_;
  uint64_t total_ = 0;
  uint64_t begun_ = 0;              // bytes of the order
  std::deque<PiecePtr> under_way_;  // in order; the first is not over
  bool waiting_ = false;            // for memory
  bool stopped_ = false;
  TimePoint until_ = TimePoint::max();
  Outcome outcome_;
  std::function<void(uint64_t)> progress_;
  std::function<void(const Outcome&)> ended_;
};

}  // namespace tidemark::copyengine
