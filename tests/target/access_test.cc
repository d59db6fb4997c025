// Who is let in, by which row, and what he finds.
#include "target/access.h"

#include <gtest/gtest.h>

#include "tests/support/sim_executor.h"

namespace tidemark::target {
namespace {

std::vector<AccessRow> rows(const std::vector<std::string>& initiators) {
  std::vector<AccessRow> made;
  for (const std::string& one : initiators)
    made.push_back({one, nullptr, std::make_shared<const scsi::LunMap>()});
  return made;
}

std::string admitted_by(const std::vector<std::string>& initiators, std::string_view initiator) {
  const auto all = rows(initiators);
  const AccessRow* row = find_access(all, initiator);
  return row == nullptr ? "nobody" : row->initiator;
}

TEST(Access, IsDeniedUnlessGranted) {
  EXPECT_EQ(admitted_by({}, "iqn.a"), "nobody");
  EXPECT_EQ(admitted_by({"iqn.a"}, "iqn.b"), "nobody");
  EXPECT_EQ(admitted_by({"iqn.a"}, "iqn.a"), "iqn.a");
  EXPECT_EQ(admitted_by({"*"}, "iqn.b"), "*");
}

TEST(Access, GoesByTheRowThatKnowsMost) {
  const std::vector<std::string> all = {"*", "iqn.lab.*", "iqn.lab.one", "iqn.lab.o*"};
  EXPECT_EQ(admitted_by(all, "iqn.lab.one"), "iqn.lab.one");
  EXPECT_EQ(admitted_by(all, "iqn.lab.other"), "iqn.lab.o*");
  EXPECT_EQ(admitted_by(all, "iqn.lab.two"), "iqn.lab.*");
  EXPECT_EQ(admitted_by(all, "iqn.home"), "*");
  EXPECT_EQ(admitted_by({"iqn.lab.one*", "iqn.lab.one"}, "iqn.lab.one"), "iqn.lab.one");
}

TEST(Access, ABeginningIsNotTheWholeAndTheWholeIsNoBeginning) {
  EXPECT_EQ(admitted_by({"iqn.lab.one"}, "iqn.lab.one2"), "nobody");
  EXPECT_EQ(admitted_by({"iqn.lab.one"}, "iqn.lab.on"), "nobody");
  EXPECT_EQ(admitted_by({"iqn.lab.*"}, "iqn.la"), "nobody");
  EXPECT_EQ(admitted_by({"iqn.lab.*"}, "iqn.lab."), "iqn.lab.*");
}

TEST(Access, NamesMeanTheSameInAnyCase) {
  EXPECT_EQ(admitted_by({"eui.02004567A425678D"}, "eui.02004567a425678d"), "eui.02004567A425678D");
  EXPECT_EQ(admitted_by({"iqn.lab.*"}, "IQN.Lab.One"), "iqn.lab.*");
}

struct DirectoryTest : testing::Test {
  DirectoryTest() {
    directory_.targets.push_back({device_, {}, rows({"iqn.a", "iqn.b"}), {}});
    directory_.targets[0].access[1].chap = rule_;
    directory_.targets[0].access[1].units = masked_;
    directory_.targets.push_back({moved_, {}, rows({"iqn.a"}), Redirection{"10.0.0.9:3260", true}});
  }
  Admission::Answer answer(std::string_view target, std::string_view initiator) {
    return directory_.admit(target, initiator).answer;
  }

  test::SimExecutor executor_{1, 1};
  std::shared_ptr<scsi::TargetDevice> device_ =
      std::make_shared<scsi::TargetDevice>(executor_, "iqn.target");
  std::shared_ptr<scsi::TargetDevice> moved_ =
      std::make_shared<scsi::TargetDevice>(executor_, "iqn.moved");
  std::shared_ptr<const ChapRule> rule_ = std::make_shared<ChapRule>();
  std::shared_ptr<const scsi::LunMap> masked_ = std::make_shared<scsi::LunMap>();
  Directory directory_;
};

TEST_F(DirectoryTest, TellsWhyNot) {
  EXPECT_EQ(answer("iqn.target", "iqn.a"), Admission::Answer::admitted);
  EXPECT_EQ(answer("IQN.Target", "iqn.a"), Admission::Answer::admitted);
  EXPECT_EQ(answer("iqn.target", "iqn.c"), Admission::Answer::not_listed);
  EXPECT_EQ(answer("iqn.none", "iqn.a"), Admission::Answer::no_such_target);
}

TEST_F(DirectoryTest, EachInitiatorHasItsOwnMapAndItsOwnProof) {
  EXPECT_EQ(directory_.admit("iqn.target", "iqn.a").chap, nullptr);
  EXPECT_EQ(directory_.admit("iqn.target", "iqn.b").chap, rule_);
  EXPECT_EQ(directory_.admit("iqn.target", "iqn.b").units, masked_);
  EXPECT_NE(directory_.admit("iqn.target", "iqn.a").units, masked_);
  EXPECT_EQ(directory_.admit("iqn.target", "iqn.a").device, device_);
}

TEST_F(DirectoryTest, OnlyOneWhoIsListedLearnsWhereATargetMoved) {
  const Admission told = directory_.admit("iqn.moved", "iqn.a");
  EXPECT_EQ(told.answer, Admission::Answer::moved);
  EXPECT_EQ(told.moved_to, (Redirection{"10.0.0.9:3260", true}));
  const Admission stranger = directory_.admit("iqn.moved", "iqn.b");
  EXPECT_EQ(stranger.answer, Admission::Answer::not_listed);
  EXPECT_TRUE(stranger.moved_to.address.empty());
}

}  // namespace
}  // namespace tidemark::target
