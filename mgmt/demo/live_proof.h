// LiveProof: what `tidemark demo` and the system tests do. It fills a volume over iSCSI, keeps
// overwriting it, starts a copy meanwhile, and proves that the copy is the source as it stood at
// one moment between asking and being answered.
//
// Destroys what is on both volumes. Blocks; reports through Observer on the calling thread.
#pragma once

#include <string>

#include "base/result.h"
#include "mgmt/cli/api.h"
#include "mgmt/demo/proof.h"

namespace tidemark::mgmt {

struct LiveProofOptions {
  cli::CopyOrder order = default_order();
  unsigned sessions = 1;
  unsigned depth = 1;
  uint64_t seed = 0;           // 0: a new one
  uint64_t warm_up = 200;      // writes before the copy is asked for
  uint64_t writes_after = 50;  // writes after it has ended, which must not reach it

  static cli::CopyOrder default_order() {
    cli::CopyOrder order;
    order.source = "source";
    order.destination = "copy";
    return order;
  }
};

struct LiveProofReport {
  cli::CopyView copy;  // as it ended
  Verdict verdict;
  uint64_t writes = 0;  // in all
  uint64_t writes_during_copy = 0;
  double write_seconds = 0;
  double copy_seconds = 0;
  uint64_t seed = 0;
};

class LiveProof {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void step(const std::string&) {}
    /// About ten times a second while the copy runs. May steer the copy through `api`.
    virtual void progress(const cli::Api&, const cli::CopyView&, uint64_t /*writes*/) {}
  };

  LiveProof(cli::Api api, LiveProofOptions options)
      : api_(std::move(api)), options_(std::move(options)) {}

  /// An Error if it could not be carried out; else the report, whose verdict may be negative.
  Result<LiveProofReport> run(Observer& observer);

 private:
  cli::Api api_;
  LiveProofOptions options_;
};

}  // namespace tidemark::mgmt
