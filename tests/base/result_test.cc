#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace tidemark {
namespace {

TEST(Result, CarriesAValueOrAnError) {
  Result<int> good = 7;
  EXPECT_TRUE(good.ok());
  EXPECT_TRUE(static_cast<bool>(good));
  EXPECT_EQ(good.value(), 7);

  const Result<int> bad = Error{ErrorKind::not_found, "no such volume", "source"};
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().kind, ErrorKind::not_found);
  EXPECT_EQ(bad.error().message, "no such volume");
  EXPECT_EQ(bad.error().field, "source");
}

TEST(Result, GivesItsValueAway) {
  Result<std::unique_ptr<int>> made = std::make_unique<int>(5);
  const std::unique_ptr<int> taken = std::move(made).value();
  EXPECT_EQ(*taken, 5);
}

TEST(Result, OfNothingIsGoodUnlessAnError) {
  const Result<void> good;
  EXPECT_TRUE(good.ok());
  const Result<void> bad = Error{ErrorKind::io, "the disk failed", ""};
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().kind, ErrorKind::io);
}

TEST(ResultDeathTest, AskingForWhatIsNotThereIsAProgrammersError) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  const Result<int> bad = Error{};
  EXPECT_DEATH(static_cast<void>(bad.value()), "invariant failed");
  const Result<int> good = 1;
  EXPECT_DEATH(static_cast<void>(good.error()), "invariant failed");
}

}  // namespace
}  // namespace tidemark
