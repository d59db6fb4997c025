// READ CAPACITY(10) and (16) (SBC-4 5.20, 5.21).
#include <algorithm>
#include <array>
#include <bit>

#include "base/big_endian.h"
#include "scsi/command_handlers.h"
#include "scsi/logical_unit.h"
#include "scsi/reply.h"

namespace tidemark::scsi {
namespace {

uint64_t last_lba(const LogicalUnit& unit) {
  return unit.blocks() == 0 ? 0 : unit.blocks() - 1;
}

}  // namespace

void read_capacity_10(Task& task) {
  std::array<uint8_t, 8> data{};
  store_be32(data.data(),
             static_cast<uint32_t>(std::min<uint64_t>(last_lba(*task.unit), UINT32_MAX)));
  store_be32(data.data() + 4, task.unit->block_size());
  reply(task, data);
}

void read_capacity_16(Task& task) {
  std::array<uint8_t, 32> data{};
  store_be64(data.data(), last_lba(*task.unit));
  store_be32(data.data() + 8, task.unit->block_size());
  const storage::VolumeTraits& traits = task.unit->traits();
  data[13] = static_cast<uint8_t>(
      std::countr_zero(std::max(traits.physical_block_size / traits.block_size, 1u)));
  store_be16(&data[14], traits.lowest_aligned_lba);
  if (task.unit->thin()) data[14] |= 0x80 | 0x40;  // LBPME, LBPRZ
  reply(task, data);
}

}  // namespace tidemark::scsi
