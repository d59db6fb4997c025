// ImageServiceGlue: the SCSI floor's ImageService over the copy engine's images, so that neither
// floor knows the other.
#pragma once

#include <functional>
#include <vector>

#include "copyengine/images.h"
#include "scsi/image_service.h"

namespace tidemark::mgmt {

class ImageServiceGlue final : public scsi::ImageService {
 public:
  /// Before the cores run. `images` outlives the glue.
  ImageServiceGlue(Executor& executor, copyengine::Images& images);

  void create_image(scsi::ImageOrder order, CoreId core,
                    std::function<void(uint64_t id, scsi::CopyRefusal why)> done) override;
  void drop_image(uint64_t id) override { images_.drop(id); }
  void on_image_lost(CoreId core, std::function<void(uint64_t id)> listener) override;
  void copy_image(scsi::ImageCopyOrder order, CoreId core,
                  std::function<void(uint64_t id, scsi::CopyRefusal why)> begun,
                  std::function<void(uint64_t bytes)> progress,
                  std::function<void(const scsi::ImageCopyOutcome&)> ended) override;
  void stop_image_copy(uint64_t id) override { images_.stop_copy(id); }

 private:
  struct Listener {
    CoreId core = 0;
    std::function<void(uint64_t)> lost;
  };

  Executor& executor_;
  copyengine::Images& images_;
  std::vector<Listener> listeners_;
};

}  // namespace tidemark::mgmt
