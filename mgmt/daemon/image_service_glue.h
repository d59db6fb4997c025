// ImageServiceGlue: the SCSI floor's ImageService over the copy engine's images, so that neither
// floor knows the other. The copies it makes of images are shown with those of the engine.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "copyengine/copy_engine.h"
#include "copyengine/images.h"
#include "scsi/image_service.h"

namespace tidemark::mgmt {

class ImageServiceGlue final : public scsi::ImageService {
 public:
  /// Before the cores run. `images` and `engine` have the same home core and outlive the glue.
  /// `store_limit` is for the old data of all images made here, in bytes.
  ImageServiceGlue(Executor& executor, copyengine::Images& images, copyengine::CopyEngine& engine,
                   uint64_t store_limit);

  void create_image(scsi::ImageOrder order, CoreId core,
                    std::function<void(uint64_t id, scsi::CopyRefusal why)> done) override;
  void drop_image(uint64_t id) override;
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

  void show(const scsi::ImageCopyOrder& order, uint64_t copy, copyengine::CopyStatus& shown);

  Executor& executor_;
  copyengine::Images& images_;
  copyengine::CopyEngine& engine_;
  // Home core:
  std::map<uint64_t, scsi::ImageOrder> made_;  // what each image is of
  std::shared_ptr<copyengine::StoreQuota> store_pool_;
  std::vector<Listener> listeners_;
};

}  // namespace tidemark::mgmt
