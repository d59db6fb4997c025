#include "mgmt/daemon/kept_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/log.h"
#include "storage/file_descriptor.h"
#include "storage/open_volume.h"

namespace tidemark::mgmt {
namespace {

namespace fs = std::filesystem;
using VolumePtr = std::unique_ptr<storage::Volume>;

Result<VolumePtr> reopen_file(const std::string& path, storage::Engines& engines) {
  return storage::open_volume({path, "file:" + path, std::nullopt, 512, false, false}, engines);
}

Error cannot_read(const std::string& path, int error_number) {
  return {ErrorKind::io, "cannot read " + path + ": " + std::strerror(error_number), {}};
}

/// All of `to`; what lies beyond the end of the file is missing, which is an error.
Result<void> read_all(int fd, const std::string& path, uint64_t offset, Bytes to) {
  while (!to.empty()) {
    const ssize_t count = pread(fd, to.data(), to.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return cannot_read(path, count < 0 ? errno : EIO);
    to = to.subspan(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return {};
}

Result<void> remove_others(const std::string& directory, const std::vector<uint64_t>& copies) {
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    const auto is = [&](uint64_t id) { return std::to_string(id) == name; };
    if (std::any_of(copies.begin(), copies.end(), is)) continue;
    log_info("removing {}, which no copy needs", at->path().string());
    std::error_code failed;
    fs::remove(at->path(), failed);
    if (failed)
      return Error{
          ErrorKind::io, "cannot remove " + at->path().string() + ": " + failed.message(), {}};
  }
  if (error) return Error{ErrorKind::io, "cannot read " + directory + ": " + error.message(), {}};
  return {};
}

}  // namespace

Result<copyengine::CopyFiles::Opened> KeptFiles::make(uint64_t copy, uint64_t store_bytes,
                                                      uint64_t journal_bytes) {
  const bool kept = journal_bytes > 0;
  const auto make_store = kept ? storage::make_kept_store : storage::make_sparse_store;
  auto store = make_store(store_of(copy), store_bytes, engines_);
  if (!store) return store.error();
  Opened opened{.store = std::move(store).value(), .journal = nullptr};
  if (!kept) return opened;
  auto journal = storage::make_kept_store(journal_of(copy), journal_bytes, engines_);
  if (!journal) {
    remove(copy);
    return journal.error();
  }
  opened.journal = std::move(journal).value();
  return opened;
}

void KeptFiles::remove(uint64_t copy) {
  // The journal first: without one the copy cannot be taken up, whatever else is there.
  unlink(journal_of(copy).c_str());
  unlink(store_of(copy).c_str());
}

Result<void> KeptFiles::sync_names() const {
  for (const std::string& path : {stores_, journals_}) {
    const storage::FileDescriptor directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || fsync(directory.get()) != 0)
      return Error{ErrorKind::io, "cannot flush " + path + ": " + std::strerror(errno), {}};
  }
  return {};
}

Result<void> KeptFiles::discard(uint64_t copy) const {
  const std::string path = journal_of(copy);
  const auto failed = [&path] {
    return Error{ErrorKind::io, "cannot remove " + path + ": " + std::strerror(errno), {}};
  };
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return failed();
  const storage::FileDescriptor journals(
      open(journals_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!journals || fsync(journals.get()) != 0) return failed();
  unlink(store_of(copy).c_str());  // the space may be what is wanting
  return {};
}

Result<copyengine::CopyFiles::Opened> KeptFiles::reopen(uint64_t copy) const {
  auto store = reopen_file(store_of(copy), engines_);
  if (!store) return store.error();
  auto journal = reopen_file(journal_of(copy), engines_);
  if (!journal) return journal.error();
  return Opened{.store = std::move(store).value(), .journal = std::move(journal).value()};
}

Result<copyengine::FoundJournal> KeptFiles::read_journal(uint64_t copy) const {
  const std::string path = journal_of(copy);
  const storage::FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return cannot_read(path, errno);
  // What a killed daemon wrote but had not flushed is seen by this read. It counts from now on, so
  // a power failure must not take it back.
  if (fdatasync(file.get()) != 0) return cannot_read(path, errno);
  const off_t bytes = lseek(file.get(), 0, SEEK_END);
  if (bytes < 0) return cannot_read(path, errno);
  return copyengine::read_journal(static_cast<uint64_t>(bytes), [&](uint64_t offset, Bytes to) {
    return read_all(file.get(), path, offset, to);
  });
}

Result<void> KeptFiles::keep_only(const std::vector<uint64_t>& copies) const {
  if (auto done = remove_others(stores_, copies); !done) return done;
  return remove_others(journals_, copies);
}

}  // namespace tidemark::mgmt
