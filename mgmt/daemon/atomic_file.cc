#include "mgmt/daemon/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "storage/file_descriptor.h"

namespace tidemark::mgmt {
namespace {

Error failed(const std::string& path) {
  return Error{errno == ENOSPC || errno == EDQUOT ? ErrorKind::exhausted : ErrorKind::io,
               "cannot write " + path + ": " + std::strerror(errno),
               {}};
}

bool write_all(int fd, const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    const ssize_t count = ::write(fd, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    done += static_cast<size_t>(count);
  }
  return true;
}

}  // namespace

Result<void> write_file_atomically(const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  storage::FileDescriptor file(
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return failed(beside);
  if (!write_all(file.get(), text) || fsync(file.get()) != 0) return failed(beside);
  if (std::rename(beside.c_str(), path.c_str()) != 0) return failed(path);

  const size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  storage::FileDescriptor parent(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent || fsync(parent.get()) != 0) return failed(directory);
  return {};
}

}  // namespace tidemark::mgmt
