// What is remembered of requests with a key.
#include "mgmt/http/repeated_requests.h"

#include <gtest/gtest.h>

namespace tidemark::mgmt {
namespace {

HttpResponse answer(unsigned status, const std::string& body = {}) {
  return HttpResponse{status, std::string(kJson), body, {}};
}

TEST(RepeatedRequests, TheFirstAnswerIsGivenAgain) {
  RepeatedRequests repeats;
  EXPECT_FALSE(repeats.begin("k", "POST /a"));
  repeats.keep("k", answer(409, "no"));
  const auto again = repeats.begin("k", "POST /a");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->status, 409u);
  EXPECT_EQ(again->body, "no");
}

TEST(RepeatedRequests, OneThatIsStillUnderWayIsNotBegunTwice) {
  RepeatedRequests repeats;
  EXPECT_FALSE(repeats.begin("k", "POST /a"));
  EXPECT_EQ(repeats.begin("k", "POST /a")->status, 409u);
}

TEST(RepeatedRequests, AKeyStandsForOneRequest) {
  RepeatedRequests repeats;
  EXPECT_FALSE(repeats.begin("k", "POST /a"));
  repeats.keep("k", answer(200));
  EXPECT_EQ(repeats.begin("k", "POST /b")->status, 422u);
}

TEST(RepeatedRequests, AFailureOfOursMayBeTriedAgain) {
  RepeatedRequests repeats;
  EXPECT_FALSE(repeats.begin("k", "POST /a"));
  repeats.keep("k", answer(500));
  EXPECT_FALSE(repeats.begin("k", "POST /a"));
}

TEST(RepeatedRequests, TheOldestAnswersAreForgotten) {
  RepeatedRequests repeats;
  for (size_t i = 0; i <= RepeatedRequests::kKept; ++i) {
    const std::string key = "k" + std::to_string(i);
    EXPECT_FALSE(repeats.begin(key, "POST /a"));
    repeats.keep(key, answer(200));
  }
  EXPECT_FALSE(repeats.begin("k0", "POST /a"));
  EXPECT_TRUE(repeats.begin("k1", "POST /a"));
}

TEST(RepeatedRequests, AKeyIsVisibleAscii) {
  RepeatedRequests repeats;
  for (const std::string& key : {std::string(), std::string("a b"), std::string("\x01"),
                                 std::string(RepeatedRequests::kKeyMax + 1, 'k')})
    EXPECT_EQ(repeats.begin(key, "POST /a")->status, 422u);
}

}  // namespace
}  // namespace tidemark::mgmt
