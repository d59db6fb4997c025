#include "storage/backing_checks.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tidemark::storage {
namespace {

ErrorKind kind_of_errno(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      return ErrorKind::not_found;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorKind::denied;
    case EBUSY:
    case EWOULDBLOCK:
    case EEXIST:
      return ErrorKind::conflict;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
      return ErrorKind::exhausted;
    default:
      return ErrorKind::io;
  }
}

std::string_view describe(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISBLK(mode)) return "a block device (write \"block:PATH\")";
  if (S_ISREG(mode)) return "a regular file (write \"file:PATH\")";
  return "neither a regular file nor a block device";
}

}  // namespace

Error backing_failure(std::string_view what, const std::string& path, int error_number,
                      std::string field) {
  return Error{kind_of_errno(error_number),
               fmt::format("cannot {} {}: {}", what, path, std::strerror(error_number)),
               std::move(field)};
}

Error wrong_kind(const std::string& path, mode_t mode) {
  return Error{ErrorKind::invalid, fmt::format("{} is {}", path, describe(mode)), "location"};
}

Result<uint64_t> settle_size(const std::string& path, uint64_t actual, const VolumeSpec& spec) {
  if (spec.size && *spec.size > actual)
    return Error{ErrorKind::invalid,
                 fmt::format("{} has {} bytes, but {} are configured", path, actual, *spec.size),
                 "size"};
  if (actual == 0)
    return Error{ErrorKind::invalid, fmt::format("{} is empty, and no size is given", path),
                 "size"};
  if (actual % spec.block_size != 0)
    return Error{ErrorKind::invalid,
                 fmt::format("the {} bytes of {} are not a multiple of the block size {}", actual,
                             path, spec.block_size),
                 "block_size"};
  return actual;
}

int open_flags(const VolumeSpec& spec) {
  return (spec.read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOCTTY;
}

}  // namespace tidemark::storage
