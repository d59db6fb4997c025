#include "storage/file_volume.h"

#include <fmt/core.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "storage/admission.h"
#include "storage/backing_checks.h"
#include "storage/backing_growth.h"
#include "storage/io_steps.h"

namespace tidemark::storage {
namespace {

/// Pages may have been swapped out; then the core waits for them as it would for its own memory.
bool lies_in_memory(const FileDescriptor& file) {
  struct statfs system {};
  if (fstatfs(file.get(), &system) != 0) return false;
  return system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC;
}

}  // namespace

FileVolume::FileVolume(VolumeTraits traits, FileDescriptor file, Engines& engines)
    : traits_(std::move(traits)),
      file_(std::move(file)),
      engines_(engines),
      in_memory_(lies_in_memory(file_)) {}

void FileVolume::submit(VolumeIo& io) {
  io.error = admit(traits_, io);
  const bool nothing_to_do = io.extent.empty() && io.verb != Verb::flush;
  if (io.error != Errc::ok || nothing_to_do) return io.done(io);
  begin_steps(io, file_.get(),
              {.write_through = !traits_.write_cache, .keep_space = !traits_.thin});
  if (on_the_spot(io)) {
    run_to_end(io);
    return io.done(io);
  }
  engines_.of(io.core).submit(io);
}

bool FileVolume::on_the_spot(const VolumeIo& io) const {
  return in_memory_ && io.extent.length <= kOnTheSpotMax;
}

void FileVolume::cancel(VolumeIo& io) {
  engines_.of(io.core).cancel(io);
}

std::optional<Extent> FileVolume::hole_at(uint64_t offset, uint64_t limit) {
  limit = std::min<uint64_t>(limit, traits_.bytes);
  if (offset >= limit) return std::nullopt;
  // The file position this moves is used by nobody.
  const off_t data = lseek(file_.get(), static_cast<off_t>(offset), SEEK_DATA);
  if (data >= 0) {
    const uint64_t end = std::min(limit, static_cast<uint64_t>(data));
    return end > offset ? std::optional(Extent{offset, end - offset}) : std::nullopt;
  }
  // ENXIO: no data from here to the end of the file. If somebody cut the file short, what is
  // missing is not a hole but damage, which a read will report.
  if (errno == ENXIO && reaches(limit)) return Extent{offset, limit - offset};
  return std::nullopt;
}

std::optional<SpaceUse> FileVolume::space() const {
  struct stat status {};
  struct statvfs system {};
  if (fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  if (fstatvfs(file_.get(), &system) != 0) return std::nullopt;
  return SpaceUse{static_cast<uint64_t>(status.st_blocks) * 512,
                  static_cast<uint64_t>(system.f_bavail) * system.f_frsize};
}

Result<void> FileVolume::grow(uint64_t bytes) {
  if (auto possible = check_growth(traits_, bytes); !possible) return possible.error();
  struct stat status {};
  if (fstat(file_.get(), &status) != 0) return backing_failure("grow", traits_.location, errno);
  if (S_ISREG(status.st_mode)) {
    if (auto larger = enlarge_file(file_, traits_, bytes); !larger) return larger.error();
  } else if (auto size = device_size(file_, traits_.location); !size || size.value() < bytes) {
    if (!size) return size.error();
    return Error{ErrorKind::invalid, fmt::format("{} has {} bytes", traits_.location, size.value()),
                 "size"};
  }
  traits_.bytes = bytes;
  return {};
}

bool FileVolume::reaches(uint64_t limit) const {
  struct stat status {};
  return fstat(file_.get(), &status) == 0 && S_ISREG(status.st_mode) &&
         static_cast<uint64_t>(status.st_size) >= limit;
}

}  // namespace tidemark::storage
