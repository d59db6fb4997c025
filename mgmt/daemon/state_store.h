// StateStore: what must outlive the daemon, as one SQLite database in its state directory. Whoever
// keeps something there has tables of its own (state_schema.cc) and changes them in transactions: a
// kill or a power failure at any moment leaves the old state or the new one.
//
// A thread of its own carries out the transactions, one after the other in the order they came: a
// flush may take longer than any core can wait.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "mgmt/daemon/sqlite.h"

namespace tidemark::mgmt {

class StateStore {
 public:
  /// What is done inside one transaction; an error undoes all of it.
  using Transaction = std::function<Result<void>(Database&)>;
  using Done = std::function<void(Result<void>)>;

  /// Opens "state.db" in `directory`, or makes it, and brings its tables up to date. Blocking. A
  /// database that cannot be used is an error: what it held (who is fenced off, for one) must not
  /// be forgotten without a word.
  static Result<std::unique_ptr<StateStore>> open(const std::string& directory);
  ~StateStore();  // carries out what is queued

  /// From any thread. `done` runs on the store's thread, once the transaction is on the disk or
  /// has failed.
  void change(Transaction transaction, Done done);
  /// The same, waited for. Not from a core.
  Result<void> run(Transaction transaction);

  const std::string& path() const { return path_; }

 private:
  struct Entry {
    Transaction transaction;
    Done done;
  };

  StateStore(std::string path, Database database);
  void serve();
  Result<void> carry_out(const Transaction& transaction);

  std::string path_;
  Database database_;  // the thread's
  std::mutex mutex_;   // queue_, stopping_
  std::condition_variable wake_;
  std::deque<Entry> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tidemark::mgmt
