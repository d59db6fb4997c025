#include "mgmt/daemon/reservation_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

namespace tidemark::mgmt {
namespace {

class ReservationFilesTest : public ::testing::Test {
 protected:
  ReservationFilesTest() { std::filesystem::remove_all(directory_); }
  ~ReservationFilesTest() override { std::filesystem::remove_all(directory_); }

  bool save(const scsi::ReservationState& state) {
    std::promise<bool> kept;
    files_.save("5e71a1", state, [&](bool ok) { kept.set_value(ok); });
    return kept.get_future().get();
  }
  scsi::ReservationState reserved() const {
    scsi::ReservationState state;
    state.registrations = {{{"iqn.host", 0x400001370000, "iqn.target"}, UINT64_MAX, true},
                           {{"iqn.other", 1, "iqn.target"}, 1, false}};
    state.type = scsi::ReservationType::write_exclusive_registrants_only;
    state.persistent = true;
    return state;
  }
  std::string file() const { return directory_ + "/5e71a1.json"; }

  const std::string directory_ =
      ::testing::TempDir() + "reservations." + std::to_string(::getpid());
  ReservationFiles files_{directory_};
};

TEST_F(ReservationFilesTest, WhatIsSavedIsFoundAgain) {
  ASSERT_TRUE(save(reserved()));
  const auto found = files_.load("5e71a1");
  ASSERT_TRUE(found);
  EXPECT_EQ(found.value(), reserved());
}

TEST_F(ReservationFilesTest, NothingIsFoundOfAnUnknownUnit) {
  const auto found = files_.load("unheard-of");
  ASSERT_TRUE(found);
  EXPECT_EQ(found.value(), scsi::ReservationState{});
}

TEST_F(ReservationFilesTest, WhatIsNotPersistentIsRemoved) {
  ASSERT_TRUE(save(reserved()));
  ASSERT_TRUE(save({}));
  EXPECT_FALSE(std::filesystem::exists(file()));
  EXPECT_TRUE(save({})) << "and removing it twice is no failure";
}

TEST_F(ReservationFilesTest, WhatCannotBeUnderstoodIsAnError) {
  ASSERT_TRUE(save(reserved()));
  for (const char* text : {"", "{", "[]", R"({"version":2,"type":0,"registrations":[]})",
                           R"({"version":1,"type":257,"registrations":[]})",
                           R"({"version":1,"type":1,"registrations":[]})",
                           R"({"version":1,"type":0,"registrations":[{"key":1}]})"}) {
    std::ofstream(file()) << text;
    EXPECT_FALSE(files_.load("5e71a1")) << text;
  }
}

TEST_F(ReservationFilesTest, FailureToWriteIsToldAndLeavesWhatWasThere) {
  std::ofstream(directory_) << "a file is in the way of the directory";
  EXPECT_FALSE(save(reserved()));
}

}  // namespace
}  // namespace tidemark::mgmt
