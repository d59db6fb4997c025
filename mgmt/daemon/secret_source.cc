#include "mgmt/daemon/secret_source.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "storage/file_descriptor.h"
#include "target/chap.h"

namespace tidemark::mgmt {
namespace {

Error unreadable(int number) {
  return {ErrorKind::io, std::string("cannot be read: ") + std::strerror(number), {}};
}

Error unfit(std::string why) {
  return {ErrorKind::invalid, std::move(why), {}};
}

Result<target::Secret> checked(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.size() < target::kChapSecretMin || text.size() > target::kChapSecretMax)
    return unfit("must hold a secret of 12 to 255 bytes");
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(text, control))
    return unfit("must hold one line without control characters");
  return target::Secret(text);
}

Result<target::Secret> from_file(const std::string& path) {
  const storage::FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return unreadable(errno);
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return unreadable(errno);
  if (!S_ISREG(status.st_mode)) return unfit("must be an ordinary file");
  if (status.st_mode & (S_IRWXO | S_IWGRP))
    return unfit("must not be open to others nor writable by a group (chmod 640, or 600)");
  // Longer than any secret, so that one that is too long shows.
  std::array<char, target::kChapSecretMax + 2> buffer{};
  const ssize_t bytes = ::read(fd.get(), buffer.data(), buffer.size());
  if (bytes < 0) return unreadable(errno);
  Result<target::Secret> secret = checked({buffer.data(), static_cast<size_t>(bytes)});
  OPENSSL_cleanse(buffer.data(), buffer.size());
  return secret;
}

}  // namespace

Result<target::Secret> read_secret(const SecretSource& source) {
  if (!source.file.empty()) return from_file(source.file);
  const char* const value = std::getenv(source.environment.c_str());
  if (value == nullptr) return unfit("the environment has no " + source.environment);
  return checked(value);
}

}  // namespace tidemark::mgmt
