// CDBs with data-out, one after the other on one unit, as any initiator may send them: each ends
// once, with a status that means something, holds no memory afterwards, and leaves the unit able to
// answer.
//
// A command is 32 bytes of CDB, two bytes with the length of its data, and the data.
#include "tests/fuzz/fuzz_target.h"
#include "tests/scsi/device_fixture.h"
#include "tests/scsi/memory_unit_store.h"

namespace tidemark::scsi {
namespace {

using fuzz::must;

constexpr int kCommandsMax = 16;
constexpr uint64_t kBlocks = 256;

void run(TestTarget& target, const Data& cdb, const Data& data) {
  Sent& sent = target.begin(target.host(), cdb, 0, TaskAttribute::simple, data.size());
  if (sent.begun) {
    Data sent_data = data;
    sent_data.resize(std::min<uint64_t>(data.size(), sent.task.data_out_length));
    target.execute(sent, sent_data);
  }
  target.settle();
  must(sent.done);
  must(sent.status != Status::check_condition || sent.sense.key != SenseKey::no_sense);
  must(target.pool_.in_use() == 0);
}

}  // namespace
}  // namespace tidemark::scsi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace tidemark::scsi;
  tidemark::fuzz::Input input(bytes, size);
  MemoryUnitStore store;
  TestTarget target{UnitOptions{.blocks = kBlocks, .removable = true}};
  target.unit_->keep_in(store, {});
  for (int i = 0; i < kCommandsMax && !input.empty(); ++i) {
    const auto cdb = input.bytes(kCdbMax);
    const size_t high = input.byte();
    const auto data = input.bytes(high << 8 | input.byte());
    Data whole(cdb.begin(), cdb.end());
    whole.resize(kCdbMax);
    run(target, whole, {data.begin(), data.end()});
  }
  run(target, {0x12, 0, 0, 0, 96, 0}, {});
  return 0;
}
