// Key=value text and its negotiation: any text, in any stage. Pairs point into the text, answers
// are text that can be parsed again, and what is agreed lies within the ranges of its row.
#include "target/negotiation.h"
#include "tests/fuzz/fuzz_target.h"

namespace tidemark::target {
namespace {

using fuzz::must;

constexpr size_t kKeysMax = 64;

void check_answer(const std::string& answer) {
  std::vector<KeyValue> pairs;
  must(parse_text(answer, SIZE_MAX, pairs) == TextFault::none);
}

void check_agreed(const Parameters& parameters) {
  for (const KeyRow& row : key_rows()) {
    const bool number = row.kind == KeyKind::minimum || row.kind == KeyKind::maximum ||
                        row.kind == KeyKind::declared_number;
    const uint32_t value = parameters.get(row.key);
    if (number && row.high > 0 && value != row.initial) must(value >= row.low && value <= row.high);
    if (!row.words.empty()) must(value < row.words.size());
  }
}

}  // namespace
}  // namespace tidemark::target

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace tidemark::target;
  tidemark::fuzz::Input input(bytes, size);
  const auto stage = static_cast<NegotiationStage>(input.byte() % 3);
  const auto rest = input.bytes(size);
  const std::string text(rest.begin(), rest.end());
  std::vector<KeyValue> pairs;
  if (parse_text(text, kKeysMax, pairs) != TextFault::none) return 0;
  tidemark::fuzz::must(pairs.size() <= kKeysMax);
  const Limits limits;
  Parameters parameters;
  Negotiation negotiation(parameters, limits);
  std::string answer;
  for (const KeyValue& pair : pairs) {
    tidemark::fuzz::must(pair.key.data() >= text.data() && pair.key.size() <= kKeyNameMax &&
                         pair.value.data() + pair.value.size() <= text.data() + text.size());
    if (negotiation.take(pair, stage, answer) != KeyFault::none) break;
  }
  check_answer(answer);
  check_agreed(parameters);
  return 0;
}
