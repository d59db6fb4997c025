// What the tests of third-party copy and of the vendor commands run on: a target with units on
// volumes that hold nothing, a copy service that only does what the test says, and a host that
// sends commands through begin() and execute().
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/big_endian.h"
#include "base/buffer_pool.h"
#include "scsi/copy_service.h"
#include "scsi/logical_unit.h"
#include "scsi/target_device.h"
#include "scsi/task.h"
#include "storage/range_gate.h"
#include "tests/support/sim_executor.h"

namespace tidemark::scsi {

/// A volume with a size and no bytes; third-party copy never does I/O itself.
class EmptyVolume final : public storage::Volume {
 public:
  EmptyVolume(std::string name, uint64_t bytes, uint32_t block_size, bool read_only) {
    traits_.name = std::move(name);
    traits_.bytes = bytes;
    traits_.block_size = block_size;
    traits_.read_only = read_only;
  }
  const storage::VolumeTraits& traits() const override { return traits_; }
  void submit(storage::VolumeIo& io) override {
    if (io.verb == storage::Verb::write_zeroes) {
      zeroed.push_back(io.extent);
      io.error = fails_zeroes;
    }
    io.done(io);
  }
  std::optional<storage::Extent> hole_at(uint64_t, uint64_t) override { return std::nullopt; }

  std::vector<storage::Extent> zeroed;
  storage::Errc fails_zeroes = storage::Errc::ok;

 private:
  storage::VolumeTraits traits_;
};

/// Another initiator, by its reservation.
inline ReservationState reserved_by_another(ReservationType type) {
  const NexusName other{"iqn.2026-11.dev.tidemark:another", 1, {"iqn.2026-11.dev.tidemark:main"}};
  ReservationState state;
  state.type = type;
  state.registrations = {{other, 0xabcd, true}};
  return state;
}

/// Where nothing is kept; a unit can be given a state through it.
class ForgetfulStore final : public ReservationStore {
 public:
  void save(const std::string&, const ReservationState&, std::function<void(bool)> done) override {
    done(true);
  }
};

/// A copy service whose copies are accepted and end when the test says so.
class ScriptedCopies final : public CopyService {
 public:
  struct Ranges {
    RangeCopyOrder order;
    std::function<void(uint64_t, CopyRefusal)> accepted;
    std::function<void(const CopyReport&)> ended;
  };
  struct Snapshot {
    SnapshotCopyOrder order;
    std::function<void(uint64_t, CopyRefusal)> accepted;
  };

  RodTokens* rod_tokens = nullptr;
  RodTokens* tokens() override { return rod_tokens; }
  /// Range copies are accepted and completed at once.
  bool at_once = true;
  std::vector<Ranges> ranges;
  std::vector<Snapshot> snapshots;
  std::vector<uint64_t> cancelled;
  CopyRefusal verdict = CopyRefusal::none;  // on the orders below
  std::vector<std::pair<uint64_t, CopyAction>> actions;
  std::vector<std::pair<uint64_t, CopyAdjustment>> adjustments;
  std::vector<std::pair<uint64_t, std::vector<CopyRange>>> appended;
  std::map<uint64_t, CopyReport> reports;
  std::vector<MapRun> runs;
  bool whole_runs = false;  // map() gives the run `from` lies in as a whole
  size_t runs_asked = 0;

