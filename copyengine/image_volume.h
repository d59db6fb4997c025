// ImageVolume: an image as a volume that can only be read, so that it can be a LUN and the source
// of a copy like any other.
//
// Any core; reads go to the home core of the images and come back. An image that is lost or dropped
// answers Errc::gone.
#pragma once

#include "base/executor.h"
#include "copyengine/images.h"
#include "storage/volume.h"

namespace tidemark::copyengine {

class ImageVolume final : public storage::Volume {
 public:
  /// `images` outlives it. `source`: the traits of the volume the image is of, whose blocks it has.
  ImageVolume(Executor& executor, CoreId home, Images& images, const Images::Status& image,
              const std::string& name, const storage::VolumeTraits& source);

  const storage::VolumeTraits& traits() const override { return traits_; }
  void submit(storage::VolumeIo& io) override;
  std::optional<storage::Extent> hole_at(uint64_t, uint64_t) override { return std::nullopt; }

  uint64_t image() const { return image_; }

 private:
  void read(storage::VolumeIo& io);

  Executor& executor_;
  CoreId home_;
  Images& images_;
  uint64_t image_;
  storage::VolumeTraits traits_;
};

}  // namespace tidemark::copyengine
