// SimPlan: what of a schedule the seed decides once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "copyengine/copy_types.h"

namespace tidemark::test {

struct SimPlan {
  explicit SimPlan(std::mt19937_64& random) {
    const auto one_in = [&](unsigned n) { return random() % n == 0; };
    grain = 4096u << random() % 5;
    blocks = 32 + random() % 48;  // of 4 KiB
    segment_size = std::max<uint64_t>(64 * kKiB << random() % 2, grain);
    consistency = one_in(3) ? copyengine::Consistency::segment : copyengine::Consistency::source;
    release = static_cast<copyengine::Release>(random() % 3);
    fail_write = one_in(5);
    sparse = one_in(3);
    source_errors = one_in(10);
    store_errors = one_in(10);
    destination_errors = one_in(10);
    journal_errors = one_in(12);
    hang = one_in(12) ? static_cast<Party>(random() % 4) : Party::none;
    pause = one_in(4);
    cancel = one_in(8);
    second_copy = one_in(5);
    ranges = one_in(5);
    slowest_store = static_cast<int64_t>(1000 + random() % 400000);
    slowest_destination = static_cast<int64_t>(1000 + random() % 400000);
    rate_limit = one_in(3) ? 20 * kMiB : 0;
    within = consistency == copyengine::Consistency::source && one_in(6);
    crashes = one_in(2) ? 0 : 1 + one_in(3);
    ledger_errors = one_in(12);
    store_limit = one_in(8) ? grain * (1 + random() % 16) : 0;
    ledger_hangs = hang == Party::journal && one_in(2);
    route = static_cast<copyengine::Route>(random() % 3);
  }

  enum class Party : uint8_t { source, store, destination, journal, none };

  uint32_t grain;
  uint64_t blocks, segment_size;
  copyengine::Consistency consistency;
  copyengine::Release release;
  copyengine::Route route;
  bool fail_write, sparse, source_errors, store_errors, destination_errors, journal_errors;
  Party hang;
  bool pause, cancel, second_copy, ranges;
  bool within;  // the first copy is one of ranges of the source to elsewhere in it
  int64_t slowest_store, slowest_destination;
  uint64_t rate_limit;
  unsigned crashes;
  uint64_t store_limit;
  bool ledger_errors;  // now and then it cannot record
  bool ledger_hangs;   // with the journal, on the same disk

  uint64_t bytes() const { return blocks * 4096; }
  uint64_t half() const { return blocks / 2 * 4096; }
  /// Hosts may have to wait as long as the state directory does.
  bool state_hangs() const { return hang == Party::journal && ledger_hangs; }
  /// A copy may end otherwise than completed.
  bool disturbed() const {
    return source_errors || store_errors || destination_errors || journal_errors ||
           hang != Party::none || cancel || store_limit != 0;
  }
};

}  // namespace tidemark::test
