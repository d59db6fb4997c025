// GET LBA STATUS(16) (SBC-4 5.5): which blocks are mapped and which are holes.
#include <algorithm>
#include <vector>

#include "base/big_endian.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/medium.h"
#include "scsi/reply.h"

namespace tidemark::scsi {
namespace {

constexpr uint8_t kMapped = 0;
constexpr uint8_t kDeallocated = 1;
constexpr size_t kHeader = 8;
constexpr size_t kDescriptor = 16;
/// Descriptors of one answer, and steps taken to find them.
constexpr size_t kMaxDescriptors = 64;
/// Data is walked in steps of this many bytes, as volumes can only be asked for holes.
constexpr uint64_t kStep = 64 * kKiB;
constexpr size_t kMaxSteps = 1024;

struct Run {
  uint64_t lba;
  uint64_t blocks;
  uint8_t status;
};

/// What begins at `lba`: a hole, or a step of data.
Run run_at(const Task& task, uint64_t lba) {
  LogicalUnit& unit = *task.unit;
  const uint64_t block_size = unit.block_size();
  const uint64_t offset = lba * block_size;
  const uint64_t end = unit.traits().bytes;
  const auto hole = unit.volume().hole_at(offset, end);
  // A hole that ends inside a block does not make that block one.
  const uint64_t hole_blocks = hole ? hole->length / block_size : 0;
  if (hole_blocks > 0) return {lba, std::min<uint64_t>(hole_blocks, UINT32_MAX), kDeallocated};
  const uint64_t to_boundary = kStep - offset % kStep;
  return {lba, std::min(to_boundary, end - offset) / block_size, kMapped};
}

std::vector<Run> runs_from(const Task& task, uint64_t lba, size_t most) {
  std::vector<Run> runs;
  const uint64_t capacity = task.unit->blocks();
  for (size_t step = 0; lba < capacity && step < kMaxSteps; ++step) {
    const Run run = run_at(task, lba);
    const bool joins = !runs.empty() && runs.back().status == run.status &&
                       runs.back().blocks + run.blocks <= UINT32_MAX;
    if (!joins && runs.size() == most) break;
    if (joins) {
      runs.back().blocks += run.blocks;
    } else {
      runs.push_back(run);
    }
    lba += run.blocks;
  }
  return runs;
}

}  // namespace

void get_lba_status(Task& task) {
  const uint64_t lba = field_value(task, FieldRole::lba);
  if (lba >= task.unit->blocks()) return task.finish(sense::lba_out_of_range(lba));
  if (field_value(task, FieldRole::report_type) != 0)
    return task.finish(invalid_field(task, FieldRole::report_type));
  const uint64_t allocation = field_value(task, FieldRole::allocation_length);
  const uint64_t fitting = allocation > kHeader ? (allocation - kHeader) / kDescriptor : 0;
  const auto runs = runs_from(task, lba, std::clamp<uint64_t>(fitting, 1, kMaxDescriptors));
  std::vector<uint8_t> data(kHeader + runs.size() * kDescriptor);
  store_be32(data.data(), static_cast<uint32_t>(data.size() - 4));
  uint8_t* to = &data[kHeader];
  for (const Run& run : runs) {
    store_be64(to, run.lba);
    store_be32(to + 8, static_cast<uint32_t>(run.blocks));
    to[12] = run.status;
    to += kDescriptor;
  }
  reply(task, data);
}

}  // namespace tidemark::scsi
