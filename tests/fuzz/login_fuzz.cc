// The login dialogue of one connection, as bytes on the wire: reader and login machine together.
#include "target/login.h"
#include "target/pdu_reader.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/target/fake_directory.h"

namespace tidemark::target {
namespace {

using fuzz::Input;
using fuzz::must;

constexpr uint32_t kLoginSegmentMax = 8192;

size_t feed(PduReader& reader, Input& input) {
  size_t given = 0;
  for (const iovec& piece : reader.space()) {
    const ConstBytes from = input.bytes(piece.iov_len);
    std::copy(from.begin(), from.end(), static_cast<uint8_t*>(piece.iov_base));
    given += from.size();
  }
  reader.received(given);
  return given;
}

/// False when the dialogue is over.
bool answer(LoginMachine& login, const PduReader& reader) {
  if (opcode_of(reader.bhs()) != Opcode::login_request) return false;
  const LoginStep step = login.request(reader.bhs(), reader.data());
  must(step.text.size() <= LoginMachine::kResponseTextMax);
  if (step.kind == LoginStep::Kind::respond) return true;
  if (step.kind == LoginStep::Kind::claim) {
    must(is_iscsi_name(login.parameters().initiator_name));
    must(login.parameters().target_name != "iqn.chap");  // whose secret nobody here knows
    must(login.finish(1).kind == LoginStep::Kind::enter);
  } else {
    must(as<LoginResponse>(step.response).status != 0);
  }
  return false;
}

void converse(Input input) {
  const FakeDirectory directory;
  const Limits limits;
  LoginMachine login(directory, limits);
  PduReader reader(kLoginSegmentMax);
  while (true) {
    switch (reader.next()) {
      case PduReader::Step::need_bytes:
        if (feed(reader, input) == 0) return;
        break;
      case PduReader::Step::header:
        reader.data_here();
        break;
      case PduReader::Step::pdu:
        if (!answer(login, reader)) return;
        break;
      case PduReader::Step::fault:
        return;
    }
  }
}

}  // namespace
}  // namespace tidemark::target

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  tidemark::target::converse({bytes, size});
  return 0;
}
