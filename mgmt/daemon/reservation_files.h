// ReservationFiles: persistent reservations that outlive the daemon, one file per logical unit,
// "<serial>.json". Written by a thread of its own, because a flush may take longer than any core
// can wait.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.h"
#include "scsi/reservation_store.h"

namespace tidemark::mgmt {

class ReservationFiles final : public scsi::ReservationStore {
 public:
  /// `directory` is made when first needed.
  explicit ReservationFiles(std::string directory);
  ~ReservationFiles() override;  // writes what is queued

  /// What was saved last; nothing reserved if there is no file. A file that cannot be read or
  /// understood is an error: to go on without it would let in hosts that had been fenced off.
  /// Blocking; for start-up.
  Result<scsi::ReservationState> load(const std::string& unit) const;

  /// `done` runs on the thread that writes.
  void save(const std::string& unit, const scsi::ReservationState& state,
            std::function<void(bool)> done) override;

 private:
  struct Entry {
    std::string path;
    std::string text;  // empty: the file is to go
    std::function<void(bool)> done;
  };

  std::string path_of(const std::string& unit) const;
  void run();
  bool write(const Entry& entry) const;

  std::string directory_;
  std::mutex mutex_;  // queue_, stopping_
  std::condition_variable wake_;
  std::deque<Entry> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tidemark::mgmt
