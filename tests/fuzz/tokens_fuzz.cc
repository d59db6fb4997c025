// ROD tokens as they come back: one that was made is good for its maker, as it is. Any other, and
// the same one from anybody else, moves nothing, is answered with a token's error, and does the
// real one no harm.
//
// The first byte of an input: bit 0, a stranger sends it; bit 1, the rest is the token, else
// changes of the real one, three bytes each: where, and what is turned over; bit 2, DEL_TKN.
#include "tests/fuzz/fuzz_target.h"
#include "tests/scsi/token_fixture.h"

namespace tidemark::scsi {
namespace {

using fuzz::Input;
using fuzz::must;

class Tokens final : public TokenFixture {
 public:
  void TestBody() override {}

  void run(Input& input) {
    const uint8_t flags = input.byte();
    const bool stolen = (flags & 1) != 0;
    const bool deleted = (flags & 4) != 0;
    const RodToken token = (flags & 2) != 0 ? given(input) : changed(input);
    const size_t copies = images_.copies.size();
    const auto list = write_list(token, {{0, 8}}, 0, deleted ? 0x02 : 0);
    const Sent& sent = token_command(stolen ? stranger_ : host_, 1, 0x11, 2, list);
    must(sent.done);
    const bool good = !stolen && token == real_;
    if (good) {
      must(sent.good());
      if (deleted) must(!works());
      return;
    }
    if (type_of(token) != kBlockDeviceZero) {
      must(sent.task.status == Status::check_condition);
      must(sent.task.sense.key == SenseKey::illegal_request && sent.task.sense.asc >> 8 == 0x23);
      must(images_.copies.size() == copies);
    }
    must(works());
  }

 private:
  static RodToken given(Input& input) {
    RodToken token{};
    std::ranges::copy(input.bytes(token.size()), token.begin());
    return token;
  }
  RodToken changed(Input& input) const {
    RodToken token = real_;
    for (ConstBytes change = input.bytes(3); change.size() == 3; change = input.bytes(3))
      token[load_be16(change.data()) % token.size()] ^= change[2];
    return token;
  }
  bool works() { return write(real_, {{0, 8}}, 0, 0, 3).good(); }

  const RodToken real_ = token_of({{0, 64}});
  ItNexus& stranger_ = attach("iqn.2026-11.test:stranger");
};

}  // namespace
}  // namespace tidemark::scsi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tidemark::fuzz::Input input(data, size);
  tidemark::scsi::Tokens tokens;
  tokens.run(input);
  return 0;
}
