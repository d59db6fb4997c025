// A source, a copy and an engine in virtual time, for tests of one rule each.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <optional>

#include "copyengine/copy_engine.h"
#include "copyengine/write_guard.h"
#include "storage/range_gate.h"
#include "tests/support/sim_files.h"
#include "tests/support/sim_io.h"
#include "tests/support/sim_volume.h"

namespace tidemark::copyengine {

struct ServedSim {
  ServedSim(test::SimExecutor& executor, const std::string& name, uint64_t bytes)
      : medium(executor, name, bytes, 20000), guard(executor, 0, medium), gate(executor, 0, guard) {
    medium.fill_mapped();
  }
  test::SimVolume medium;
  WriteGuard guard;
  storage::RangeGate gate;
};

class CopyFixture : public testing::Test {
 protected:
  static constexpr uint64_t kBytes = kMiB;
  static constexpr uint32_t kGrain = 16 * kKiB;
  static constexpr uint64_t kFar = kBytes / 2;  // where a slow copier does not come

  CopyFixture() {
    std::memset(source_.medium.bytes().data(), 0x11, kBytes);
    engine_.add_volume("source", source_.gate, source_.guard);
    engine_.add_volume("copy", copy_.gate, copy_.guard);
    engine_.add_volume("small", small_.gate, small_.guard);
    engine_.tune({.alone = {64 * kKiB, 2}, .beside_hosts = {64 * kKiB, 1}});
  }
  ~CopyFixture() override {
    hung_.let_go();
    hung_destination_.let_go();
    executor_.run(executor_.now() + std::chrono::seconds(100));
  }

  static CopyRequest request() {
    CopyRequest request;
    request.source = "source";
    request.destination = "copy";
    request.segment_size = 256 * kKiB;
    return request;
  }
  /// A copy whose copier stops after its first chunk: what lies beyond stays owed.
  static CopyRequest guarding_only() {
    CopyRequest slow = request();
    slow.rate_limit = 1;
    return slow;
  }
  void run(Duration time = std::chrono::milliseconds(20)) { executor_.run(executor_.now() + time); }

  /// Starts and lets T0 pass.
  CopyStatus start(const CopyRequest& wanted) {
    std::optional<Result<CopyStatus>> answer;
    engine_.start(wanted, [&](Result<CopyStatus> result) { answer = std::move(result); });
    run();
    if (!answer || !*answer) {
      ADD_FAILURE() << "not started: " << (answer ? answer->error().message : "no answer");
      return {};
    }
    return answer->value();
  }
  Error refused(const CopyRequest& wanted) {
    std::optional<Result<CopyStatus>> answer;
    engine_.start(wanted, [&](Result<CopyStatus> result) { answer = std::move(result); });
    run();
    if (!answer || *answer) {
      ADD_FAILURE() << "not refused";
      return {};
    }
    return answer->error();
  }
  CopyStatus get(uint64_t id) {
    CopyStatus status;
    engine_.get(id, [&](Result<CopyStatus> result) {
      if (result) status = result.value();
    });
    run(std::chrono::milliseconds(1));
    return status;
  }
  Result<CopyStatus> act(uint64_t id, CopyVerb verb) {
    std::optional<Result<CopyStatus>> answer;
    engine_.act(id, verb, [&](Result<CopyStatus> result) { answer = std::move(result); });
    run(std::chrono::milliseconds(1));
    return answer ? *answer : Error{ErrorKind::io, "no answer", {}};
  }
  CopyStatus run_to_end(uint64_t id) {
    for (int i = 0; i < 1000 && !ended(get(id).state); ++i) run(std::chrono::milliseconds(100));
    return get(id);
  }

  void submit(test::SimIo& io) { io.submit(executor_, source_.gate); }

  test::HungIo hung_;
  test::HungIo hung_destination_;
  test::SimVolume::Decide store_fate_;
  test::SimExecutor executor_{1, 42};
  ServedSim source_{executor_, "source", kBytes};
  ServedSim copy_{executor_, "copy", kBytes};
  ServedSim small_{executor_, "small", kBytes / 2};
  // No journals: these copies end with their engine.
  test::SimFiles files_{executor_, 0, 20000, [this](test::SimVolume& store, const std::string&) {
                          store.decide(store_fate_, &hung_);
                        }};
  CopyEngine engine_{executor_, 0, files_, nullptr};
};

}  // namespace tidemark::copyengine
