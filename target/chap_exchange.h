// ChapExchange: the target's side of CHAP in the security stage of one login (RFC 7143 clause
// 12.1.3). Keys in, keys out; no I/O.
//
//   initiator                                  target
//   CHAP_A=<list>                     >
//                                     <        CHAP_A=<one> CHAP_I CHAP_C
//   CHAP_N CHAP_R [CHAP_I CHAP_C]     >
//                                     <        [CHAP_N CHAP_R]
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "target/chap.h"
#include "target/key_table.h"

namespace tidemark::target {

/// The CHAP keys that one request carried.
class ChapKeys {
 public:
  enum : uint8_t { kA = 1, kI = 2, kC = 4, kN = 8, kR = 16 };

  /// `key` is one of the five.
  void put(Key key, std::string_view value);
  /// Which there are, as bits.
  uint8_t given() const { return given_; }
  const std::string& get(uint8_t bit) const;

 private:
  uint8_t given_ = 0;
  std::array<std::string, 5> values_;
};

enum class ChapFault : uint8_t {
  none,
  out_of_order,      // not the keys of this step
  malformed,         // a value that is no number or no binary
  no_algorithm,      // none in common
  wrong_proof,       // the name, or the secret: nobody is told which
  reflected,         // our own challenge came back
  no_target_secret,  // we are to prove ourselves, and have nothing to do it with
  no_resources,      // no random numbers, or no digest
};
std::string_view name_of(ChapFault fault);

class ChapExchange {
 public:
  using FillRandom = bool (*)(std::span<uint8_t>);
  static constexpr size_t kChallengeBytes = 32;

  explicit ChapExchange(std::shared_ptr<const ChapRule> rule, FillRandom random = fill_random)
      : rule_(std::move(rule)), random_(random) {}

  /// Takes the keys of one whole request, and appends what is to be answered. After a fault the
  /// login is over.
  ChapFault take(const ChapKeys& keys, std::string& answer);
  bool authenticated() const { return step_ == Step::authenticated; }

 private:
  enum class Step : uint8_t { algorithm, proof, authenticated };
  struct StepRow;
  static const StepRow kSteps[];

  ChapFault challenge(const ChapKeys& keys, std::string& answer);
  ChapFault check_proof(const ChapKeys& keys, std::string& answer);
  ChapFault prove_ourselves(const ChapKeys& keys, std::string& answer);

  std::shared_ptr<const ChapRule> rule_;
  FillRandom random_;
  Step step_ = Step::algorithm;
  const ChapAlgorithmRow* algorithm_ = nullptr;
  uint8_t identifier_ = 0;
  std::array<uint8_t, kChallengeBytes> challenge_{};
};

}  // namespace tidemark::target
