#include "target/chap_exchange.h"

#include <algorithm>
#include <bit>

#include "base/invariant.h"
#include "target/text.h"

namespace tidemark::target {
namespace {

ConstBytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

uint8_t bit_of(Key key) {
  switch (key) {
    case Key::chap_a:
      return ChapKeys::kA;
    case Key::chap_i:
      return ChapKeys::kI;
    case Key::chap_c:
      return ChapKeys::kC;
    case Key::chap_n:
      return ChapKeys::kN;
    default:
      return ChapKeys::kR;
  }
}

}  // namespace

void ChapKeys::put(Key key, std::string_view value) {
  INVARIANT(row_of(key).kind == KeyKind::chap);
  const uint8_t bit = bit_of(key);
  given_ |= bit;
  values_[static_cast<size_t>(std::countr_zero(bit))] = value;
}

const std::string& ChapKeys::get(uint8_t bit) const {
  return values_[static_cast<size_t>(std::countr_zero(bit))];
}

std::string_view name_of(ChapFault fault) {
  switch (fault) {
    case ChapFault::none:
      return "none";
    case ChapFault::out_of_order:
      return "not the CHAP keys of this step";
    case ChapFault::malformed:
      return "a CHAP value that is malformed";
    case ChapFault::no_algorithm:
      return "no CHAP algorithm in common";
    case ChapFault::wrong_proof:
      return "wrong CHAP name or secret";
    case ChapFault::reflected:
      return "our own CHAP challenge came back";
    case ChapFault::no_target_secret:
      return "mutual CHAP asked for, and no secret to answer with";
    case ChapFault::no_resources:
      return "no random numbers, or the CHAP digest is not available";
  }
  return "unknown";
}

/// Which keys each step takes, and what is made of them.
struct ChapExchange::StepRow {
  Step step;
  uint8_t keys;
  ChapFault (ChapExchange::*then)(const ChapKeys&, std::string&);
};
const ChapExchange::StepRow ChapExchange::kSteps[] = {
    {Step::algorithm, ChapKeys::kA, &ChapExchange::challenge},
    {Step::proof, ChapKeys::kN | ChapKeys::kR, &ChapExchange::check_proof},
    {Step::proof, ChapKeys::kN | ChapKeys::kR | ChapKeys::kI | ChapKeys::kC,
     &ChapExchange::prove_ourselves},
};

ChapFault ChapExchange::take(const ChapKeys& keys, std::string& answer) {
  if (keys.given() == 0) return ChapFault::none;  // it only goes on
  for (const StepRow& row : kSteps)
    if (row.step == step_ && row.keys == keys.given()) return (this->*row.then)(keys, answer);
  return ChapFault::out_of_order;
}

ChapFault ChapExchange::challenge(const ChapKeys& keys, std::string& answer) {
  algorithm_ = choose_algorithm(keys.get(ChapKeys::kA));
  if (algorithm_ == nullptr) return ChapFault::no_algorithm;
  if (!random_({&identifier_, 1}) || !random_(challenge_)) return ChapFault::no_resources;
  append_pair(answer, row_of(Key::chap_a).name,
              std::to_string(static_cast<int>(algorithm_->algorithm)));
  append_pair(answer, row_of(Key::chap_i).name, std::to_string(identifier_));
  append_pair(answer, row_of(Key::chap_c).name, hex_text(challenge_));
  step_ = Step::proof;
  return ChapFault::none;
}

ChapFault ChapExchange::check_proof(const ChapKeys& keys, std::string&) {
  const auto response = parse_binary(keys.get(ChapKeys::kR), kChapBinaryMax);
  if (!response) return ChapFault::malformed;
  // The same work for a wrong name as for a wrong secret.
  const ChapResponse expected =
      chap_response(*algorithm_, identifier_, rule_->initiator.secret, challenge_);
  if (expected.length == 0) return ChapFault::no_resources;
  const bool secret = equal_in_constant_time(*response, expected.view());
  const bool name =
      equal_in_constant_time(bytes_of(keys.get(ChapKeys::kN)), bytes_of(rule_->initiator.name));
  if (!secret || !name) return ChapFault::wrong_proof;
  step_ = Step::authenticated;
  return ChapFault::none;
}

ChapFault ChapExchange::prove_ourselves(const ChapKeys& keys, std::string& answer) {
  const auto identifier = parse_number(keys.get(ChapKeys::kI));
  const auto challenge = parse_binary(keys.get(ChapKeys::kC), kChapBinaryMax);
  if (!identifier || *identifier > UINT8_MAX || !challenge || challenge->empty())
    return ChapFault::malformed;
  if (std::ranges::equal(*challenge, challenge_)) return ChapFault::reflected;
  // The initiator first: we answer no challenge of one who has not proved himself.
  if (const ChapFault fault = check_proof(keys, answer); fault != ChapFault::none) return fault;
  if (!rule_->target) return ChapFault::no_target_secret;
  const ChapResponse proof = chap_response(*algorithm_, static_cast<uint8_t>(*identifier),
                                           rule_->target->secret, *challenge);
  if (proof.length == 0) return ChapFault::no_resources;
  append_pair(answer, row_of(Key::chap_n).name, rule_->target->name);
  append_pair(answer, row_of(Key::chap_r).name, hex_text(proof.view()));
  return ChapFault::none;
}

}  // namespace tidemark::target
