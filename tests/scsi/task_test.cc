// Task sets, task attributes, task management and the life of a nexus.
#include "tests/scsi/device_fixture.h"

namespace tidemark::scsi {
namespace {

using Function = TaskManagementFunction;
using Response = TaskManagementResponse;

class Tasks : public ::testing::Test {
 protected:
  Sent& start_write(ItNexus& nexus, uint64_t lba, TaskAttribute attribute = TaskAttribute::simple) {
    Sent& sent = target_.begin(nexus, CdbBuilder(0x2a).range(lba, 1), 0, attribute);
    EXPECT_TRUE(sent.begun);
    target_.execute(sent, blocks_of(0xaa, 1));
    return sent;
  }
  TestTarget target_{UnitOptions{.cores = 3}};
};

TEST_F(Tasks, AbortedWriteThatIsHeldNeverReachesTheMedium) {
  target_.volume_.hold();
  Sent& sent = start_write(target_.host(), 0);
  const uint64_t tag = sent.task.tag;
  EXPECT_EQ(target_.manage(target_.host(), Function::abort_task, tag), Response::complete);
  EXPECT_TRUE(sent.done);
  EXPECT_TRUE(sent.aborted);
  target_.volume_.let_go();
  EXPECT_EQ(target_.volume_.bytes()[0], 0);
}
TEST_F(Tasks, AnswerWaitsForTheIoThatCannotBeTakenBack) {
  target_.volume_.hold();
  target_.volume_.refuse_cancel();
  Sent& sent = start_write(target_.host(), 0);
  EXPECT_EQ(target_.manage(target_.host(), Function::abort_task, sent.task.tag), std::nullopt);
  EXPECT_FALSE(sent.done);
  target_.volume_.let_go();
  EXPECT_TRUE(sent.aborted);
  EXPECT_EQ(target_.last_answer(), Response::complete);
}
TEST_F(Tasks, AbortOfWhatIsNotThere) {
  EXPECT_EQ(target_.manage(target_.host(), Function::abort_task, 99), Response::no_such_task);
}
TEST_F(Tasks, AbortReachesATaskThatWaitsForItsData) {
  Sent& sent = target_.begin(target_.host(), CdbBuilder(0x2a).range(0, 1));
  EXPECT_EQ(target_.manage(target_.host(), Function::abort_task, sent.task.tag),
            Response::complete);
  EXPECT_TRUE(sent.aborted);
}
TEST_F(Tasks, AbortWaitsInTheGateToo) {
  storage::Closure closure;
  closure.extent = {0, 4096};
  closure.on_closed = [] {};
  target_.gate_.close(closure);
  target_.settle();
  Sent& sent = start_write(target_.host(), 0);
  EXPECT_FALSE(sent.done);
  EXPECT_EQ(target_.manage(target_.host(), Function::abort_task, sent.task.tag),
            Response::complete);
  EXPECT_TRUE(sent.aborted);
  target_.gate_.open(closure);
  target_.settle();
  EXPECT_EQ(target_.volume_.bytes()[0], 0);
}
TEST_F(Tasks, AbortTaskSetLeavesOtherNexusesAlone) {
  ItNexus& one = target_.attach(0);
  ItNexus& two = target_.attach(1);
  target_.volume_.hold();
  Sent& mine = start_write(one, 0);
  Sent& also_mine = start_write(one, 1);
  Sent& theirs = start_write(two, 2);
  EXPECT_EQ(target_.manage(one, Function::abort_task_set), Response::complete);
  EXPECT_TRUE(mine.aborted);
  EXPECT_TRUE(also_mine.aborted);
  EXPECT_FALSE(theirs.done);
  target_.volume_.let_go();
  EXPECT_TRUE(theirs.good());
}
TEST_F(Tasks, ClearTaskSetIsAboutTheSetOfThisNexus) {
  ItNexus& one = target_.attach(0);
  ItNexus& two = target_.attach(1);
  target_.volume_.hold();
  Sent& mine = start_write(one, 0);
  Sent& theirs = start_write(two, 1);
  EXPECT_EQ(target_.manage(one, Function::clear_task_set), Response::complete);
  EXPECT_TRUE(mine.aborted);
  EXPECT_FALSE(theirs.done) << "TST is 001b";
  target_.volume_.let_go();
  EXPECT_TRUE(theirs.good());
  EXPECT_TRUE(target_.send_to(two, {0x00}).good());
}
TEST_F(Tasks, ThoseThatAnotherNexusEndsAreToldSoWithTas) {
  ItNexus& one = target_.attach(0);
  ItNexus& two = target_.attach(1);
  target_.unit_->settings().task_aborted_status = 1;
  target_.volume_.hold();
  Sent& mine = start_write(one, 0);
  Sent& theirs = start_write(two, 1);
  EXPECT_EQ(target_.manage(one, Function::logical_unit_reset), Response::complete);
  EXPECT_TRUE(mine.aborted);
  EXPECT_TRUE(theirs.done && !theirs.aborted && theirs.status == Status::task_aborted);
}
TEST_F(Tasks, MoreThanTheSetHoldsFindItFull) {
  target_.volume_.hold();
  ItNexus& nexus = target_.host();
  for (size_t i = 0; i < TaskSet::kTasksMax; ++i) start_write(nexus, 0);
  const Sent& one_more = target_.begin(nexus, {0x00});
  EXPECT_TRUE(one_more.done && one_more.status == Status::task_set_full);
  target_.volume_.let_go();
  EXPECT_TRUE(target_.send({0x00}).good());
}
TEST_F(Tasks, UnitResetEndsAllAndIsToldToAll) {
  ItNexus& one = target_.attach(0);
  ItNexus& two = target_.attach(1);
  target_.volume_.hold();
  Sent& mine = start_write(one, 0);
  Sent& theirs = start_write(two, 1);
  EXPECT_EQ(target_.manage(one, Function::logical_unit_reset), Response::complete);
  EXPECT_TRUE(mine.aborted);
  EXPECT_TRUE(theirs.aborted);
  EXPECT_TRUE(target_.send_to(one, {0x00}).attention(attention::kUnitReset));
  EXPECT_TRUE(target_.send_to(two, {0x00}).attention(attention::kUnitReset));
}
TEST_F(Tasks, UnitResetAnswersOnlyWhenAllCoresHaveEnded) {
  ItNexus& one = target_.attach(0);
  ItNexus& two = target_.attach(1);
  target_.volume_.hold();
  target_.volume_.refuse_cancel();
  Sent& theirs = start_write(two, 1);
  EXPECT_EQ(target_.manage(one, Function::logical_unit_reset), std::nullopt);
  target_.volume_.let_go();
  target_.settle();
  EXPECT_TRUE(theirs.aborted);
  EXPECT_EQ(target_.last_answer(), Response::complete);
}
TEST_F(Tasks, UnitResetStartsAStoppedUnitAndForgetsSettings) {
  target_.unit_->readiness().set(Readiness::State::stopped);
  target_.unit_->settings().descriptor_sense = true;
  target_.manage(target_.host(), Function::logical_unit_reset);
  EXPECT_TRUE(target_.unit_->readiness().ready());
  EXPECT_FALSE(target_.unit_->settings().descriptor_sense);
}
TEST_F(Tasks, TargetResetReachesEveryUnit) {
  ItNexus& one = target_.attach(0);
  ItNexus& two = target_.attach(2);
  target_.volume_.hold();
  Sent& theirs = start_write(two, 1);
  EXPECT_EQ(target_.manage(one, Function::target_reset), Response::complete);
  EXPECT_TRUE(theirs.aborted);
  EXPECT_TRUE(target_.send_to(two, {0x00}).attention(attention::kUnitReset));
}
TEST_F(Tasks, NexusResetIsAboutThisNexus) {
  ItNexus& one = target_.attach(0);
  ItNexus& two = target_.attach(1);
  target_.volume_.hold();
  Sent& mine = start_write(one, 0);
  Sent& theirs = start_write(two, 1);
  EXPECT_EQ(target_.manage(one, Function::i_t_nexus_reset), Response::complete);
  EXPECT_TRUE(mine.aborted);
  EXPECT_FALSE(theirs.done);
  target_.volume_.let_go();
  EXPECT_TRUE(target_.send_to(one, {0x00}).attention(attention::kNexusLoss));
  EXPECT_TRUE(target_.send_to(two, {0x00}).good());
}
TEST_F(Tasks, QueriesFindTasks) {
  target_.volume_.hold();
  Sent& sent = start_write(target_.host(), 0);
  const uint64_t tag = sent.task.tag;
  EXPECT_EQ(target_.manage(target_.host(), Function::query_task, tag), Response::succeeded);
  EXPECT_EQ(target_.manage(target_.host(), Function::query_task_set), Response::succeeded);
  target_.volume_.let_go();
  EXPECT_EQ(target_.manage(target_.host(), Function::query_task, tag), Response::complete);
  EXPECT_EQ(target_.manage(target_.host(), Function::query_task_set), Response::complete);
}
TEST_F(Tasks, FunctionsOnAbsentUnits) {
  for (const Function function :
       {Function::abort_task, Function::abort_task_set, Function::clear_task_set,
        Function::logical_unit_reset, Function::query_task, Function::query_task_set})
    EXPECT_EQ(target_.manage(target_.host(), function, 1, encode_lun(5)), Response::no_such_unit);
}
TEST_F(Tasks, TasksThatComeDuringAResetAreNotItsTasks) {
  target_.volume_.hold();
  target_.volume_.refuse_cancel();
  Sent& old = start_write(target_.host(), 0);
  target_.manage(target_.host(), Function::abort_task_set);
  Sent& fresh = start_write(target_.host(), 1);
  target_.volume_.let_one_go();
  EXPECT_TRUE(old.aborted);
  EXPECT_EQ(target_.last_answer(), Response::complete);
  target_.volume_.let_go();
  EXPECT_TRUE(fresh.good());
}

TEST_F(Tasks, OrderedWaitsForTheOlderAndYoungerWaitForIt) {
  target_.volume_.hold();
  Sent& older = start_write(target_.host(), 0);
  Sent& ordered = start_write(target_.host(), 1, TaskAttribute::ordered);
  Sent& younger = start_write(target_.host(), 2);
  EXPECT_EQ(target_.volume_.held(), 1u);
  target_.volume_.let_one_go();
  EXPECT_TRUE(older.good());
  EXPECT_EQ(target_.volume_.held(), 1u);
  EXPECT_FALSE(ordered.done);
  target_.volume_.let_one_go();
  EXPECT_TRUE(ordered.good());
  target_.volume_.let_one_go();
  EXPECT_TRUE(younger.good());
}
TEST_F(Tasks, SimpleTasksRunSideBySide) {
  target_.volume_.hold();
  start_write(target_.host(), 0);
  start_write(target_.host(), 1);
  EXPECT_EQ(target_.volume_.held(), 2u);
  target_.volume_.let_go();
}
TEST_F(Tasks, HeadOfQueuePassesAnOrderedTask) {
  target_.volume_.hold();
  start_write(target_.host(), 0);
  start_write(target_.host(), 1, TaskAttribute::ordered);
  start_write(target_.host(), 2, TaskAttribute::head_of_queue);
  EXPECT_EQ(target_.volume_.held(), 2u);
  target_.volume_.let_go();
}
TEST_F(Tasks, SimpleAndOrderedWaitForEveryHeadOfQueue) {
  target_.volume_.hold();
  start_write(target_.host(), 0);
  Sent& ordered = start_write(target_.host(), 1, TaskAttribute::ordered);
  start_write(target_.host(), 2, TaskAttribute::head_of_queue);
  Sent& simple = start_write(target_.host(), 3);
  target_.volume_.let_one_go();
  EXPECT_EQ(target_.volume_.held(), 1u) << "HEAD OF QUEUE is still under way";
  target_.volume_.let_one_go();
  EXPECT_EQ(target_.volume_.held(), 1u);
  EXPECT_FALSE(ordered.done);
  target_.volume_.let_one_go();
  EXPECT_TRUE(ordered.good());
  target_.volume_.let_go();
  EXPECT_TRUE(simple.good());
}
TEST_F(Tasks, WithRestrictedReorderingThoseThatOverlapKeepTheirOrder) {
  target_.unit_->settings().queue_algorithm_modifier = 0;
  target_.volume_.hold();
  Sent& first = start_write(target_.host(), 0);
  Sent& same = start_write(target_.host(), 0);
  start_write(target_.host(), 1);
  EXPECT_EQ(target_.volume_.held(), 2u) << "the second waits for the first, the third for none";
  target_.volume_.let_one_go();
  EXPECT_TRUE(first.good());
  EXPECT_EQ(target_.volume_.held(), 2u);
  target_.volume_.let_go();
  EXPECT_TRUE(same.good());
}
TEST_F(Tasks, OrderIsPerNexus) {
  ItNexus& one = target_.attach(0);
  ItNexus& two = target_.attach(1);
  target_.volume_.hold();
  start_write(one, 0, TaskAttribute::ordered);
  start_write(two, 1);
  EXPECT_EQ(target_.volume_.held(), 2u);
  target_.volume_.let_go();
}
TEST_F(Tasks, AbortOfTheOrderedTaskLetsTheYoungerRun) {
  target_.volume_.hold();
  start_write(target_.host(), 0);
  Sent& ordered = start_write(target_.host(), 1, TaskAttribute::ordered);
  Sent& younger = start_write(target_.host(), 2);
  target_.manage(target_.host(), Function::abort_task, ordered.task.tag);
  EXPECT_TRUE(ordered.aborted);
  EXPECT_EQ(target_.volume_.held(), 2u);
  target_.volume_.let_go();
  EXPECT_TRUE(younger.good());
}
TEST_F(Tasks, ManyQueuedTasksAreAllAborted) {
  target_.volume_.hold();
  start_write(target_.host(), 0, TaskAttribute::ordered);
  std::vector<Sent*> queued;
  for (uint64_t i = 1; i < 50; ++i) queued.push_back(&start_write(target_.host(), i));
  EXPECT_EQ(target_.manage(target_.host(), Function::abort_task_set), Response::complete);
  for (const Sent* sent : queued) EXPECT_TRUE(sent->aborted);
  EXPECT_EQ(target_.volume_.count(storage::Verb::write), 1u);
}

TEST_F(Tasks, DetachAbortsAndEndsAfterTheLastTask) {
  ItNexus& nexus = target_.attach(1);
  target_.volume_.hold();
  target_.volume_.refuse_cancel();
  Sent& sent = start_write(nexus, 0);
  bool detached = false;
  target_.executor_.as(1, [&] { target_.device_.detach(nexus, [&] { detached = true; }); });
  target_.settle();
  EXPECT_FALSE(detached);
  target_.volume_.let_go();
  target_.settle();
  EXPECT_TRUE(sent.aborted);
  EXPECT_TRUE(detached);
}
TEST_F(Tasks, DetachOfAnIdleNexusEndsSoonAndMayDestroyIt) {
  target_.attach(0);
  bool detached = false;
  target_.device_.detach(*target_.nexuses_[0], [&] {
    detached = true;
    target_.nexuses_.clear();
  });
  EXPECT_FALSE(detached) << "never from inside the call";
  target_.settle();
  EXPECT_TRUE(detached);
  EXPECT_TRUE(target_.unit_->nexuses(0).empty());
}
TEST_F(Tasks, DetachWaitsForManagementUnderWay) {
  ItNexus& one = target_.attach(0);
  ItNexus& two = target_.attach(1);
  target_.volume_.hold();
  target_.volume_.refuse_cancel();
  start_write(two, 0);
  target_.manage(one, Function::logical_unit_reset);
  bool detached = false;
  target_.device_.detach(one, [&] { detached = true; });
  target_.settle();
  EXPECT_FALSE(detached);
  target_.volume_.let_go();
  target_.settle();
  EXPECT_EQ(target_.last_answer(), Response::complete);
  EXPECT_TRUE(detached);
}
TEST_F(Tasks, TwoNamesOfOneUnitAreToldEach) {
  target_.map(1, target_.unit_);
  ItNexus& nexus = target_.attach(0);
  target_.manage(nexus, Function::logical_unit_reset);
  EXPECT_TRUE(target_.send_at(0, {0x00}).attention(attention::kUnitReset));
  EXPECT_TRUE(target_.send_at(encode_lun(1), {0x00}).attention(attention::kUnitReset));
}
TEST_F(Tasks, ATaskIsUsedAgainWithoutTraces) {
  Sent& sent = target_.send(CdbBuilder(0x89).range(0, 1), Data(1024));
  EXPECT_EQ(sent.task.unit, nullptr);
  EXPECT_EQ(sent.task.state, nullptr);
  EXPECT_EQ(sent.task.set, nullptr);
  EXPECT_EQ(sent.task.io.holder, nullptr);
}

}  // namespace
}  // namespace tidemark::scsi
