// UNMAP (SBC-4 5.33): gives back the blocks of a list of descriptors. The list is checked as a
// whole before the first block is touched; then one descriptor is done after the other.
#include <algorithm>
#include <vector>

#include "base/big_endian.h"
#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/limits.h"
#include "scsi/medium.h"
#include "scsi/parameter_list.h"
#include "scsi/sense_of_errc.h"

namespace tidemark::scsi {
namespace {

constexpr size_t kHeader = 8;
constexpr size_t kDescriptor = 16;

struct UnmapWork {
  std::vector<storage::Extent> extents;
  size_t next = 0;
};

/// Reads the list into `work`; none if all is well.
std::optional<SenseData> parse(const Task& task, ConstBytes list, UnmapWork& work) {
  if (list.size() < kHeader) return sense::parameter_list_length_error();
  const size_t announced = load_be16(&list[2]) / kDescriptor;
  if (announced > kMaxUnmapDescriptors) return sense::invalid_field_in_list(2);
  if (announced > (list.size() - kHeader) / kDescriptor)
    return sense::parameter_list_length_error();
  const LogicalUnit& unit = *task.unit;
  uint64_t total = 0;
  for (size_t i = 0; i < announced; ++i) {
    const size_t at = kHeader + i * kDescriptor;
    const uint64_t lba = load_be64(&list[at]);
    const uint64_t blocks = load_be32(&list[at + 8]);
    total += blocks;
    if (total > kMaxUnmapBytes / unit.block_size())
      return sense::invalid_field_in_list(static_cast<uint16_t>(at + 8));
    if (lba > unit.blocks() || blocks > unit.blocks() - lba)
      return sense::lba_out_of_range(std::max(lba, unit.blocks()));
    if (blocks != 0) work.extents.push_back(extent_of(task, lba, blocks));
  }
  return std::nullopt;
}

void unmap_next(Task& task) {
  auto& work = *std::static_pointer_cast<UnmapWork>(task.state);
  if (task.io.error != storage::Errc::ok) return finish_io(task, task.io.error);
  if (work.next == work.extents.size()) return task.finish(Status::good);
  const storage::Extent extent = work.extents[work.next++];
  start_io<unmap_next>(task, storage::Verb::unmap, extent, {}, must_be_durable(task));
}

}  // namespace

void unmap(Task& task) {
  if (field_value(task, FieldRole::anchor) != 0)  // ANC_SUP=0
    return task.finish(invalid_field(task, FieldRole::anchor));
  if (task.data_out_length == 0) return task.finish(Status::good);
  const auto list = take_parameter_list(task);
  if (!list) return;
  auto work = std::make_shared<UnmapWork>();
  if (const auto wrong = parse(task, *list, *work)) return task.finish(*wrong);
  task.state = std::move(work);
  unmap_next(task);
}

}  // namespace tidemark::scsi
