#include "mgmt/daemon/unit_records.h"

#include <gtest/gtest.h>

#include <future>

#include "tests/mgmt/temporary_directory.h"

namespace tidemark::mgmt {
namespace {

class UnitRecordsTest : public ::testing::Test {
 protected:
  bool save(const scsi::UnitRecord& record) {
    std::promise<bool> kept;
    records_.save("5e71a1", record, [&](bool ok) { kept.set_value(ok); });
    return kept.get_future().get();
  }
  void put(const std::string& text) {
    ASSERT_TRUE(store_->run([&](Database& database) {
      return database.prepare("INSERT OR REPLACE INTO unit VALUES ('5e71a1', ?)").bind(text).run();
    }));
  }

  TemporaryDirectory directory_;
  std::unique_ptr<StateStore> store_ = std::move(StateStore::open(directory_.path())).value();
  UnitRecords records_{*store_};
};

TEST_F(UnitRecordsTest, WhatIsSavedIsFoundAgain) {
  const scsi::UnitRecord record{
      .modes = {{"write_cache", 0}, {"descriptor_sense", 1}},
      .identifying_information = std::string("\x00\xff\x7f", 3),
      .text_information = std::string("rack 4\0", 7),
      .unfinished = scsi::MediumOrder{.kind = scsi::MediumOrder::Kind::overwrite,
                                      .pattern = {0, 255, 3},
                                      .passes = 31,
                                      .invert = true,
                                      .unrestricted_exit = true},
      .port_groups = {{1, {scsi::AccessState::standby, true}}, {65535, {}}}};
  ASSERT_TRUE(save(record));
  const auto found = records_.load("5e71a1");
  ASSERT_TRUE(found);
  EXPECT_EQ(found.value(), record);
}

TEST_F(UnitRecordsTest, NothingIsFoundOfAnUnknownUnit) {
  const auto found = records_.load("unheard-of");
  ASSERT_TRUE(found);
  EXPECT_EQ(found.value(), scsi::UnitRecord{});
}

TEST_F(UnitRecordsTest, WhatCannotBeUnderstoodIsAnErrorThatNamesTheDatabase) {
  ASSERT_TRUE(save({}));
  const std::string whole =
      R"("version":1,"modes":{},"identifying_information":"","text_information":"")";
  const std::string order = R"("passes":1,"pattern":"","invert":false,"unrestricted_exit":false)";
  for (const std::string& text :
       {std::string("{"), std::string("[]"), "{" + whole + R"(,"version":2})",
        R"({"version":1,"modes":{},"identifying_information":"0","text_information":""})" +
            std::string(),
        "{" + whole + R"(,"unfinished":{"kind":"melt",)" + order + "}}",
        "{" + whole + R"(,"unfinished":{"kind":"format"}})",
        "{" + whole + R"(,"port_groups":[{"tag":1,"state":"odd","preferred":false}]})",
        "{" + whole + R"(,"port_groups":[{"tag":65536,"state":"standby","preferred":false}]})",
        "{" + whole + R"(,"port_groups":[{"tag":1,"state":"standby"}]})"}) {
    put(text);
    const auto found = records_.load("5e71a1");
    ASSERT_FALSE(found) << text;
    EXPECT_NE(found.error().message.find(store_->path()), std::string::npos);
  }
}

}  // namespace
}  // namespace tidemark::mgmt
