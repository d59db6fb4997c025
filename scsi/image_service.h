// ImageService: what the SCSI floor asks of whoever can make point-in-time images. ROD tokens stand
// for such images; the copy engine is behind them, and neither floor includes the other.
//
// Any core may call. Answers run on the core the caller names.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "scsi/copy_service.h"
#include "storage/errc.h"
#include "storage/extent.h"

namespace tidemark::scsi {

struct ImageOrder {
  std::string volume;
  std::vector<storage::Extent> ranges;  // bytes; none twice
  bool vulnerable = false;              // keeps no old data, but is lost when that is overwritten
};

/// Bytes of an image, or zeroes, to ranges of a volume, in order.
struct ImageCopyOrder {
  uint64_t image = 0;   // 0: zeroes
  uint64_t offset = 0;  // of the image: its ranges one after the other
  std::string destination;
  std::vector<storage::Extent> to;
  uint64_t zeroes_after = UINT64_MAX;  // bytes of the image there are; zeroes follow
  bool durable = false;                // on the medium before it is over
  Duration patience{0};                // nothing is begun after that; 0: without end
  std::string initiator;               // for the record
};

struct ImageCopyOutcome {
  uint64_t bytes = 0;  // written, from the beginning on, without a gap
  bool out_of_patience = false;
  bool stopped = false;
  storage::Errc error = storage::Errc::ok;
  bool error_on_destination = false;
};

class ImageService {
 public:
  virtual ~ImageService() = default;

  /// `done(id)` once the begin time lies behind; id 0: there is no image, and why.
  virtual void create_image(ImageOrder order, CoreId core,
                            std::function<void(uint64_t id, CopyRefusal why)> done) = 0;
  virtual void drop_image(uint64_t id) = 0;
  /// Runs on the core given with the number of each image that is lost. Before the cores run.
  virtual void on_image_lost(CoreId core, std::function<void(uint64_t id)> listener) = 0;

  /// `begun(id)`, then `ended`; id 0: refused, and why, and nothing else. `progress(bytes)` now and
  /// then in between.
  virtual void copy_image(ImageCopyOrder order, CoreId core,
                          std::function<void(uint64_t id, CopyRefusal why)> begun,
                          std::function<void(uint64_t bytes)> progress,
                          std::function<void(const ImageCopyOutcome&)> ended) = 0;
  virtual void stop_image_copy(uint64_t id) = 0;
};

}  // namespace tidemark::scsi
