#include "mgmt/daemon/state_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/log.h"
#include "mgmt/daemon/atomic_file.h"

namespace tidemark::mgmt {

namespace fs = std::filesystem;

namespace {

Error io_error(const std::string& what, int number) {
  return Error{ErrorKind::io, what + ": " + std::strerror(number), {}};
}

Result<void> make_directory(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return io_error("cannot make the directory " + path, error.value());
  return {};
}

Result<storage::FileDescriptor> lock(const std::string& directory) {
  const std::string file = directory + "/lock";
  storage::FileDescriptor fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return io_error("cannot open " + file, errno);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) return io_error("cannot lock " + file, errno);
  return Error{
      ErrorKind::conflict, "the state directory " + directory + " is in use by another daemon", {}};
}

// 32 hexadecimal digits, kept in the file "id".
Result<std::string> identity(const std::string& directory) {
  constexpr size_t kDigits = 32;
  const std::string file = directory + "/id";
  std::string id;
  if (std::ifstream stream(file); stream) stream >> id;
  const bool good = id.size() == kDigits && std::all_of(id.begin(), id.end(), [](unsigned char c) {
                      return std::isxdigit(c) != 0;
                    });
  if (good) return id;
  std::random_device random;
  id = fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
  if (auto written = write_file_atomically(file, id + "\n"); !written) return written.error();
  return id;
}

}  // namespace

Result<StateDir> StateDir::open(const std::string& path) {
  StateDir state;
  std::error_code error;
  state.path_ = fs::absolute(path, error).lexically_normal().string();
  if (error) return io_error("cannot use the state directory " + path, error.value());
  const bool fresh = !fs::exists(state.path_, error);
  if (auto made = make_directory(state.path_); !made) return made.error();
  // Volumes hold other people's data.
  if (fresh && chmod(state.path_.c_str(), 0700) != 0)
    return io_error("cannot protect " + state.path_, errno);

  Result<storage::FileDescriptor> locked = lock(state.path_);
  if (!locked) return locked.error();
  state.lock_ = std::move(locked).value();
  for (const std::string& directory : {state.stores(), state.journals(), state.copies()})
    if (auto made = make_directory(directory); !made) return made.error();
  Result<std::string> id = identity(state.path_);
  if (!id) return id.error();
  state.id_ = std::move(id).value();
  return state;
}

}  // namespace tidemark::mgmt
