#include "scsi/kept_state.h"

#include <utility>

#include "base/invariant.h"

namespace tidemark::scsi {

KeptState::KeptState(Executor& executor, std::string unit)
    : executor_(executor), unit_(std::move(unit)) {}

void KeptState::keep_in(UnitStore& store, UnitRecord found) {
  store_ = &store;
  record_ = std::move(found);
}

void KeptState::change(Edit edit, CoreId core, std::function<void(bool)> ended) {
  INVARIANT(possible());
  executor_.run_on(kHome, [this, change = Change{std::move(edit), core, std::move(ended)}] {
    queue_.push_back(change);
    if (queue_.size() == 1) next();
  });
}

void KeptState::next() {
  UnitRecord record = record_;
  queue_.front().edit(record);
  // Posted: the store may answer inside the call, or on a thread of its own.
  store_->save(unit_, record, [this, record](bool durable) {
    executor_.post(kHome, [this, record, durable] { saved(record, durable); });
  });
}

void KeptState::saved(UnitRecord record, bool durable) {
  if (durable) record_ = std::move(record);
  const Change change = std::move(queue_.front());
  queue_.pop_front();
  if (!queue_.empty()) next();
  // Last: the unit may go with it.
  executor_.run_on(change.core, [ended = change.ended, durable] { ended(durable); });
}

void KeptState::read(CoreId core, std::function<void(const UnitRecord&)> then) {
  executor_.run_on(kHome, [this, core, then = std::move(then)] {
    executor_.run_on(core, [record = record_, then] { then(record); });
  });
}

}  // namespace tidemark::scsi
