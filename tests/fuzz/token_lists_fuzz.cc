// The parameter lists of POPULATE TOKEN and WRITE USING TOKEN: whatever the bytes are, what is
// accepted keeps to the limits announced.
//
// The first byte of an input says which list the others are.
#include "scsi/token_list.h"
#include "tests/fuzz/fuzz_target.h"

namespace tidemark::scsi {
namespace {

using fuzz::must;

void check_ranges(const std::vector<BlockRange>& ranges, const UnitBlocks& unit) {
  must(ranges.size() <= kMaxTokenRanges);
  must(blocks_of(ranges) * unit.block_size <= kMaxTokenBytes);
  for (const BlockRange& range : ranges)
    must(range.blocks > 0 && range.lba <= unit.blocks && range.blocks <= unit.blocks - range.lba);
}

void populate(ConstBytes bytes) {
  constexpr UnitBlocks unit{uint64_t{1} << 20, 512};
  constexpr TokenLimits limits;
  const auto parsed = parse_populate_token(bytes, unit, limits);
  const auto* list = std::get_if<PopulateTokenList>(&parsed);
  if (list == nullptr) return;
  must(list->inactivity_seconds > 0 && list->inactivity_seconds <= limits.inactivity_most);
  check_ranges(list->ranges, unit);
}

void write_using(ConstBytes bytes) {
  constexpr UnitBlocks unit{uint64_t{1} << 20, 512};
  const auto parsed = parse_write_using_token(bytes, unit);
  if (const auto* list = std::get_if<WriteUsingTokenList>(&parsed))
    check_ranges(list->ranges, unit);
}

}  // namespace
}  // namespace tidemark::scsi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark::scsi;
  tidemark::fuzz::Input input(data, size);
  if (input.byte() % 2 == 0)
    populate(input.bytes(size));
  else
    write_using(input.bytes(size));
  return 0;
}
