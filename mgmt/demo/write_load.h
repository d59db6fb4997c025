// WriteLoad: keeps overwriting random ranges of a LUN, logs every write, until told to stop.
//
// Has a thread of its own, on which all of its sessions are served. The log may be read once
// stop() has returned.
#pragma once

#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "mgmt/demo/iscsi_disk.h"
#include "mgmt/demo/write_log.h"

namespace tidemark::mgmt {

class WriteLoad {
 public:
  /// `depth` writes in flight on each of the disks, all of them the same LUN. With one disk and
  /// depth 1 the order of the log is the order at the medium.
  WriteLoad(std::vector<std::unique_ptr<IscsiDisk>> disks, unsigned depth, uint64_t seed,
            EventClock& clock);
  ~WriteLoad();

  void start();
  /// Lets what is in flight end. An error of any write, or of a session, is returned here.
  Result<void> stop();

  uint64_t answered() const { return answered_; }
  /// Something went wrong; stop() tells what.
  bool failed() const { return failed_; }
  const WriteLog& log() const { return log_; }

 private:
  struct Slot {
    IscsiDisk* disk;
    std::vector<uint8_t> buffer;
  };

  void run();
  void write(Slot& slot);
  std::pair<uint64_t, uint32_t> random_range();
  void fail(const std::string& error);

  std::vector<std::unique_ptr<IscsiDisk>> disks_;
  std::vector<Slot> slots_;
  EventClock& clock_;
  std::mt19937_64 random_;
  uint64_t sectors_;
  uint32_t block_sectors_;  // sectors per block of the LUN
  WriteLog log_;
  std::string error_;
  std::atomic<uint64_t> answered_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace tidemark::mgmt
