#include "storage/backing_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/falloc.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

#include "base/bytes.h"
#include "storage/backing_checks.h"

namespace tidemark::storage {
namespace {

constexpr mode_t kOwnerOnly = 0600;

std::string parent_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

Result<void> set_size(const FileDescriptor& file, const std::string& path, uint64_t bytes) {
  if (ftruncate(file.get(), static_cast<off_t>(bytes)) == 0) return {};
  return backing_failure(fmt::format("give {} bytes to", bytes), path, errno, "size");
}

/// Makes the file so that it survives a power failure, name and size.
Result<FileDescriptor> create(const std::string& path, uint64_t bytes) {
  FileDescriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly));
  if (!file) return backing_failure("create", path, errno);
  if (auto sized = set_size(file, path, bytes); !sized) {
    unlink(path.c_str());
    return sized.error();
  }
  if (fsync(file.get()) != 0) return backing_failure("create", path, errno);
  FileDescriptor directory(open(parent_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) fsync(directory.get());  // some file systems cannot; then there is nothing to do
  return file;
}

Result<FileDescriptor> create_if_asked(const std::string& path, const VolumeSpec& spec) {
  const std::string parent = parent_of(path);
  struct stat status {};
  if (stat(parent.c_str(), &status) != 0)
    return Error{ErrorKind::not_found, fmt::format("the directory {} does not exist", parent),
                 "location"};
  if (spec.read_only)
    return Error{ErrorKind::not_found,
                 fmt::format("{} does not exist, and is not made because read_only is set", path),
                 "location"};
  if (!spec.size)
    return Error{ErrorKind::not_found,
                 fmt::format("{} does not exist, and no size is given to make it with", path),
                 "size"};
  return create(path, *spec.size);
}

Result<FileDescriptor> open_or_create(const std::string& path, const VolumeSpec& spec) {
  // Looked at before it is opened: opening a pipe or a tape would do something.
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return create_if_asked(path, spec);
    return backing_failure("open", path, errno);
  }
  if (!S_ISREG(status.st_mode)) return wrong_kind(path, status.st_mode);
  FileDescriptor file(open(path.c_str(), open_flags(spec)));
  if (!file) return backing_failure("open", path, errno);
  return file;
}

/// The kernel takes a moment to close the files of a killed process's io_uring, after the process
/// itself is gone; a daemon that is started again at once must not fail for that.
constexpr int kLockTries = 20;
constexpr std::chrono::milliseconds kLockPause{50};

Result<void> lock(const FileDescriptor& file, const std::string& path, bool shared) {
  for (int tries = 0; tries < kLockTries; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(kLockPause);
    if (flock(file.get(), (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK) break;
  }
  if (errno == EWOULDBLOCK)
    return Error{ErrorKind::conflict,
                 fmt::format("{} is in use by another volume or another process", path),
                 "location"};
  return backing_failure("lock", path, errno);
}

/// Takes the space of all that is not there yet; what there is stays as it is.
Result<void> reserve(const FileDescriptor& file, const std::string& path, uint64_t bytes) {
  if (fallocate(file.get(), 0, 0, static_cast<off_t>(bytes)) == 0) return {};
  return backing_failure("take all the space of", path, errno, "provisioning");
}

/// What the file system gives and takes as a whole.
uint32_t allocation_unit(const FileDescriptor& file) {
  struct statvfs system {};
  if (fstatvfs(file.get(), &system) != 0 || system.f_frsize == 0) return 4096;
  return static_cast<uint32_t>(std::clamp<uint64_t>(system.f_frsize, 512, kMiB));
}

/// Asks for a hole behind the end, which changes nothing.
bool can_punch(const FileDescriptor& file, uint64_t bytes) {
  return fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                   static_cast<off_t>(bytes), 4096) == 0;
}

/// The inode alone would do if its number were never given to another file. The device number is
/// left out: it may change when the machine is started anew.
std::string identity_of(const FileDescriptor& file) {
  struct statx status {};
  if (statx(file.get(), "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) != 0) return {};
  std::string identity = fmt::format("inode {}", status.stx_ino);
  if ((status.stx_mask & STATX_BTIME) != 0)
    identity += fmt::format(" of {}.{:09}", status.stx_btime.tv_sec, status.stx_btime.tv_nsec);
  return identity;
}

FileDescriptor open_nameless(const std::string& path) {
  FileDescriptor file(open(parent_of(path).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, kOwnerOnly));
  if (file || (errno != EOPNOTSUPP && errno != EISDIR)) return file;
  // A file system without nameless files.
  file = FileDescriptor(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly));
  if (file) unlink(path.c_str());
  return file;
}

}  // namespace

Result<BackingFile> open_backing_file(const std::string& path, const VolumeSpec& spec) {
  auto opened = open_or_create(path, spec);
  if (!opened) return opened.error();
  BackingFile backing{.file = std::move(opened).value()};
  if (auto locked = lock(backing.file, path, spec.read_only); !locked) return locked.error();
  struct stat status {};
  if (fstat(backing.file.get(), &status) != 0) return backing_failure("open", path, errno);
  auto actual = static_cast<uint64_t>(status.st_size);
  // An empty file holds nothing that a size could contradict.
  if (actual == 0 && spec.size && !spec.read_only) {
    if (auto sized = set_size(backing.file, path, *spec.size); !sized) return sized.error();
    actual = *spec.size;
  }
  auto bytes = settle_size(path, actual, spec);
  if (!bytes) return bytes.error();
  backing.bytes = bytes.value();
  if (spec.thick && !spec.read_only)
    if (auto reserved = reserve(backing.file, path, backing.bytes); !reserved)
      return reserved.error();
  backing.thin = !spec.read_only && !spec.thick && can_punch(backing.file, backing.bytes);
  backing.unmap_granularity = allocation_unit(backing.file);
  backing.identity = identity_of(backing.file);
  return backing;
}

Result<BackingFile> make_nameless_file(const std::string& path, uint64_t bytes) {
  BackingFile backing{.file = open_nameless(path), .bytes = bytes};
  if (!backing.file) return backing_failure("create", path, errno);
  if (auto sized = set_size(backing.file, path, bytes); !sized) return sized.error();
  backing.thin = can_punch(backing.file, bytes);
  return backing;
}

Result<BackingFile> make_named_file(const std::string& path, uint64_t bytes) {
  FileDescriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly));
  BackingFile backing{.file = std::move(file), .bytes = bytes};
  if (!backing.file) return backing_failure("create", path, errno);
  if (auto locked = lock(backing.file, path, false); !locked) return locked.error();
  if (auto sized = set_size(backing.file, path, bytes); !sized) {
    unlink(path.c_str());
    return sized.error();
  }
  backing.thin = can_punch(backing.file, bytes);
  return backing;
}

}  // namespace tidemark::storage
