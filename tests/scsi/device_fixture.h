// What the tests of commands and tasks run on: one target with one unit on a RamVolume, and hosts
// that send commands through begin() and execute() as the transport does.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/big_endian.h"
#include "scsi/command_table.h"
#include "scsi/logical_unit.h"
#include "scsi/lun.h"
#include "scsi/nexus.h"
#include "scsi/target_device.h"
#include "tests/support/ram_volume.h"
#include "tests/support/sim_executor.h"

namespace tidemark::scsi {

using Data = std::vector<uint8_t>;

/// One command from its sending to its end.
struct Sent {
  Task task;
  bool begun = false;
  bool done = false;
  // Copied when it ended, as the transport does before it uses the task again.
  Status status = Status::good;
  SenseData sense;
  bool aborted = false;
  Data data;
  uint64_t data_in_length = 0;

  bool good() const { return done && !aborted && status == Status::good; }
  bool failed(SenseKey key, Asc asc) const {
    return done && !aborted && status == Status::check_condition && sense.key == key &&
           sense.asc == asc;
  }
  bool invalid_field(int byte, int bit = -1) const {
    return failed(SenseKey::illegal_request, 0x2400) && sense.field && sense.field->in_cdb &&
           sense.field->byte == byte && (sense.field->bit ? *sense.field->bit : -1) == bit;
  }
  bool invalid_in_list(int byte) const {
    return failed(SenseKey::illegal_request, 0x2600) && sense.field && !sense.field->in_cdb &&
           sense.field->byte == byte;
  }
  bool out_of_range() const { return failed(SenseKey::illegal_request, 0x2100); }
  bool attention(Asc asc) const { return failed(SenseKey::unit_attention, asc); }
};

struct UnitOptions {
  uint32_t block_size = 512;
  uint64_t blocks = 4096;
  bool read_only = false;
  bool thin = true;
  bool write_cache = true;
  uint16_t cores = 1;
  size_t memory = 64 * kMiB;
  CopyService* copies = nullptr;
  bool mapped = true;                 // at LUN 0
  storage::Volume* volume = nullptr;  // instead of the RamVolume
  bool removable = false;
  uint32_t physical_block_size = 4096;
  uint16_t lowest_aligned_lba = 0;
};

class TestTarget {
 public:
  explicit TestTarget(const UnitOptions& options = {})
      : executor_(options.cores, 1),
        volume_({.name = "source",
                 .bytes = options.blocks * options.block_size,
                 .block_size = options.block_size,
                 .read_only = options.read_only,
                 .write_cache = options.write_cache,
                 .thin = options.thin,
                 .kind = "memory",
                 .location = "",
                 .physical_block_size = options.physical_block_size,
                 .lowest_aligned_lba = options.lowest_aligned_lba,
                 .removable = options.removable}),
        gate_(executor_, 0, options.volume ? *options.volume : volume_),
        unit_(std::make_shared<LogicalUnit>(executor_, gate_, Identity::from_name("t/source"),
                                            options.copies)),
        pool_(options.memory),
        device_(executor_, "iqn.2026-11.dev.tidemark:test") {
    if (options.mapped) map(0, unit_);
  }
  /// For nexuses that begin from now on.
  void map(uint16_t lun, const std::shared_ptr<LogicalUnit>& unit) {
    unit->add_port({device_.name()});
    (*units_)[lun] = unit;
  }

  /// A nexus on `core` that may use all commands, its power-on attentions fetched unless `fresh`.
  ItNexus& attach(CoreId core = 0, bool fresh = false, uint16_t portal_group = 1) {
    executor_.as(core, [&] {
      nexuses_.push_back(device_.attach("iqn.host", nexuses_.size(), units_, portal_group));
      nexuses_.back()->may_command_copies = true;
    });
    for (const auto& [lun, unit] : *units_)
      if (!fresh) static_cast<Nexus&>(*nexuses_.back()).find(lun)->attentions.take();
    return *nexuses_.back();
  }
  /// The nexus of tests that need but one.
  ItNexus& host() { return nexuses_.empty() ? attach() : *nexuses_.front(); }

  /// A command up to and with begin().
  Sent& begin(ItNexus& nexus, const Data& cdb, uint64_t lun_field = 0,
              TaskAttribute attribute = TaskAttribute::simple, uint64_t offered = 0) {
    Sent& sent = sent_.emplace_back();
    Task& task = sent.task;
    task.nexus = &nexus;
    task.core = nexus.core();
    task.lun_field = lun_field;
    task.tag = sent_.size();
    task.attribute = attribute;
    task.data_out_offered = offered;
    std::copy(cdb.begin(), cdb.end(), task.cdb.begin());
    task.cdb_length = static_cast<uint8_t>(std::max<size_t>(cdb.size(), 16));
    task.pool = &pool_;
    task.owner = &sent;
    task.done = [](Task& ended) noexcept { record(ended); };
    executor_.as(nexus.core(), [&] { sent.begun = device_.begin(task); });
    if (!sent.begun) record(task);
    return sent;
  }
  void execute(Sent& sent, const Data& data_out = {}) {
    Task& task = sent.task;
    if (task.data_out_length != 0 && !data_out.empty()) {
      task.data_out = pool_.acquire(data_out.size());
      task.data_out.copy_in(0, data_out);
      task.data_out_received = std::min<uint64_t>(data_out.size(), task.data_out_length);
    }
    executor_.as(task.core, [&] { device_.execute(task); });
  }
  /// A whole command; what it leaves to be done is done, too.
  Sent& send(const Data& cdb, const Data& data_out = {}) { return send_to(host(), cdb, data_out); }
  Sent& send_to(ItNexus& nexus, const Data& cdb, const Data& data_out = {}) {
    Sent& sent = begin(nexus, cdb, 0, TaskAttribute::simple, data_out.size());
    if (sent.begun) execute(sent, data_out);
    settle();
    return sent;
  }
  Sent& send_at(uint64_t lun_field, const Data& cdb) {
    Sent& sent = begin(host(), cdb, lun_field);
    if (sent.begun) execute(sent);
    settle();
    return sent;
  }
  void settle() { executor_.run(TimePoint::max()); }

