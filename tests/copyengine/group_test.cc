// What the engine asks of a group of copies, and that it is one thing until its begin time has
// passed.
#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "tests/copyengine/copy_fixture.h"

namespace tidemark::copyengine {
namespace {

using std::chrono::milliseconds;
using storage::Errc;
using storage::Verb;
using storage::VolumeIo;
using test::SimIo;
using test::SimVolume;

class GroupTest : public CopyFixture {
 protected:
  GroupTest() {
    engine_.add_volume("source2", source2_.gate, source2_.guard);
    engine_.add_volume("copy2", copy2_.gate, copy2_.guard);
  }
  /// Its volumes go before those of the fixture.
  ~GroupTest() override {
    hung_.let_go();
    for (uint64_t id = 1; id < 8; ++id)
      engine_.act(id, CopyVerb::cancel, [](const Result<CopyStatus>&) {});
    run(std::chrono::seconds(100));
  }
  static GroupRequest two() {
    GroupRequest request;
    request.copies = {guarding_only(), guarding_only()};
    request.copies[1].source = "source2";
    request.copies[1].destination = "copy2";
    return request;
  }
  void order(const GroupRequest& request) {
    answer_.reset();
    engine_.start_group(request,
                        [this](Result<GroupStatus> result) { answer_ = std::move(result); });
    run();
  }
  std::string refused(const GroupRequest& request) {
    order(request);
    return answer_ && !*answer_ ? answer_->error().field : "not refused";
  }
  size_t copies() {
    size_t count = 0;
    engine_.list([&](const std::vector<CopyStatus>& all) { count = all.size(); });
    run(milliseconds(1));
    return count;
  }

  ServedSim source2_{executor_, "source2", kBytes};
  ServedSim copy2_{executor_, "copy2", kBytes};
  std::optional<Result<GroupStatus>> answer_;
};

TEST_F(GroupTest, ItsCopiesHaveOneBeginTime) {
  order(two());
  ASSERT_TRUE(answer_ && *answer_);
  const GroupStatus& group = answer_->value();
  ASSERT_EQ(group.copies.size(), 2u);
  EXPECT_EQ(group.state(), CopyState::copying);
  EXPECT_NE(group.t0_unix_ns(), 0u);
  for (const CopyStatus& copy : group.copies) {
    EXPECT_EQ(copy.t0_unix_ns, group.t0_unix_ns());
    EXPECT_EQ(copy.request.group, group.id);
  }
}

TEST_F(GroupTest, AVolumeIsNamedOnce) {
  GroupRequest request = two();
  request.copies[1].source = "source";
  EXPECT_EQ(refused(request), "copies[1].source");
  request = two();
  request.copies[1].destination = "copy";
  EXPECT_EQ(refused(request), "copies[1].destination");
  request = two();
  request.copies[1].destination = "source";
  EXPECT_EQ(refused(request), "copies[1].destination");
}

TEST_F(GroupTest, ItHasOneMomentAndDoesNotWait) {
  GroupRequest request = two();
  request.copies[0].consistency = Consistency::segment;
  EXPECT_EQ(refused(request), "copies[0].consistency");
  request = two();
  request.copies[1].hold = true;
  EXPECT_EQ(refused(request), "copies[1].hold");
  EXPECT_EQ(refused({}), "copies");
}

TEST_F(GroupTest, WhenOneIsRefusedNothingIsLeftOfTheOthers) {
  GroupRequest request = two();
  request.copies[1].destination = "nowhere";
  EXPECT_EQ(refused(request), "copies[1].destination");
  EXPECT_EQ(copies(), 0u);
  EXPECT_EQ(start(guarding_only()).state, CopyState::copying) << "its volumes are free";
}

TEST_F(GroupTest, ASourceThatDoesNotCloseCallsItOff) {
  source2_.medium.decide([](const VolumeIo& io) { return SimVolume::Fate{.hang = !io.internal}; },
                         &hung_);
  SimIo stuck(Verb::write, {0, 512}, 1);
  stuck.submit(executor_, source2_.gate);
  GroupRequest request = two();
  request.fence_deadline = milliseconds(100);
  order(request);
  EXPECT_FALSE(answer_);
  SimIo waits(Verb::write, {0, 512}, 2);
  submit(waits);
  run();
  EXPECT_EQ(waits.ends, 0u) << "the fence holds it";
  run(milliseconds(100));
  EXPECT_TRUE(waits.ok()) << "and has been undone";
  ASSERT_TRUE(answer_ && *answer_);
  EXPECT_EQ(answer_->value().state(), CopyState::failed);
  for (const CopyStatus& copy : answer_->value().copies) EXPECT_EQ(copy.state, CopyState::failed);
  EXPECT_EQ(answer_->value().copies[0].error_party, "engine");
  EXPECT_EQ(answer_->value().copies[1].error_party, "source");
  EXPECT_FALSE(copy_.gate.host_write_protected(0));
  hung_.let_go();
  run();
}

TEST_F(GroupTest, AfterItsBeginTimeEachIsOnItsOwn) {
  order(two());
  ASSERT_TRUE(answer_ && *answer_);
  ASSERT_TRUE(act(answer_->value().copies[0].id, CopyVerb::cancel));
  run();
  EXPECT_EQ(get(answer_->value().copies[1].id).state, CopyState::copying);
  std::optional<GroupStatus> now;
  engine_.group(answer_->value().id,
                [&](const Result<GroupStatus>& group) { now = group.value(); });
  run(milliseconds(1));
  EXPECT_EQ(now->state(), CopyState::cancelled);
}

}  // namespace
}  // namespace tidemark::copyengine
