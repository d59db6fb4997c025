// For units that are to have the commands of ROD tokens, though no image is ever made of them.
#pragma once

#include "scsi/image_service.h"
#include "scsi/rod_tokens.h"

namespace tidemark::scsi {

class NoImages final : public ImageService {
 public:
  void create_image(ImageOrder, CoreId, std::function<void(uint64_t, CopyRefusal)> done) override {
    done(0, CopyRefusal::exhausted);
  }
  void drop_image(uint64_t) override {}
  void on_image_lost(CoreId, std::function<void(uint64_t)>) override {}
  void copy_image(ImageCopyOrder, CoreId, std::function<void(uint64_t, CopyRefusal)> begun,
                  std::function<void(uint64_t)>,
                  std::function<void(const ImageCopyOutcome&)>) override {
    begun(0, CopyRefusal::exhausted);
  }
  void stop_image_copy(uint64_t) override {}
};

struct UnusedTokens {
  explicit UnusedTokens(Executor& executor) : tokens(executor, 0, images) {}
  NoImages images;
  RodTokens tokens;
};

}  // namespace tidemark::scsi
