#include "scsi/statistics.h"

#include "scsi/command_table.h"
#include "scsi/task.h"

namespace tidemark::scsi {
namespace {

/// The counters of one way to use the medium.
struct Use {
  Counter commands;
  Counter blocks;
  Counter errors;
};
constexpr Use kReading{Counter::reads, Counter::blocks_read, Counter::read_errors};
constexpr Use kWriting{Counter::writes, Counter::blocks_written, Counter::write_errors};
constexpr Use kVerifying{Counter::verifies, Counter::blocks_verified, Counter::verify_errors};

const Use* use_of(const CommandRow& row) {
  switch (row.ordering) {
    case OrderingClass::reads_medium:
      if (row.data_out == DataOut::by_bytchk) return &kVerifying;
      return row.direction == DataDirection::in && find_field(row, FieldRole::transfer_length)
                 ? &kReading
                 : nullptr;
    case OrderingClass::writes_medium:
      return &kWriting;
    case OrderingClass::control:
    case OrderingClass::about_medium:
    case OrderingClass::flushes_medium:
      break;
  }
  return nullptr;
}

}  // namespace

void Statistics::add(Core& core, Counter counter, uint64_t amount) {
  auto& value = core.values[static_cast<size_t>(counter)];
  value.store(value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

void Statistics::count(const Task& task) {
  const Use* use = use_of(*task.row);
  if (use == nullptr || task.aborted) return;
  Core& core = cores_[task.core];
  if (task.status == Status::good) {
    add(core, use->commands, 1);
    add(core, use->blocks, task.range.blocks);
    if (task.range.fua) add(core, use == &kReading ? Counter::fua_reads : Counter::fua_writes, 1);
  } else if (task.status == Status::check_condition && task.sense.key == SenseKey::medium_error) {
    add(core, use->errors, 1);
  }
}

uint64_t Statistics::sum(Counter counter) const {
  uint64_t sum = 0;
  for (const Core& core : cores_)
    sum += core.values[static_cast<size_t>(counter)].load(std::memory_order_relaxed);
  return sum;
}

uint64_t Statistics::total(Counter counter) const {
  return sum(counter) - cleared_at_[static_cast<size_t>(counter)].load();
}

void Statistics::clear(Counter counter) {
  cleared_at_[static_cast<size_t>(counter)] = sum(counter);
}

}  // namespace tidemark::scsi
