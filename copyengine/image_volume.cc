#include "copyengine/image_volume.h"

#include <utility>

namespace tidemark::copyengine {

using storage::Errc;
using storage::Verb;
using storage::VolumeIo;

ImageVolume::ImageVolume(Executor& executor, CoreId home, Images& images,
                         const Images::Status& image, const std::string& name,
                         const storage::VolumeTraits& source)
    : executor_(executor), home_(home), images_(images), image_(image.id), traits_(source) {
  traits_.name = name;
  traits_.bytes = image.bytes;
  traits_.read_only = true;
  traits_.write_cache = false;
  traits_.thin = false;
  traits_.removable = false;
  traits_.kind = "image";
  traits_.location = "image:" + std::to_string(image.id);
  traits_.identity = std::to_string(image.t0_unix_ns);
}

void ImageVolume::submit(VolumeIo& io) {
  io.error = Errc::ok;
  if (changes_medium(io.verb)) io.error = Errc::write_protected;
  if (io.verb != Verb::read || io.extent.empty()) return io.done(io);
  executor_.run_on(home_, [this, &io] { read(io); });
}

void ImageVolume::read(VolumeIo& io) {
  images_.read(image_, io.extent.offset, {io.memory.begin(), io.memory.end()},
               [this, &io](Errc error) {
                 executor_.run_on(io.core, [&io, error] {
                   io.error = error;
                   io.done(io);
                 });
               });
}

}  // namespace tidemark::copyengine