  void copy_ranges(RangeCopyOrder order, CoreId,
                   std::function<void(uint64_t, CopyRefusal)> accepted,
                   std::function<void(const CopyReport&)> ended) override {
    ranges.push_back({std::move(order), std::move(accepted), std::move(ended)});
    if (!at_once) return;
    const size_t number = ranges.size() - 1;
    accept(number);
    end(number, in_state(CopyState::completed));
  }
  void copy_snapshot(SnapshotCopyOrder order, CoreId,
                     std::function<void(uint64_t, CopyRefusal)> accepted) override {
    snapshots.push_back({std::move(order), std::move(accepted)});
  }
  void act(uint64_t id, CopyAction action, CoreId, OrderDone done) override {
    actions.push_back({id, action});
    done(verdict);
  }
  void set(uint64_t id, CopyAdjustment adjustment, CoreId, OrderDone done) override {
    adjustments.push_back({id, adjustment});
    done(verdict);
  }
  void append(uint64_t id, std::vector<CopyRange> more, CoreId, OrderDone done) override {
    appended.push_back({id, std::move(more)});
    done(verdict);
  }
  void list(CoreId, std::function<void(std::vector<CopyReport>)> done) override {
    std::vector<CopyReport> all;
    for (auto at = reports.rbegin(); at != reports.rend(); ++at) all.push_back(at->second);
    done(std::move(all));
  }
  void cancel(uint64_t id, CoreId, std::function<void(bool)> done) override {
    cancelled.push_back(id);
    done(true);
  }
  void report(uint64_t id, CoreId, std::function<void(bool, const CopyReport&)> done) override {
    const auto found = reports.find(id);
    done(found != reports.end(), found == reports.end() ? CopyReport{} : found->second);
  }
  void map(uint64_t, uint64_t from, size_t max_runs, CoreId,
           std::function<void(bool, std::vector<MapRun>)> done) override {
    runs_asked = max_runs;
    std::vector<MapRun> answer;
    for (const MapRun& run : runs)
      if (run.offset + (whole_runs ? run.length : 1) > from && answer.size() < max_runs)
        answer.push_back(run);
    done(true, answer);
  }

  static CopyReport in_state(CopyState state) {
    CopyReport report;
    report.state = state;
    return report;
  }
  /// The id a range copy gets: its place in `ranges`, from 100.
  static uint64_t id_of(size_t number) { return 100 + number; }
  // By copies of the callbacks: what they do may start the next copy and move the list.
  void accept(size_t number) {
    const auto accepted = ranges.at(number).accepted;
    accepted(id_of(number), CopyRefusal::none);
  }
  void refuse(size_t number, CopyRefusal why) {
    const auto accepted = ranges.at(number).accepted;
    accepted(0, why);
  }
  void end(size_t number, CopyReport report) {
    const auto ended = ranges.at(number).ended;
    report.id = id_of(number);
    ended(report);
  }
};

class CopyFixture : public ::testing::Test {
 protected:
  static constexpr uint64_t kUnitBytes = 64 * kMiB;

  struct UnitOptions {
    uint32_t block_size = 512;
    uint64_t bytes = kUnitBytes;
    bool read_only = false;
    bool copies = true;
    std::string serial = {};
  };

  CopyFixture() {
    unit(0, "source");
    unit(1, "copy");
  }
  ~CopyFixture() override {
    for (auto& nexus : nexuses_) nexus->copy_records.reset();
  }

  /// Makes a unit; maps it at `lun` unless that is negative.
  std::shared_ptr<LogicalUnit> unit(int lun, const std::string& name) {
    return unit(lun, name, UnitOptions{});
  }
  std::shared_ptr<LogicalUnit> unit(int lun, const std::string& name, const UnitOptions& options) {
    volumes_.push_back(
        std::make_unique<EmptyVolume>(name, options.bytes, options.block_size, options.read_only));
    gates_.push_back(std::make_unique<storage::RangeGate>(executor_, 0, *volumes_.back()));
    Identity identity = Identity::from_name(name);
    if (!options.serial.empty()) identity.serial = options.serial;
    auto made = std::make_shared<LogicalUnit>(executor_, *gates_.back(), identity,
                                              options.copies ? &copies_ : nullptr);
    made->add_port({device_.name()});
    if (lun >= 0) (*units_)[static_cast<uint16_t>(lun)] = made;
    return made;
  }
  static std::array<uint8_t, 8> naa(const std::string& name) {
    return Identity::from_name(name).naa;
  }

