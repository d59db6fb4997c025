// What every kind of volume checks of every request before it acts.
#pragma once

#include "storage/volume.h"

namespace tidemark::storage {

/// Errc::ok if `io` may run on a volume of these traits.
Errc admit(const VolumeTraits& traits, const VolumeIo& io);

}  // namespace tidemark::storage
