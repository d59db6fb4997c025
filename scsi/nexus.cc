#include "scsi/nexus.h"

#include <algorithm>
#include <utility>

#include "base/invariant.h"
#include "scsi/logical_unit.h"
#include "scsi/lun.h"

namespace tidemark::scsi {
namespace {

/// A reference to `unit` whose counter is not shared with the nexuses of other cores.
std::shared_ptr<LogicalUnit> counted_here(const std::shared_ptr<LogicalUnit>& unit) {
  auto holder = std::make_shared<std::shared_ptr<LogicalUnit>>(unit);
  return {std::move(holder), unit.get()};
}

}  // namespace

Nexus::Nexus(TargetDevice& device, NexusName name, std::shared_ptr<const LunMap> units, CoreId core)
    : device_(device), name_(std::move(name)), core_(core), units_(std::move(units)) {
  for (const auto& [lun, unit] : *units_) add(lun, unit);
}

void Nexus::add(uint16_t lun, const std::shared_ptr<LogicalUnit>& unit) {
  INVARIANT(lun <= kMaxLun && unit != nullptr);
  Entry& entry = entries_[lun];
  entry.unit = counted_here(unit);
  entry.attentions.add(attention::kPowerOn);
  entry.restriction = restriction_of(unit->reservations().state(core_), name_);
  entry.access = unit->port_groups().of(core_, name_.port.portal_group).state;
  entry.write_protected = unit->volume().host_write_protected(core_);
  auto& peers = unit->nexuses(core_);
  if (std::find(peers.begin(), peers.end(), this) == peers.end()) peers.push_back(this);
}

bool Nexus::extend(std::shared_ptr<const LunMap> units) {
  for (const auto& [lun, unit] : *units_) {
    const auto same = units->find(lun);
    if (same == units->end() || same->second != unit) return false;
  }
  const bool more = units->size() > units_->size();
  units_ = std::move(units);
  if (!more) return true;
  add_attention(nullptr, attention::kLunsChanged);
  for (const auto& [lun, unit] : *units_)
    if (!entries_.contains(lun)) add(lun, unit);
  return true;
}

Nexus::~Nexus() {
  withdraw();
}

Nexus::Entry* Nexus::find(uint16_t lun) {
  const auto found = entries_.find(lun);
  return found == entries_.end() ? nullptr : &found->second;
}

void Nexus::add_attention(const LogicalUnit* unit, Asc asc) {
  for (auto& [lun, entry] : entries_)
    if (!unit || entry.unit.get() == unit) entry.attentions.add(asc);
}

void Nexus::clear_attention(Asc asc) {
  for (auto& [lun, entry] : entries_) entry.attentions.clear(asc);
}

void Nexus::restrict(const LogicalUnit& unit, Restriction restriction) {
  for (auto& [lun, entry] : entries_)
    if (entry.unit.get() == &unit) entry.restriction = restriction;
}

void Nexus::prevent_removal(LogicalUnit& unit, bool prevents) {
  for (auto& [lun, entry] : entries_) {
    if (entry.unit.get() != &unit || entry.prevents_removal == prevents) continue;
    entry.prevents_removal = prevents;
    if (prevents) {
      ++unit.removal_preventions();
    } else {
      --unit.removal_preventions();
    }
  }
}

void Nexus::enter(const LogicalUnit& unit, AccessState access) {
  for (auto& [lun, entry] : entries_)
    if (entry.unit.get() == &unit) entry.access = access;
}

void Nexus::release_legacy() {
  for (auto& [lun, entry] : entries_) {
    if (entry.unit->reservations().state(core_).legacy != name_) continue;
    // The unit is kept until that has ended.
    entry.unit->reservations().carry_out(
        {.order = {.action = ReservationAction::legacy_lost, .from = name_},
         .core = core_,
         .ended = [unit = entry.unit](Status, const SenseData&) {}});
  }
}

void Nexus::withdraw() {
  for (auto& [lun, entry] : entries_) {
    std::erase(entry.unit->nexuses(core_), this);
    prevent_removal(*entry.unit, false);
  }
}

void Nexus::function_ends() {
  --functions_;
  check_quiet();
}

void Nexus::when_quiet(std::function<void()> quiet) {
  quiet_ = std::move(quiet);
  tasks_.when_empty([this] { check_quiet(); });
}

void Nexus::check_quiet() {
  if (quiet_ && functions_ == 0 && tasks_.empty()) std::exchange(quiet_, nullptr)();
}

}  // namespace tidemark::scsi
