#include "target/session_registry.h"

#include <algorithm>
#include <utility>

namespace tidemark::target {

SessionRegistry::Entry* SessionRegistry::find(const Name& name) {
  if (name.target.empty()) return nullptr;
  const auto at = std::find_if(sessions_.begin(), sessions_.end(),
                               [&](const Entry& entry) { return entry.name == name; });
  return at == sessions_.end() ? nullptr : &*at;
}

uint16_t SessionRegistry::free_tsih() {
  if (tsihs_.size() >= std::min<size_t>(sessions_max_, UINT16_MAX)) return 0;
  do ++last_tsih_;
  while (last_tsih_ == 0 || tsihs_.contains(last_tsih_));
  return last_tsih_;
}

void SessionRegistry::claim(Name name, uint16_t tsih, CoreId core, Granted granted) {
  Entry* const existing = find(name);
  if (tsih != 0) {
    // A further connection, or one anew: the session itself knows what it has.
    if (existing == nullptr || existing->tsih != tsih || existing->ending)
      return granted({.status = LoginStatus::session_does_not_exist});
    return granted({.id = existing->id, .tsih = tsih, .joins = true, .core = existing->core});
  }
  if (existing == nullptr) return grant({std::move(name), core, std::move(granted)});
  waiters_.push_back({std::move(name), core, std::move(granted)});
  end(*existing);
}

void SessionRegistry::end(Entry& entry) {
  if (!std::exchange(entry.ending, true)) end_(entry.id, entry.core);
}

void SessionRegistry::grant(Waiter claim) {
  const uint16_t tsih = free_tsih();
  if (tsih == 0) return claim.granted({.status = LoginStatus::out_of_resources});
  tsihs_.insert(tsih);
  const uint64_t id = ++last_id_;
  sessions_.push_back({id, std::move(claim.name), tsih, claim.core, false});
  claim.granted({.id = id, .tsih = tsih, .core = claim.core});
}

void SessionRegistry::release(uint64_t id) {
  const auto at = std::find_if(sessions_.begin(), sessions_.end(),
                               [id](const Entry& entry) { return entry.id == id; });
  if (at == sessions_.end()) return;
  const Name name = std::move(at->name);
  tsihs_.erase(at->tsih);
  sessions_.erase(at);
  const auto waits = [&](const Waiter& waiter) { return waiter.name == name; };
  const auto waiter = std::find_if(waiters_.begin(), waiters_.end(), waits);
  if (waiter == waiters_.end()) return;
  Waiter next = std::move(*waiter);
  waiters_.erase(waiter);
  grant(std::move(next));
  // Who came later takes it over in turn.
  if (std::none_of(waiters_.begin(), waiters_.end(), waits)) return;
  if (Entry* const entry = find(name)) end(*entry);
}

}  // namespace tidemark::target
