// The state database: transactions, versions, and what a kill leaves of them.
#include "mgmt/daemon/state_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "tests/mgmt/temporary_directory.h"

namespace tidemark::mgmt {
namespace {

class StateStores : public testing::Test {
 protected:
  std::unique_ptr<StateStore> open() {
    auto opened = StateStore::open(directory_.path());
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(opened).value() : nullptr;
  }
  std::string file() const { return directory_.path() + "/state.db"; }

  static Result<void> insert(Database& database, const char* unit) {
    return database.prepare("INSERT INTO reservation VALUES (?, 0)").bind(unit).run();
  }
  static int64_t count(StateStore& store) {
    int64_t found = -1;
    const auto done = store.run([&](Database& database) -> Result<void> {
      Statement query = database.prepare("SELECT count(*) FROM reservation");
      if (const auto row = query.step(); !row) return row.error();
      found = query.number(0);
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
    return found;
  }

  TemporaryDirectory directory_;
};

TEST_F(StateStores, WhatIsCommittedIsFoundAgain) {
  ASSERT_TRUE(open()->run([](Database& database) { return insert(database, "a"); }));
  EXPECT_EQ(count(*open()), 1);
}

TEST_F(StateStores, AFailedTransactionLeavesNothingOfItself) {
  const auto store = open();
  const auto done = store->run([](Database& database) -> Result<void> {
    if (auto first = insert(database, "a"); !first) return first;
    return insert(database, "a");
  });
  EXPECT_FALSE(done);
  EXPECT_EQ(count(*store), 0);
  EXPECT_TRUE(store->run([](Database& database) { return insert(database, "a"); }));
}

TEST_F(StateStores, TransactionsKeepTheirOrderAndTheQueueIsCarriedOutAtTheEnd) {
  std::vector<int> order;
  {
    const auto store = open();
    for (int i = 0; i < 20; ++i)
      store->change([](Database&) -> Result<void> { return {}; },
                    [&order, i](const Result<void>&) { order.push_back(i); });
  }
  ASSERT_EQ(order.size(), 20u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_F(StateStores, OnlyTheOwnerMayReadIt) {
  open();
  struct stat about {};
  ASSERT_EQ(stat(file().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(StateStores, ADatabaseOfALaterVersionIsRefusedAndLeftAsItIs) {
  ASSERT_TRUE(open()->run([](Database& database) -> Result<void> {
    if (auto done = insert(database, "a"); !done) return done;
    return database.execute("UPDATE schema_version SET version = 1000");
  }));
  const auto refused = StateStore::open(directory_.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::unsupported);
  EXPECT_NE(refused.error().message.find(file()), std::string::npos);
  auto database = Database::open(file());
  ASSERT_TRUE(database);
  Statement query = database.value().prepare("SELECT unit FROM reservation");
  ASSERT_TRUE(query.step());
  EXPECT_EQ(query.text(0), "a");
}

TEST_F(StateStores, WhatIsNoDatabaseIsAnErrorThatNamesTheFile) {
  directory_.write("state.db", std::string(8192, 'x'));
  const auto refused = StateStore::open(directory_.path());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find(file()), std::string::npos);
}

// A process that dies inside a transaction: the next one finds what was committed before it.
TEST_F(StateStores, ATransactionCutShortByAKillIsUndone) {
  const pid_t child = fork();
  if (child == 0) {
    const auto store = open();
    bool committed = store->run([](Database& database) { return insert(database, "a"); }).ok();
    const auto cut = store->run([](Database& database) -> Result<void> {
      if (auto done = insert(database, "b"); !done) return done;
      kill(getpid(), SIGKILL);
      return {};
    });
    _exit(committed && cut ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(count(*open()), 1);
}

}  // namespace
}  // namespace tidemark::mgmt
