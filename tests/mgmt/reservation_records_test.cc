#include "mgmt/daemon/reservation_records.h"

#include <gtest/gtest.h>

#include <future>

#include "tests/mgmt/temporary_directory.h"

namespace tidemark::mgmt {
namespace {

constexpr const char* kUnit = "5e71a1";

class Records : public testing::Test {
 protected:
  bool save(const scsi::ReservationState& state, const std::string& unit = kUnit) {
    std::promise<bool> kept;
    records_.save(unit, state, [&](bool ok) { kept.set_value(ok); });
    return kept.get_future().get();
  }
  static scsi::ReservationState reserved() {
    scsi::ReservationState state;
    state.registrations = {{{"iqn.host", 0x400001370000, {"iqn.target", 7}}, UINT64_MAX, true},
                           {{"iqn.other", UINT64_MAX, {"iqn.target"}}, 1, false}};
    state.type = scsi::ReservationType::write_exclusive_registrants_only;
    state.persistent = true;
    return state;
  }
  bool execute(const std::string& sql) {
    return store_->run([&](Database& database) { return database.execute(sql); }).ok();
  }

  TemporaryDirectory directory_;
  std::unique_ptr<StateStore> store_ = std::move(StateStore::open(directory_.path())).value();
  ReservationRecords records_{*store_};
};

TEST_F(Records, WhatIsSavedIsFoundAgain) {
  ASSERT_TRUE(save(reserved()));
  ASSERT_TRUE(save({}, "another"));
  const auto found = records_.load(kUnit);
  ASSERT_TRUE(found);
  EXPECT_EQ(found.value(), reserved());
}

TEST_F(Records, TheNewStateTakesThePlaceOfTheOld) {
  ASSERT_TRUE(save(reserved()));
  scsi::ReservationState later = reserved();
  later.registrations.pop_back();
  later.type = scsi::ReservationType::exclusive_access;
  ASSERT_TRUE(save(later));
  EXPECT_EQ(records_.load(kUnit).value(), later);
}

TEST_F(Records, NothingIsFoundOfAnUnknownUnit) {
  const auto found = records_.load("unheard-of");
  ASSERT_TRUE(found);
  EXPECT_EQ(found.value(), scsi::ReservationState{});
}

TEST_F(Records, WhatIsNotPersistentIsForgotten) {
  ASSERT_TRUE(save(reserved()));
  ASSERT_TRUE(save({}));
  EXPECT_EQ(records_.load(kUnit).value(), scsi::ReservationState{});
  EXPECT_TRUE(save({})) << "and forgetting it twice is no failure";
}

TEST_F(Records, WhatContradictsItselfIsAnErrorThatSaysWhatToDo) {
  for (const char* sql : {"UPDATE reservation SET type = 2", "UPDATE reservation SET type = 261",
                          "UPDATE reservation SET type = 0", "UPDATE registration SET key = 0",
                          "UPDATE registration SET holder = 1"}) {
    ASSERT_TRUE(save(reserved()));
    ASSERT_TRUE(execute(sql)) << sql;
    const auto found = records_.load(kUnit);
    ASSERT_FALSE(found) << sql;
    EXPECT_NE(found.error().message.find("state.db"), std::string::npos);
  }
}

TEST_F(Records, FailureToWriteIsToldAndLeavesWhatWasThere) {
  ASSERT_TRUE(save(reserved()));
  ASSERT_TRUE(
      execute("CREATE TRIGGER full BEFORE INSERT ON registration "
              "BEGIN SELECT RAISE(ABORT, 'no space'); END"));
  scsi::ReservationState later = reserved();
  later.registrations.pop_back();
  EXPECT_FALSE(save(later));
  EXPECT_EQ(records_.load(kUnit).value(), reserved());
}

}  // namespace
}  // namespace tidemark::mgmt
