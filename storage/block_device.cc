#include <fcntl.h>
#include <fmt/core.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <utility>

#include "base/bytes.h"
#include "storage/backing_checks.h"
#include "storage/backing_file.h"

namespace tidemark::storage {
namespace {

/// A limit of the device's queue; 0 if there is none. The kernel publishes it nowhere else; the
/// queue is the disk's, one directory up for a partition.
uint64_t queue_limit(dev_t device, const char* name) {
  const std::string base = fmt::format("/sys/dev/block/{}:{}/", major(device), minor(device));
  for (const char* queue : {"queue/", "../queue/"}) {
    std::ifstream file(base + queue + name);
    uint64_t value = 0;
    if (file >> value) return value;
  }
  return 0;
}

Result<FileDescriptor> claim(const std::string& path, const VolumeSpec& spec) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return backing_failure("open", path, errno);
  if (!S_ISBLK(status.st_mode)) return wrong_kind(path, status.st_mode);
  FileDescriptor file(open(path.c_str(), open_flags(spec) | O_EXCL));
  if (file) return file;
  if (errno == EBUSY)
    return Error{ErrorKind::conflict, fmt::format("{} is mounted or otherwise in use", path),
                 "location"};
  return backing_failure("open", path, errno);
}

}  // namespace

Result<BackingFile> open_block_device(const std::string& path, const VolumeSpec& spec) {
  auto claimed = claim(path, spec);
  if (!claimed) return claimed.error();
  BackingFile backing{std::move(claimed).value()};
  const int fd = backing.file.get();
  struct stat status {};
  uint64_t actual = 0;
  int own_block = 0;
  if (fstat(fd, &status) != 0 || ioctl(fd, BLKGETSIZE64, &actual) != 0 ||
      ioctl(fd, BLKSSZGET, &own_block) != 0)
    return backing_failure("ask for the size of", path, errno);
  if (std::cmp_less(spec.block_size, own_block))
    return Error{ErrorKind::invalid,
                 fmt::format("the block size {} is less than the {} of {}", spec.block_size,
                             own_block, path),
                 "block_size"};
  auto bytes = settle_size(path, actual, spec);
  if (!bytes) return bytes.error();
  backing.bytes = bytes.value();
  backing.thin =
      !spec.read_only && !spec.thick && queue_limit(status.st_rdev, "discard_max_bytes") > 0;
  backing.unmap_granularity = static_cast<uint32_t>(
      std::clamp<uint64_t>(queue_limit(status.st_rdev, "discard_granularity"), 512, kGiB));
  backing.identity = fmt::format("device {}:{}", major(status.st_rdev), minor(status.st_rdev));
  return backing;
}

}  // namespace tidemark::storage