  /// Task management; what it answered, if it has.
  std::optional<TaskManagementResponse> manage(ItNexus& nexus, TaskManagementFunction function,
                                               uint64_t tag = 0, uint64_t lun_field = 0) {
    auto& answer = answers_.emplace_back();
    executor_.as(nexus.core(), [&] {
      device_.manage(nexus, function, lun_field, tag,
                     [&answer](TaskManagementResponse response) { answer = response; });
    });
    settle();
    return answer;
  }
  const std::optional<TaskManagementResponse>& last_answer() const { return answers_.back(); }

  test::SimExecutor executor_;
  test::RamVolume volume_;
  storage::RangeGate gate_;
  std::shared_ptr<LogicalUnit> unit_;
  BufferPool pool_;
  TargetDevice device_;
  std::shared_ptr<LunMap> units_ = std::make_shared<LunMap>();
  std::vector<std::unique_ptr<ItNexus>> nexuses_;
  std::deque<Sent> sent_;  // places must not move
  std::deque<std::optional<TaskManagementResponse>> answers_;

 private:
  static void record(Task& task) {
    Sent& sent = *static_cast<Sent*>(task.owner);
    EXPECT_FALSE(sent.done) << "done() twice";
    sent.done = true;
    sent.status = task.status;
    sent.sense = task.sense;
    sent.aborted = task.aborted;
    sent.data.resize(task.data_in.size());
    task.data_in.copy_out(0, sent.data);
    sent.data_in_length = task.data_in_length;
    task.reset();
  }
};

/// CDBs of a row, by field.
class CdbBuilder {
 public:
  explicit CdbBuilder(uint8_t opcode, uint16_t service_action = 0)
      : cdb_(opcode == 0x7f ? 32 : 16) {
    cdb_[0] = opcode;
    if (opcode == 0x7f) {
      cdb_[7] = kAdditionalCdbLength;
      store_be16(&cdb_[8], service_action);
    } else {
      cdb_[1] = static_cast<uint8_t>(service_action);
    }
    std::array<uint8_t, kCdbMax> whole{};
    std::copy(cdb_.begin(), cdb_.end(), whole.begin());
    row_ = find_row(whole).row;
  }
  explicit CdbBuilder(const CommandRow& row)
      : CdbBuilder(row.opcode, row.service_action.value_or(0)) {}

  CdbBuilder& set(FieldRole role, uint64_t value) {
    const CdbField* field = find_field(*row_, role);
    if (field == nullptr) {
      ADD_FAILURE() << "no such field in " << row_->name;
      return *this;
    }
    if (field->bytes == 1) {
      const uint8_t unit = static_cast<uint8_t>(field->mask & (~field->mask + 1));
      cdb_[field->byte] =
          static_cast<uint8_t>((cdb_[field->byte] & ~field->mask) | ((value * unit) & field->mask));
      return *this;
    }
    for (int i = field->bytes - 1; i >= 0; --i, value >>= 8) {
      const uint8_t mask = i == 0 ? field->mask : 0xff;
      uint8_t& byte = cdb_[static_cast<size_t>(field->byte + i)];
      byte = static_cast<uint8_t>((byte & ~mask) | (value & mask));
    }
    return *this;
  }
  CdbBuilder& range(uint64_t lba, uint64_t blocks) {
    return set(FieldRole::lba, lba).set(FieldRole::transfer_length, blocks);
  }
  operator const Data&() const { return cdb_; }
  const CommandRow& row() const { return *row_; }

 private:
  Data cdb_;
  const CommandRow* row_;
};

/// The bits of a CDB that mean something: the opcode, and those of the row's fields.
inline std::array<uint8_t, kCdbMax> bits_with_meaning(const CommandRow& row) {
  std::array<uint8_t, kCdbMax> bits{};
  bits[0] = 0xff;
  bits[control_byte(row.opcode)] = 0x04;  // NACA
  for (const CdbField& field : row.fields)
    for (size_t i = 0; field.role != FieldRole::none && i < field.bytes; ++i)
      bits[field.byte + i] |= i == 0 ? field.mask : uint8_t{0xff};
  return bits;
}

inline Data blocks_of(uint8_t value, size_t blocks, size_t block_size = 512) {
  return Data(blocks * block_size, value);
}
/// Bytes that differ from block to block and inside a block.
inline Data pattern(size_t bytes, uint32_t seed = 1) {
  Data data(bytes);
  for (size_t i = 0; i < bytes; ++i) data[i] = static_cast<uint8_t>((i * 31 + i / 512 * 7) ^ seed);
  return data;
}

/// A name a test can have: "READ(10)" becomes "READ_10".
inline std::string test_name(const CommandRow& row) {
  std::string name;
  for (const char c : row.name) {
    if (std::isalnum(static_cast<unsigned char>(c))) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  while (name.back() == '_') name.pop_back();
  return name;
}

}  // namespace tidemark::scsi
