// CHAP: the digests, the choice among them, and every step right and wrong.
#include <gtest/gtest.h>

#include <algorithm>

#include "target/chap_exchange.h"
#include "target/text.h"

namespace tidemark::target {
namespace {

std::shared_ptr<const ChapRule> rule(bool mutual = true) {
  auto made = std::make_shared<ChapRule>();
  made->initiator = {"host", Secret("initiator's secret")};
  if (mutual) made->target = ChapIdentity{"tidemark", Secret("target's own secret")};
  return made;
}

/// 1, 2, 3, ...
bool counting(std::span<uint8_t> bytes) {
  uint8_t next = 0;
  for (uint8_t& byte : bytes) byte = ++next;
  return true;
}
bool no_entropy(std::span<uint8_t>) {
  return false;
}

using Pairs = std::vector<std::pair<Key, std::string>>;
ChapKeys keys_of(const Pairs& pairs) {
  ChapKeys keys;
  for (const auto& [key, value] : pairs) keys.put(key, value);
  return keys;
}

/// The right answer to the challenge that `counting` makes.
std::string right_response(ChapAlgorithm algorithm = ChapAlgorithm::md5,
                           const Secret& secret = Secret("initiator's secret")) {
  std::array<uint8_t, ChapExchange::kChallengeBytes> challenge{};
  counting(challenge);
  const auto* row = choose_algorithm(std::to_string(static_cast<int>(algorithm)));
  return hex_text(chap_response(*row, 1, secret, challenge).view());
}

TEST(ChapAlgorithms, AreRankedStrongestFirstAndMd5Last) {
  std::vector<int> numbers;
  for (const ChapAlgorithmRow& row : chap_algorithms())
    numbers.push_back(static_cast<int>(row.algorithm));
  EXPECT_EQ(numbers, (std::vector<int>{8, 7, 6, 5}));
}

TEST(ChapAlgorithms, TheStrongestOfAnOfferIsChosenWhateverItsOrder) {
  const std::vector<std::pair<std::string, int>> offers = {
      {"5", 5}, {"5,6", 6}, {"5,7,6", 7}, {"5,6,7,8", 8}, {"8,5", 8}, {"9,5,1000", 5}, {"0x5", 5},
      {"", 0},  {"9", 0},   {"md5", 0},   {"5 ", 0},      {",", 0},   {"50", 0},       {"5;6", 0}};
  for (const auto& [offer, number] : offers) {
    const ChapAlgorithmRow* row = choose_algorithm(offer);
    EXPECT_EQ(row == nullptr ? 0 : static_cast<int>(row->algorithm), number) << offer;
  }
}

// echo -n '\x01secret\xaa\xbb' | openssl dgst -md5, -sha1, -sha256, -sha3-256
TEST(ChapAlgorithms, DigestIdentifierSecretAndChallenge) {
  const std::pair<const char*, const char*> known[] = {
      {"5", "0x52b84dd1a7253536d2f969cd661a25de"},
      {"6", "0xa71b07f33bbbe3cec7d153e052bd8e9167cb19d5"},
      {"7", "0xc779f2085cfc26ecbce7b258493f9eaae5c948256dc87839664bbfa69e08f43c"},
      {"8", "0x1660fd124190cfd97424ae3fcaba39ee56ac1bec04a7d56220a7a0b2940271f9"}};
  const std::vector<uint8_t> challenge = {0xaa, 0xbb};
  for (const auto& [number, digest] : known) {
    const ChapAlgorithmRow* row = choose_algorithm(number);
    const ChapResponse response = chap_response(*row, 1, Secret("secret"), challenge);
    EXPECT_EQ(hex_text(response.view()), digest);
    EXPECT_EQ(response.length, row->length);
  }
}

TEST(Secret, IsComparedWhole) {
  EXPECT_EQ(Secret("twelve bytes"), Secret("twelve bytes"));
  EXPECT_FALSE(Secret("twelve bytes") == Secret("twelve byteS"));
  EXPECT_FALSE(Secret("twelve bytes") == Secret("twelve byte"));
  EXPECT_FALSE(Secret("") == Secret("x"));
}

TEST(ChapExchange, ChallengesWithWhatItDrew) {
  ChapExchange chap(rule(), counting);
  std::string answer;
  EXPECT_EQ(chap.take(keys_of({{Key::chap_a, "5"}}), answer), ChapFault::none);
  std::string expected;
  append_pair(expected, "CHAP_A", "5");
  append_pair(expected, "CHAP_I", "1");
  append_pair(expected, "CHAP_C",
              "0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20");
  EXPECT_EQ(answer, expected);
  EXPECT_FALSE(chap.authenticated());
}

TEST(ChapExchange, EveryChallengeIsAnother) {
  std::string one;
  std::string two;
  ChapExchange first(rule());
  ChapExchange second(rule());
  EXPECT_EQ(first.take(keys_of({{Key::chap_a, "8"}}), one), ChapFault::none);
  EXPECT_EQ(second.take(keys_of({{Key::chap_a, "8"}}), two), ChapFault::none);
  EXPECT_NE(one, two);
}

TEST(ChapExchange, AcceptsTheRightProofInEveryAlgorithmAndEncoding) {
  for (const ChapAlgorithmRow& row : chap_algorithms()) {
    for (const bool upper : {false, true}) {
      ChapExchange chap(rule(), counting);
      std::string answer;
      const std::string number = std::to_string(static_cast<int>(row.algorithm));
      ASSERT_EQ(chap.take(keys_of({{Key::chap_a, number}}), answer), ChapFault::none);
      std::string response = right_response(row.algorithm);
      if (upper) std::transform(response.begin(), response.end(), response.begin(), toupper);
      EXPECT_EQ(chap.take(keys_of({{Key::chap_n, "host"}, {Key::chap_r, response}}), answer),
                ChapFault::none);
      EXPECT_TRUE(chap.authenticated());
    }
  }
}

TEST(ChapExchange, ProvesItselfWhenAskedByOneWhoHasProvedHimself) {
  ChapExchange chap(rule(), counting);
  std::string answer;
  ASSERT_EQ(chap.take(keys_of({{Key::chap_a, "7"}}), answer), ChapFault::none);
  answer.clear();
  EXPECT_EQ(chap.take(keys_of({{Key::chap_n, "host"},
                               {Key::chap_r, right_response(ChapAlgorithm::sha256)},
                               {Key::chap_i, "255"},
                               {Key::chap_c, "0bAQIDBAU="}}),
                      answer),
            ChapFault::none);
  const std::vector<uint8_t> challenge = {1, 2, 3, 4, 5};
  std::string expected;
  append_pair(expected, "CHAP_N", "tidemark");
  append_pair(
      expected, "CHAP_R",
      hex_text(chap_response(*choose_algorithm("7"), 255, Secret("target's own secret"), challenge)
                   .view()));
  EXPECT_EQ(answer, expected);
}

struct WrongStep {
  const char* what;
  Pairs keys;
  ChapFault fault;
};
const std::string kOwnChallenge =
    "0x0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20";

std::vector<WrongStep> wrong_proofs() {
  const std::string right = right_response();
  return {
      {"wrong user", {{Key::chap_n, "guest"}, {Key::chap_r, right}}, ChapFault::wrong_proof},
      {"user in another case",
       {{Key::chap_n, "Host"}, {Key::chap_r, right}},
       ChapFault::wrong_proof},
      {"wrong secret",
       {{Key::chap_n, "host"},
        {Key::chap_r, right_response(ChapAlgorithm::md5, Secret("guessed wrongly"))}},
       ChapFault::wrong_proof},
      {"both wrong", {{Key::chap_n, "x"}, {Key::chap_r, "0x00"}}, ChapFault::wrong_proof},
      {"cut short",
       {{Key::chap_n, "host"}, {Key::chap_r, right.substr(0, right.size() - 2)}},
       ChapFault::wrong_proof},
      {"longer", {{Key::chap_n, "host"}, {Key::chap_r, right + "00"}}, ChapFault::wrong_proof},
      {"of another algorithm",
       {{Key::chap_n, "host"}, {Key::chap_r, right_response(ChapAlgorithm::sha1)}},
       ChapFault::wrong_proof},
      {"empty", {{Key::chap_n, "host"}, {Key::chap_r, "0x"}}, ChapFault::wrong_proof},
      {"no binary", {{Key::chap_n, "host"}, {Key::chap_r, "abc"}}, ChapFault::malformed},
      {"no hexadecimal", {{Key::chap_n, "host"}, {Key::chap_r, "0xgg"}}, ChapFault::malformed},
      {"no name", {{Key::chap_r, right}}, ChapFault::out_of_order},
      {"no response", {{Key::chap_n, "host"}}, ChapFault::out_of_order},
      {"identifier without challenge",
       {{Key::chap_n, "host"}, {Key::chap_r, right}, {Key::chap_i, "1"}},
       ChapFault::out_of_order},
      {"algorithm again", {{Key::chap_a, "5"}}, ChapFault::out_of_order},
      {"everything at once",
       {{Key::chap_a, "5"}, {Key::chap_n, "host"}, {Key::chap_r, right}},
       ChapFault::out_of_order},
      {"reflected",
       {{Key::chap_n, "host"},
        {Key::chap_r, right},
        {Key::chap_i, "1"},
        {Key::chap_c, kOwnChallenge}},
       ChapFault::reflected},
      {"reflected, in another identifier",
       {{Key::chap_n, "host"},
        {Key::chap_r, right},
        {Key::chap_i, "7"},
        {Key::chap_c, kOwnChallenge}},
       ChapFault::reflected},
      {"mutual, with a wrong proof",
       {{Key::chap_n, "host"}, {Key::chap_r, "0x11"}, {Key::chap_i, "1"}, {Key::chap_c, "0x22"}},
       ChapFault::wrong_proof},
      {"identifier too large",
       {{Key::chap_n, "host"}, {Key::chap_r, right}, {Key::chap_i, "256"}, {Key::chap_c, "0x22"}},
       ChapFault::malformed},
      {"empty challenge",
       {{Key::chap_n, "host"}, {Key::chap_r, right}, {Key::chap_i, "1"}, {Key::chap_c, "0x"}},
       ChapFault::malformed},
      {"challenge of 1025 bytes",
       {{Key::chap_n, "host"},
        {Key::chap_r, right},
        {Key::chap_i, "1"},
        {Key::chap_c, "0x" + std::string(2050, '1')}},
       ChapFault::malformed},
  };
}

TEST(ChapExchange, EveryWrongStepFailsAndAdmitsNobody) {
  for (const WrongStep& wrong : wrong_proofs()) {
    SCOPED_TRACE(wrong.what);
    ChapExchange chap(rule(), counting);
    std::string answer;
    ASSERT_EQ(chap.take(keys_of({{Key::chap_a, "5"}}), answer), ChapFault::none);
    answer.clear();
    EXPECT_EQ(chap.take(keys_of(wrong.keys), answer), wrong.fault);
    EXPECT_FALSE(chap.authenticated());
    EXPECT_TRUE(answer.empty()) << answer;
  }
}

TEST(ChapExchange, NothingElseMayComeFirst) {
  for (const Pairs& keys : {Pairs{{Key::chap_n, "host"}, {Key::chap_r, right_response()}},
                            Pairs{{Key::chap_a, "5"}, {Key::chap_i, "1"}},
                            Pairs{{Key::chap_c, "0x11"}, {Key::chap_i, "1"}}}) {
    ChapExchange chap(rule(), counting);
    std::string answer;
    EXPECT_EQ(chap.take(keys_of(keys), answer), ChapFault::out_of_order);
  }
}

TEST(ChapExchange, NothingMayComeAfter) {
  ChapExchange chap(rule(), counting);
  std::string answer;
  chap.take(keys_of({{Key::chap_a, "5"}}), answer);
  ASSERT_EQ(chap.take(keys_of({{Key::chap_n, "host"}, {Key::chap_r, right_response()}}), answer),
            ChapFault::none);
  EXPECT_EQ(chap.take(keys_of({{Key::chap_a, "5"}}), answer), ChapFault::out_of_order);
}

TEST(ChapExchange, NoAlgorithmInCommonIsAFault) {
  ChapExchange chap(rule(), counting);
  std::string answer;
  EXPECT_EQ(chap.take(keys_of({{Key::chap_a, "1,2,99"}}), answer), ChapFault::no_algorithm);
}

TEST(ChapExchange, WithoutASecretOfItsOwnItProvesNothing) {
  ChapExchange chap(rule(false), counting);
  std::string answer;
  chap.take(keys_of({{Key::chap_a, "5"}}), answer);
  answer.clear();
  EXPECT_EQ(chap.take(keys_of({{Key::chap_n, "host"},
                               {Key::chap_r, right_response()},
                               {Key::chap_i, "1"},
                               {Key::chap_c, "0x22"}}),
                      answer),
            ChapFault::no_target_secret);
  EXPECT_TRUE(answer.empty());
}

TEST(ChapExchange, WithoutRandomNumbersThereIsNoChallenge) {
  ChapExchange chap(rule(), no_entropy);
  std::string answer;
  EXPECT_EQ(chap.take(keys_of({{Key::chap_a, "5"}}), answer), ChapFault::no_resources);
  EXPECT_TRUE(answer.empty());
}

TEST(Binary, HexadecimalAndBase64) {
  const auto bytes = [](std::string_view text) { return parse_binary(text, 16); };
  EXPECT_EQ(bytes("0x0102fF"), (std::vector<uint8_t>{1, 2, 255}));
  EXPECT_EQ(bytes("0X102"), (std::vector<uint8_t>{1, 2}));
  EXPECT_EQ(bytes("0x"), std::vector<uint8_t>{});
  EXPECT_EQ(bytes("0bAQID"), (std::vector<uint8_t>{1, 2, 3}));
  EXPECT_EQ(bytes("0BAQI="), (std::vector<uint8_t>{1, 2}));
  EXPECT_EQ(bytes("0bAQ=="), (std::vector<uint8_t>{1}));
  EXPECT_EQ(bytes("0b+/+/"), (std::vector<uint8_t>{0xfb, 0xff, 0xbf}));
  for (const char* wrong : {"", "0", "12", "0y12", "0x1g", "0bA", "0bAQI",
                            "0bA===", "0b====", "0b,QID", "0x1122334455667788112233445566778899"})
    EXPECT_FALSE(bytes(wrong)) << wrong;
}

}  // namespace
}  // namespace tidemark::target
