#include "scsi/logical_unit.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/big_endian.h"

namespace tidemark::scsi {
namespace {

/// FNV-1a, 64 bits.
constexpr uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    hash ^= static_cast<uint8_t>(c);
    hash *= 0x100000001b3;
  }
  return hash;
}

}  // namespace

Identity Identity::from_name(const std::string& stable_name) {
  Identity identity;
  const uint64_t hash = hash_of(stable_name);
  identity.serial = fmt::format("{:016x}", hash);
  store_be64(identity.naa.data(), hash);
  identity.eui64 = identity.naa;
  identity.naa[0] = static_cast<uint8_t>(0x30 | (identity.naa[0] & 0x0f));
  identity.eui64[0] = static_cast<uint8_t>(0x02 | (identity.eui64[0] & 0xfc));
  return identity;
}

LogicalUnit::LogicalUnit(Executor& executor, storage::RangeGate& volume, Identity identity,
                         CopyService* copies)
    : executor_(executor),
      volume_(volume),
      identity_(std::move(identity)),
      copies_(copies),
      statistics_(executor.core_count()),
      kept_(executor, identity_.serial),
      nexuses_(executor.core_count()),
      background_copies_(executor.core_count()),
      reservations_(*this),
      port_groups_(*this),
      operation_(*this) {
  default_settings_.write_cache = volume_.traits().write_cache;
  saved_settings_.assign(default_settings_);
  settings_.assign(default_settings_);
}

LogicalUnit::~LogicalUnit() = default;

void LogicalUnit::keep_in(UnitStore& store, UnitRecord found) {
  for (const ModeField& field : mode_fields()) {
    const auto saved = found.modes.find(std::string(field.name));
    if (saved != found.modes.end() && field.allows(saved->second) &&
        field.changeable(traits().write_cache))
      saved_settings_.*field.value = saved->second;
  }
  settings_.assign(saved_settings_);
  port_groups_.restore(found.port_groups);
  kept_.keep_in(store, std::move(found));
}

void LogicalUnit::reset() {
  if (readiness_.state() == Readiness::State::stopped) readiness_.enter(Readiness::State::ready);
  settings_.assign(saved_settings_);
}

void LogicalUnit::set_ports(const std::vector<TargetPort>& ports) {
  auto numbered = std::make_shared<Ports>(*numbered_.load());
  for (const TargetPort& port : ports)
    if (std::ranges::count(*numbered, port, &UnitPort::port) == 0)
      numbered->push_back({port, static_cast<uint16_t>(numbered->size() + 1)});
  auto now = std::make_shared<Ports>();
  for (const UnitPort& one : *numbered)
    if (std::ranges::count(ports, one.port) != 0) now->push_back(one);
  numbered_.store(std::move(numbered));
  ports_.store(std::move(now));
}

void LogicalUnit::add_port(const TargetPort& port) {
  std::vector<TargetPort> all = {port};
  const auto now = ports();
  for (const UnitPort& other : *now) all.push_back(other.port);
  set_ports(all);
}

uint16_t LogicalUnit::port_number(const TargetPort& port) const {
  const std::shared_ptr<const Ports> all = numbered_.load();
  const auto found = std::ranges::find(*all, port, &UnitPort::port);
  return found == all->end() ? 0 : found->number;
}

std::optional<TargetPort> LogicalUnit::port(uint16_t number) const {
  const auto all = ports();
  const auto found = std::ranges::find(*all, number, &UnitPort::number);
  if (found == all->end()) return std::nullopt;
  return found->port;
}

std::optional<SenseData> LogicalUnit::write_refusal(CoreId core) const {
  if (volume_.traits().read_only || volume_.host_write_protected(core))
    return sense::write_protected();
  if (settings_.software_write_protect.load(std::memory_order_relaxed))
    return SenseData{.key = SenseKey::data_protect, .asc = 0x2702};  // SOFTWARE WRITE PROTECTED
  return std::nullopt;
}

}  // namespace tidemark::scsi