  /// A nexus that may use the vendor commands, whose first unit attentions have been fetched.
  ItNexus& attach(const std::string& initiator = "iqn.2026-11.test:host") {
    nexuses_.push_back(device_.attach(initiator, nexuses_.size(), units_));
    nexuses_.back()->may_command_copies = true;
    for (const auto& [lun, unit] : *units_) send(*nexuses_.back(), lun, {0x00}, {}, 6);
    return *nexuses_.back();
  }

  /// One command from its sending to its end.
  struct Sent {
    Task task;
    bool done = false;
    std::vector<uint8_t> data;  // data-in

    bool good() const { return done && task.status == Status::good; }
    /// Key, code and pointer of the sense data; -1 for no pointer.
    bool failed(SenseKey key, Asc asc, int byte = -1) const {
      if (!done || task.status != Status::check_condition) return false;
      if (task.sense.key != key || task.sense.asc != asc) return false;
      return (task.sense.field ? task.sense.field->byte : -1) == byte;
    }
  };

  Sent& send(ItNexus& nexus, uint16_t lun, const std::vector<uint8_t>& cdb,
             const std::vector<uint8_t>& data_out = {}, uint8_t cdb_length = 16) {
    Sent& sent = sent_.emplace_back();
    Task& task = sent.task;
    task.nexus = &nexus;
    task.lun_field = uint64_t{lun} << 48;
    task.tag = sent_.size();
    std::copy(cdb.begin(), cdb.end(), task.cdb.begin());
    task.cdb_length = cdb_length;
    task.pool = &pool_;
    task.owner = &sent;
    task.done = [](Task& ended) noexcept {
      auto& owner = *static_cast<Sent*>(ended.owner);
      owner.done = true;
      owner.data.resize(ended.data_in.size());
      ended.data_in.copy_out(0, owner.data);
    };
    if (!device_.begin(task)) {
      sent.done = true;
      return sent;
    }
    if (task.data_out_length != 0 && !data_out.empty()) {
      task.data_out = pool_.acquire(data_out.size());
      task.data_out.copy_in(0, data_out);
      task.data_out_received = data_out.size();
    }
    device_.execute(task);
    return sent;
  }

  static std::vector<uint8_t> cdb_of(uint8_t opcode, uint8_t service_action, uint32_t length) {
    std::vector<uint8_t> cdb(16);
    cdb[0] = opcode;
    cdb[1] = service_action;
    store_be32(&cdb[10], length);
    return cdb;
  }
  Sent& extended_copy(ItNexus& nexus, const std::vector<uint8_t>& list, uint16_t lun = 0) {
    return send(nexus, lun, cdb_of(0x83, 0x00, static_cast<uint32_t>(list.size())), list);
  }
  Sent& receive_copy(ItNexus& nexus, uint8_t service_action, uint8_t list_id,
                     uint32_t allocation = 1024, uint16_t lun = 0) {
    auto cdb = cdb_of(0x84, service_action, allocation);
    cdb[2] = list_id;
    return send(nexus, lun, cdb);
  }
  void abort(ItNexus& nexus, const Sent& sent) {
    device_.manage(nexus, TaskManagementFunction::abort_task, sent.task.lun_field, sent.task.tag,
                   [this](TaskManagementResponse) { ++aborts_answered_; });
  }
  /// Lets virtual time pass.
  void pass(Duration time) {
    const TimePoint until = executor_.now() + time;
    executor_.post_after(0, time, [] {});
    executor_.run(until);
  }

  test::SimExecutor executor_{1, 1};
  BufferPool pool_{8 * kMiB};
  ScriptedCopies copies_;
  std::vector<std::unique_ptr<EmptyVolume>> volumes_;
  std::vector<std::unique_ptr<storage::RangeGate>> gates_;
  TargetDevice device_{executor_, "iqn.2026-11.dev.tidemark:test"};
  std::shared_ptr<LunMap> units_ = std::make_shared<LunMap>();
  std::vector<std::unique_ptr<ItNexus>> nexuses_;
  std::deque<Sent> sent_;  // places must not move
  int aborts_answered_ = 0;
};

}  // namespace tidemark::scsi
