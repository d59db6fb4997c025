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
  if (tsihs_.size() >= UINT16_MAX) return 0;
  do ++last_tsih_;
  while (last_tsih_ == 0 || tsihs_.contains(last_tsih_));
  return last_tsih_;
}

void SessionRegistry::claim(Name name, uint16_t tsih, End end, Granted granted) {
  Entry* const existing = find(name);
  if (tsih != 0) {
    // A connection to be added: every session here has the one it may have.
    const bool known = existing != nullptr && existing->tsih == tsih;
    return granted(
        {known ? LoginStatus::too_many_connections : LoginStatus::session_does_not_exist, 0, 0});
  }
  if (existing == nullptr) return grant(std::move(name), std::move(end), granted);
  waiters_.push_back({std::move(name), std::move(end), std::move(granted)});
  if (std::exchange(existing->ending, true)) return;
  const End end_it = existing->end;
  end_it();
}

void SessionRegistry::grant(Name name, End end, const Granted& granted) {
  const uint16_t tsih = free_tsih();
  if (tsih == 0) return granted({LoginStatus::out_of_resources, 0, 0});
  tsihs_.insert(tsih);
  const uint64_t id = ++last_id_;
  sessions_.push_back({id, std::move(name), tsih, std::move(end), false});
  granted({LoginStatus::success, id, tsih});
}

void SessionRegistry::release(uint64_t id) {
  const auto at = std::find_if(sessions_.begin(), sessions_.end(),
                               [id](const Entry& entry) { return entry.id == id; });
  if (at == sessions_.end()) return;
  const Name name = std::move(at->name);
  tsihs_.erase(at->tsih);
  sessions_.erase(at);
  const auto waiter = std::find_if(waiters_.begin(), waiters_.end(),
                                   [&](const Waiter& w) { return w.name == name; });
  if (waiter == waiters_.end()) return;
  Waiter next = std::move(*waiter);
  waiters_.erase(waiter);
  const bool more = std::any_of(waiters_.begin(), waiters_.end(),
                                [&](const Waiter& w) { return w.name == name; });
  grant(std::move(next.name), std::move(next.end), next.granted);
  // Who came later takes it over in turn.
  if (!more) return;
  Entry* const entry = find(name);
  if (entry == nullptr || std::exchange(entry->ending, true)) return;
  const End end_it = entry->end;
  end_it();
}

}  // namespace tidemark::target
