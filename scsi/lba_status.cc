// GET LBA STATUS(16), (32) (SBC-4): which blocks are mapped and which are holes.
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
// COMPLETION CONDITION.
constexpr uint8_t kListFull = 1;
constexpr uint8_t kScanComplete = 2;
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

/// Which runs a report type asks for; none for types that are not known.
std::optional<bool> wanted(uint64_t report_type, uint8_t status) {
  switch (report_type) {
    case 0x00:
      return true;
    case 0x01:  // neither mapped nor unknown
    case 0x03:
      return status == kDeallocated;
    case 0x02:
      return status == kMapped;
    case 0x04:  // anchored: none ever is
      return false;
    default:
      return std::nullopt;
  }
}

struct Answer {
  std::vector<Run> runs;
  bool complete = false;  // all that was to be scanned, was
};

/// Runs of the type asked for in [lba, end).
Answer find_runs(const Task& task, uint64_t lba, uint64_t end, size_t most) {
  Answer answer;
  std::vector<Run>& runs = answer.runs;
  const uint64_t type = field_value(task, FieldRole::report_type);
  for (size_t step = 0; lba < end && step < kMaxSteps; ++step) {
    Run run = run_at(task, lba);
    run.blocks = std::min(run.blocks, end - lba);
    const bool joins = !runs.empty() && runs.back().status == run.status &&
                       runs.back().lba + runs.back().blocks == lba &&
                       runs.back().blocks + run.blocks <= UINT32_MAX;
    if (*wanted(type, run.status)) {
      if (!joins && runs.size() == most) return answer;
      if (joins) {
        runs.back().blocks += run.blocks;
      } else {
        runs.push_back(run);
      }
    }
    lba += run.blocks;
  }
  answer.complete = lba >= end;
  return answer;
}

/// Where the scan ends: SCAN LENGTH of the 32-byte form, else the end of the unit.
uint64_t scan_end(const Task& task, uint64_t lba) {
  const uint64_t left = task.unit->blocks() - lba;
  const uint64_t length = field_value(task, FieldRole::scan_length);
  return lba + (length == 0 ? left : std::min(length, left));
}

}  // namespace

void get_lba_status(Task& task) {
  const uint64_t lba = field_value(task, FieldRole::lba);
  if (lba >= task.unit->blocks()) return task.finish(sense::lba_out_of_range(lba));
  if (!wanted(field_value(task, FieldRole::report_type), kMapped))
    return task.finish(invalid_field(task, FieldRole::report_type));
  if (field_value(task, FieldRole::element_identifier) != 0)
    return task.finish(invalid_field(task, FieldRole::element_identifier));
  const uint64_t allocation = field_value(task, FieldRole::allocation_length);
  const uint64_t fitting = allocation > kHeader ? (allocation - kHeader) / kDescriptor : 0;
  const Answer answer =
      find_runs(task, lba, scan_end(task, lba), std::clamp<uint64_t>(fitting, 1, kMaxDescriptors));
  std::vector<uint8_t> data(kHeader + answer.runs.size() * kDescriptor);
  store_be32(data.data(), static_cast<uint32_t>(data.size() - 4));
  data[7] = static_cast<uint8_t>((answer.complete ? kScanComplete : kListFull) << 1);
  uint8_t* to = data.data() + kHeader;
  for (const Run& run : answer.runs) {
    store_be64(to, run.lba);
    store_be32(to + 8, static_cast<uint32_t>(run.blocks));
    to[12] = run.status;
    to += kDescriptor;
  }
  reply(task, data);
}

}  // namespace tidemark::scsi
