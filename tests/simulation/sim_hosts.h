// SimHosts: initiators in virtual time. Each keeps some I/O in flight on its core, in all shapes:
// part of a grain, many grains, zeroes, unmap, read, compare and write, and takes some of it back.
//
// Every write carries its own number in every word it writes, so that what a sector holds says
// which write it came from.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "storage/range_gate.h"
#include "tests/support/sim_executor.h"
#include "tests/support/sim_volume.h"

namespace tidemark::test {

class SimHosts {
 public:
  SimHosts(SimExecutor& executor, bool sparse);

  /// Gives the medium its first contents.
  void fill(SimVolume& medium);
  /// Nothing is written there, which reaches to the end. Before start().
  void keep_out_of(const storage::Extent& end);
  void start(storage::RangeGate& gate);
  /// No more new I/O.
  void stop() { stopped_ = true; }
  /// What they wrote to has crashed: answers from now on mean nothing, and what a sector holds is
  /// not known where a write was under way; if `forgets` is set, nowhere.
  void crash(bool forgets);
  /// After crash() and the last answer.
  void go_on(storage::RangeGate& gate);
  bool all_answered() const { return in_flight_ == 0; }
  uint64_t aborted() const { return aborted_.size(); }

  /// Appends to `failure` what did not hold.
  void check(const SimVolume& medium, bool writes_may_fail, std::string& failure);

 private:
  struct Op;

  void issue(CoreId core);
  void submit(Op& op);
  void compare_and_write(Op& op);
  void maybe_abort(Op& op);
  static void on_done(storage::VolumeIo& io) noexcept;
  void answered(Op& op);
  void account_write(const Op& op);
  void set_wanted(const storage::Extent& extent, uint64_t number);
  void note_overlaps(Op& op);

  SimExecutor& executor_;
  storage::RangeGate* gate_ = nullptr;
  bool sparse_;
  bool stopped_ = false;
  bool crashed_ = false;
  unsigned in_flight_ = 0;
  unsigned depth_;
  uint64_t next_number_ = 1;
  std::set<uint64_t> aborted_;
  std::set<Op*> live_;
  uint64_t failed_writes_ = 0;
  std::string complaint_;
  // Per sector: the number the sector must hold (0: zeroes), or kUnknown after racing writes.
  static constexpr uint64_t kUnknown = ~uint64_t{0};
  std::vector<uint64_t> wanted_;
  uint64_t sectors_ = 0;  // of these, the first so many are the hosts'
};

}  // namespace tidemark::test
