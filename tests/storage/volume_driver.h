// VolumeDriver: two running cores with their I/O engines, and volumes driven from a test's own
// thread, one request at a time. Plus places and bytes to test with.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/core_pool.h"
#include "storage/engines.h"
#include "storage/open_volume.h"

namespace tidemark::storage {

/// A directory of its own below `parent`, removed with all that is in it.
class ScratchDirectory {
 public:
  explicit ScratchDirectory(const std::string& parent);
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory();

  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

class VolumeDriver {
 public:
  explicit VolumeDriver(EngineChoice choice);
  ~VolumeDriver();

  Engines& engines() { return *engines_; }
  CorePool& cores() { return cores_; }
  /// Ends the cores' threads and then the engines, as a daemon does.
  void shut_down();

  /// Submits `io` on its core and waits for its end.
  Errc run(Volume& volume, VolumeIo& io);
  /// The same for an I/O that begin_steps() has prepared.
  Errc run(VolumeIo& io);

  Errc read(Volume& volume, uint64_t offset, std::vector<uint8_t>& to, CoreId core = 0);
  Errc write(Volume& volume, uint64_t offset, const std::vector<uint8_t>& from, bool fua = false,
             CoreId core = 0);
  /// write_zeroes, unmap or flush.
  Errc change(Volume& volume, Verb verb, Extent extent, bool fua = false);
  /// What the extent holds; the test fails if it cannot be read.
  std::vector<uint8_t> contents(Volume& volume, Extent extent);

 private:
  CorePool cores_{2};
  std::unique_ptr<Engines> engines_;
};

/// io_uring if this machine allows it, and threads.
std::vector<EngineChoice> engines_here();
std::string engine_test_name(const testing::TestParamInfo<EngineChoice>& choice);

/// `length` bytes that depend on `seed` and are nowhere zero.
std::vector<uint8_t> pattern(uint64_t length, uint8_t seed);

/// The volume at "file:`path`", which must open.
std::unique_ptr<Volume> open_file(Engines& engines, const std::string& path, uint64_t size,
                                  bool write_through = false);

/// Bytes the file takes on its disk.
uint64_t allocated_bytes(const std::string& path);

}  // namespace tidemark::storage
