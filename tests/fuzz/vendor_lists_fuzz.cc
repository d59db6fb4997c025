// The parameter lists of the vendor commands, and the copy descriptor, which a host reads: whatever
// the bytes are, what is accepted keeps to the limits announced.
//
// The first byte of an input says which of them the others are.
#include "scsi/copy_descriptor.h"
#include "scsi/vendor_layout.h"
#include "tests/fuzz/fuzz_target.h"

namespace tidemark::scsi {
namespace {

using fuzz::must;

void start(ConstBytes bytes) {
  const auto parsed = parse_start_list(bytes);
  const auto* list = std::get_if<StartList>(&parsed);
  if (list == nullptr) return;
  must(list->ranges.size() <= kVendorRangesMax);
  must(list->source.name.size() <= kVendorNameMax);
}

void append(ConstBytes bytes) {
  const auto parsed = parse_append_list(bytes);
  const auto* ranges = std::get_if<std::vector<CopyRange>>(&parsed);
  if (ranges != nullptr) must(!ranges->empty() && ranges->size() <= kVendorRangesMax);
}

void descriptor(ConstBytes bytes) {
  const auto report = decode_copy_descriptor(bytes);
  if (report) must(report->ranges.size() <= kDescriptorRangesMax);
}

}  // namespace
}  // namespace tidemark::scsi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tidemark::scsi;
  tidemark::fuzz::Input input(data, size);
  const uint8_t kind = input.byte();
  const tidemark::ConstBytes bytes = input.bytes(size);
  switch (kind % 4) {
    case 0:
      start(bytes);
      break;
    case 1:
      (void)parse_set_list(bytes);
      break;
    case 2:
      append(bytes);
      break;
    default:
      descriptor(bytes);
  }
  return 0;
}
