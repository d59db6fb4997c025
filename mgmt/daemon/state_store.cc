#include "mgmt/daemon/state_store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <future>
#include <utility>

#include "base/log.h"
#include "mgmt/daemon/state_schema.h"

namespace tidemark::mgmt {
namespace {

Error unusable(const std::string& path, const Error& why) {
  return {why.kind,
          fmt::format("the state kept in {} cannot be used: {}; to go on without it, move that "
                      "file away",
                      path, why.message),
          {}};
}

}  // namespace

Result<std::unique_ptr<StateStore>> StateStore::open(const std::string& directory) {
  const std::string path = directory + "/state.db";
  // Made for the owner only: it holds names and reservation keys.
  const mode_t before = umask(0077);
  auto database = Database::open(path);
  umask(before);
  if (!database) return unusable(path, database.error());
  if (auto done = bring_up_to_date(database.value()); !done) return unusable(path, done.error());
  return std::unique_ptr<StateStore>(new StateStore(path, std::move(database).value()));
}

StateStore::StateStore(std::string path, Database database)
    : path_(std::move(path)), database_(std::move(database)) {
  thread_ = std::thread([this] { serve(); });
}

StateStore::~StateStore() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void StateStore::change(Transaction transaction, Done done) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({std::move(transaction), std::move(done)});
  }
  wake_.notify_one();
}

Result<void> StateStore::run(Transaction transaction) {
  std::promise<Result<void>> ended;
  change(std::move(transaction), [&](Result<void> result) { ended.set_value(std::move(result)); });
  return ended.get_future().get();
}

void StateStore::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const Entry entry = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    Result<void> result = carry_out(entry.transaction);
    if (!result) log_error("{}: nothing was changed: {}", path_, result.error().message);
    entry.done(std::move(result));
    lock.lock();
  }
}

Result<void> StateStore::carry_out(const Transaction& transaction) {
  if (auto begun = database_.execute("BEGIN IMMEDIATE"); !begun) return begun;
  Result<void> done = transaction(database_);
  if (done) done = database_.execute("COMMIT");
  if (!done)
    if (const auto undone = database_.execute("ROLLBACK"); !undone)
      log_error("{}: {}", path_, undone.error().message);
  return done;
}

}  // namespace tidemark::mgmt
