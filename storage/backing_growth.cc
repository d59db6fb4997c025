#include "storage/backing_growth.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "storage/backing_checks.h"

namespace tidemark::storage {

Result<void> check_growth(const VolumeTraits& traits, uint64_t bytes) {
  const uint64_t now = traits.bytes;
  const auto invalid = [](std::string why) {
    return Error{ErrorKind::invalid, std::move(why), "size"};
  };
  if (traits.read_only)
    return Error{ErrorKind::denied, fmt::format("{} is read only", traits.name), {}};
  if (bytes < now)
    return invalid(fmt::format("{} bytes are less than the {} there are", bytes, now));
  if (bytes > std::numeric_limits<int64_t>::max())
    return invalid(fmt::format("{} bytes are beyond what a file can have", bytes));
  if (bytes % traits.block_size != 0)
    return invalid(
        fmt::format("{} bytes are not a multiple of the block size {}", bytes, traits.block_size));
  return {};
}

Result<void> enlarge_file(const FileDescriptor& file, const VolumeTraits& traits, uint64_t bytes) {
  const auto old = static_cast<off_t>(uint64_t{traits.bytes});
  const auto more = static_cast<off_t>(bytes) - old;
  if (more == 0) return {};
  const int result = traits.thin ? ftruncate(file.get(), static_cast<off_t>(bytes))
                                 : fallocate(file.get(), 0, old, more);
  if (result != 0 || fsync(file.get()) != 0)
    return backing_failure("grow", traits.location, errno, "size");
  return {};
}

Result<uint64_t> device_size(const FileDescriptor& device, const std::string& location) {
  uint64_t bytes = 0;
  if (ioctl(device.get(), BLKGETSIZE64, &bytes) != 0)
    return backing_failure("ask for the size of", location, errno);
  return bytes;
}

}  // namespace tidemark::storage
