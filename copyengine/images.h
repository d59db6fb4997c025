// Images: all point-in-time images of this process that have no destination, by number. The face of
// Image towards management and the SCSI glue, as CopyEngine is that of CopyJob.
//
// Any core may call; answers run on the home core.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/buffer_pool.h"
#include "base/executor.h"
#include "base/result.h"
#include "copyengine/image.h"
#include "copyengine/image_copier.h"

namespace tidemark::storage {
class RangeGate;
class Volume;
}  // namespace tidemark::storage

namespace tidemark::copyengine {

class WriteGuard;

/// Makes a sparse volume to keep an image's old data in: as large as the source, empty, gone with
/// the process.
using ImageStoreMaker =
    std::function<Result<std::unique_ptr<storage::Volume>>(uint64_t image, uint64_t bytes)>;

class Images {
 public:
  static constexpr size_t kImagesMax = 512;
  /// Each write to a volume is checked against all its images.
  static constexpr size_t kPerVolumeMax = 128;
  static constexpr size_t kCopiesMax = 256;
  static constexpr size_t kPreserveMemory = 32 * kMiB;
  static constexpr size_t kCopyMemory = 32 * kMiB;

  static constexpr size_t kMapMemory = kGiB;  // snapshot maps of images of all of a volume
  static constexpr size_t kLostKept = 256;

  struct Request {
    std::string volume;
    std::vector<storage::Extent> ranges = {};  // whole sectors
    uint32_t grain = kGrainMin;                // images are of little, and many
    /// All of the volume, and no ranges. Such images of one volume share what is saved for them.
    bool whole = false;
    uint64_t store_limit = 0;                          // bytes of old data; 0: none
    std::shared_ptr<StoreQuota> store_pool = nullptr;  // null: that of all
  };
  struct Status {
    uint64_t id = 0;
    std::string volume;
    Image::State state = Image::State::preparing;
    uint64_t t0_unix_ns = 0;
    uint64_t bytes = 0;
    uint32_t grain = 0;
    uint64_t store_limit = 0;
    CopySession::Figures figures;
    CopySession::Breakage why;  // lost
  };
  /// Bytes of an image, or zeroes (image 0), to ranges of a volume; see ImageCopier.
  struct CopyOrder {
    uint64_t image = 0;
    uint64_t offset = 0;
    std::string destination;
    std::vector<storage::Extent> to;
    uint64_t zeroes_after = UINT64_MAX;
    bool flush = false;
    Duration patience{0};
  };

  Images(Executor& executor, CoreId home, ImageStoreMaker make_store);
  ~Images();

  CoreId home() const { return home_; }
  /// As CopyEngine::set_store_pool().
  void set_store_pool(std::shared_ptr<StoreQuota> pool) { store_pool_ = std::move(pool); }
  const std::shared_ptr<StoreQuota>& store_pool() const { return store_pool_; }
  /// As CopyEngine::add_volume(): before the cores run, or on the home core.
  void add_volume(const std::string& name, storage::RangeGate& gate, WriteGuard& guard);
  /// Loses its images and stops the copies of them and to it; `done` (home core) when nothing of
  /// them is under way: the volume may go then.
  void remove_volume(const std::string& name, std::function<void()> done);
  /// Called on the home core with the number of each image that is lost, and why. Before the cores
  /// run.
  void on_lost(std::function<void(uint64_t id)> listener) {
    on_lost_.push_back(std::move(listener));
  }

  /// Called on the home core at each begin time, with writes to the image's ranges stopped and none
  /// in flight. Before the cores run; keep it short.
  void at_begin_time(std::function<void(uint64_t id)> listener) {
    at_begin_time_ = std::move(listener);
  }

  /// Answers with the image's number once its begin time lies behind.
  void create(Request request, std::function<void(Result<uint64_t>)> answer);
  /// Fills `memory`, alive until `then`, from `offset` of the image on. On the home core.
  void read(uint64_t id, uint64_t offset, std::vector<iovec> memory,
            std::function<void(storage::Errc)> then);
  /// Reads and copies of it that are under way fail. A lost one is forgotten.
  void drop(uint64_t id);
  /// Also of those that have been lost, the last kLostKept of them, until they are dropped. On the
  /// home core.
  std::optional<Status> status(uint64_t id) const;
  /// Old data that is kept for all images of all of the volume. On the home core.
  uint64_t shared_store_bytes(const std::string& volume) const;
  /// Begins a copy: its number, and `ended` when it is over (which may be before `begun`), or why
  /// not.
  void copy(CopyOrder order, std::function<void(Result<uint64_t>)> begun,
            std::function<void(uint64_t bytes)> progress,
            std::function<void(const ImageCopier::Outcome&)> ended);
  void stop_copy(uint64_t id);

  /// Drops all and refuses new ones; `done` when nothing is under way any more.
  void shut_down(std::function<void()> done);

 private:
  struct Served {
    storage::RangeGate* gate = nullptr;
    WriteGuard* guard = nullptr;
    std::shared_ptr<ImageChain> chain;
  };

  Result<std::shared_ptr<Image>> make(const Request& request);
  Result<void> check(const Request& request) const;
  void create_now(const Request& request, const std::function<void(Result<uint64_t>)>& answer);
  Result<std::shared_ptr<ImageCopier>> make_copier(CopyOrder order);
  std::string volume_of(uint64_t image) const;
  bool busy(const std::string& volume) const;
  void drop_now(uint64_t id);
  void lost(uint64_t id, const CopySession::Breakage& why);
  size_t map_memory() const;
  void use(const std::string& volume) { ++in_use_[volume]; }
  void over_with(const std::string& volume);
  void check_idle();

  struct Held {
    std::string volume;
    std::shared_ptr<Image> image;
  };
  struct Copy {
    std::shared_ptr<ImageCopier> copier;
    std::string source;  // of the image; empty: zeroes
    std::string destination;
  };
  struct Waiter {
    std::string volume;  // empty: any
    std::function<void()> done;
  };

  Executor& executor_;
  CoreId home_;
  ImageStoreMaker make_store_;
  std::shared_ptr<StoreQuota> store_pool_;
  BufferPool preserve_memory_;
  BufferPool copy_memory_;
  std::map<std::string, Served> volumes_;
  std::map<uint64_t, Held> images_;
  std::map<uint64_t, Copy> copies_;
  std::map<uint64_t, Status> lost_;
  std::map<std::string, size_t> in_use_;  // by volume: images not yet at rest, reads
  uint64_t next_image_ = 1;
  uint64_t next_copy_ = 1;
  std::vector<std::function<void(uint64_t)>> on_lost_;
  std::function<void(uint64_t)> at_begin_time_;
  std::vector<Waiter> when_idle_;
  bool shutting_down_ = false;
};

}  // namespace tidemark::copyengine
