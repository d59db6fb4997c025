#include "target/isns_registration.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

namespace tidemark::target {
namespace {

using namespace std::chrono_literals;

constexpr int kRefreshesInAPeriod = 3;
constexpr uint32_t kSourceUnknown = 6;
constexpr size_t kPerhapsMax = 256;  // beyond it, what may be left there runs out by itself

bool is_same_place(const IsnsPortal& one, const IsnsPortal& other) {
  return one.address == other.address && one.port == other.port;
}

bool has_place(const std::vector<IsnsPortal>& all, const IsnsPortal& one) {
  return std::ranges::any_of(all, [&](const IsnsPortal& each) { return is_same_place(each, one); });
}

bool has(const std::vector<std::string>& all, const std::string& one) {
  return std::ranges::find(all, one) != all.end();
}

}  // namespace

std::vector<std::string> IsnsRegistration::gone_targets() const {
  std::vector<std::string> gone;
  for (const auto& row : registered_->targets)
    if (!has(wanted_.targets, row.first)) gone.push_back(row.first);
  return gone;
}

std::vector<IsnsPortal> IsnsRegistration::gone_portals() const {
  std::vector<IsnsPortal> gone;
  for (const IsnsPortal& portal : registered_->portals)
    if (!has_place(wanted_.portals, portal)) gone.push_back(portal);
  return gone;
}

/// What is to be done next.
void IsnsRegistration::choose(TimePoint now) {
  step_ = Step::none;
  if (wanted_.empty()) {
    if (registered()) step_ = Step::forget_all;
    return;
  }
  for (const std::string& target : wanted_.targets) {
    if (registered_) {
      const auto known = registered_->targets.find(target);
      if (known != registered_->targets.end() && known->second == wanted_.portals) continue;
    }
    step_ = Step::enter;
    target_ = target;
    return;
  }
  // Only then is what is gone removed: there is always a node to speak for the entity.
  if (!gone_targets().empty() || !gone_portals().empty())
    step_ = Step::forget;
  else if (now >= refresh_at_)
    step_ = Step::ask;
}

Result<std::optional<std::vector<uint8_t>>> IsnsRegistration::next(TimePoint now) {
  choose(now);
  if (step_ == Step::none) return std::optional<std::vector<uint8_t>>();
  told_ = wanted_;
  function_ = step_ == Step::ask     ? IsnsFunction::query_attributes
              : step_ == Step::enter ? IsnsFunction::register_attributes
                                     : IsnsFunction::deregister;
  auto pdu = message().finish(++transaction_);
  if (!pdu) return pdu.error();
  return std::optional(std::move(pdu).value());
}

IsnsRequest IsnsRegistration::message() const {
  switch (step_) {
    case Step::forget_all:
      return forget_all();
    case Step::forget:
      return forget();
    case Step::ask:
      return ask();
    case Step::enter:
    case Step::none:
      break;
  }
  return enter();
}

/// A node of the entity, as the server knows it (clause 5.6.1); the first of all is its own source.
std::string IsnsRegistration::source() const {
  if (step_ == Step::forget) return wanted_.targets.front();
  if (registered_) return registered_->targets.begin()->first;
  return step_ == Step::forget_all ? *perhaps_.begin() : target_;
}

/// It may have been done or not. So what was to be entered is there, as far as removing it goes,
/// and nothing is, as far as it is to be there: all is told once more.
void IsnsRegistration::unanswered() {
  if (step_ == Step::enter && !registered_ && perhaps_.size() < kPerhapsMax)
    perhaps_.insert(target_);
  if (step_ == Step::enter && registered_) {
    registered_->targets.try_emplace(target_);
    add_portals();
  }
  if (registered_ && step_ != Step::ask)
    for (auto& row : registered_->targets) row.second.clear();
  step_ = Step::none;
}

void IsnsRegistration::add_portals() {
  for (const IsnsPortal& portal : told_.portals)
    if (!has_place(registered_->portals, portal)) registered_->portals.push_back(portal);
}

IsnsRequest IsnsRegistration::forget_all() const {
  IsnsRequest request(IsnsFunction::deregister);
  request.put(IsnsTag::iscsi_name, source()).put(IsnsTag::delimiter);
  request.put(IsnsTag::entity_identifier, name_);
  return request;
}

IsnsRequest IsnsRegistration::forget() const {
  IsnsRequest request(IsnsFunction::deregister);
  request.put(IsnsTag::iscsi_name, source()).put(IsnsTag::delimiter);
  for (const std::string& target : gone_targets()) request.put(IsnsTag::iscsi_name, target);
  for (const IsnsPortal& portal : gone_portals())
    request.put(IsnsTag::portal_address, portal.address).put(IsnsTag::portal_port, portal.port);
  return request;
}

IsnsRequest IsnsRegistration::enter() const {
  IsnsRequest request(IsnsFunction::register_attributes, registered_ ? uint16_t{0} : kIsnsReplace);
  request.put(IsnsTag::iscsi_name, source());
  request.put(IsnsTag::entity_identifier, name_).put(IsnsTag::delimiter);
  request.put(IsnsTag::entity_identifier, name_);
  request.put(IsnsTag::entity_protocol, kIsnsProtocolIscsi);
  request.put(IsnsTag::registration_period, static_cast<uint32_t>(period_.count()));
  std::set<uint16_t> groups;
  for (const IsnsPortal& portal : wanted_.portals) {
    request.put(IsnsTag::portal_address, portal.address).put(IsnsTag::portal_port, portal.port);
    groups.insert(portal.group);
  }
  request.put(IsnsTag::iscsi_name, target_).put(IsnsTag::iscsi_node_type, kIsnsNodeTarget);
  for (const uint16_t group : groups) {
    request.put(IsnsTag::pg_tag, group);
    for (const IsnsPortal& portal : wanted_.portals)
      if (portal.group == group)
        request.put(IsnsTag::pg_portal_address, portal.address)
            .put(IsnsTag::pg_portal_port, portal.port);
  }
  return request;
}

IsnsRequest IsnsRegistration::ask() const {
  IsnsRequest request(IsnsFunction::query_attributes);
  request.put(IsnsTag::iscsi_name, source());
  request.put(IsnsTag::iscsi_name, source()).put(IsnsTag::delimiter);
  request.put(IsnsTag::entity_identifier).put(IsnsTag::registration_period);
  return request;
}

Result<void> IsnsRegistration::answer(ConstBytes payload, TimePoint now) {
  IsnsPayload answer(payload);
  const auto status = answer.status();
  bool known = false;
  uint32_t seconds = 0;
  while (const auto attribute = answer.next()) {
    if (attribute->is(IsnsTag::entity_identifier) && attribute->text() == name_) known = true;
    if (attribute->is(IsnsTag::registration_period)) seconds = attribute->number();
  }
  if (!status || answer.malformed()) {
    unanswered();
    return Error{ErrorKind::io, "its answer is malformed", {}};
  }
  if (*status == kSourceUnknown && (registered_ || step_ == Step::forget_all)) {
    not_there(source());
    step_ = Step::none;
    return {};
  }
  if (*status != 0 && step_ != Step::ask) {
    step_ = Step::none;
    return Error{ErrorKind::invalid,
                 fmt::format("it refuses with status {}, {}", *status, isns_status_name(*status)),
                 {}};
  }
  if (seconds != 0) granted_ = std::chrono::seconds(seconds);
  apply(known && *status == 0, now);
  return {};
}

/// The server does not have that one, whatever we thought. Another may still speak for the entity.
void IsnsRegistration::not_there(const std::string& target) {
  if (!registered_) {
    perhaps_.erase(target);
    return;
  }
  registered_->targets.erase(target);
  if (registered_->targets.empty()) registered_.reset();
}

/// What was told has been done.
void IsnsRegistration::apply(bool known, TimePoint now) {
  switch (std::exchange(step_, Step::none)) {
    case Step::none:
      return;
    case Step::forget_all:
      perhaps_.clear();
      return registered_.reset();
    case Step::forget:
      std::erase_if(registered_->targets,
                    [&](const auto& row) { return !has(told_.targets, row.first); });
      std::erase_if(registered_->portals,
                    [&](const IsnsPortal& portal) { return !has_place(told_.portals, portal); });
      break;
    case Step::enter:
      if (!registered_) registered_.emplace();
      perhaps_.clear();
      add_portals();
      registered_->targets[target_] = told_.portals;
      break;
    case Step::ask:
      if (!known) return registered_.reset();
      break;
  }
  const std::chrono::seconds period = granted_ > 0s ? granted_ : period_;
  refresh_at_ = now + std::chrono::duration_cast<Duration>(period) / kRefreshesInAPeriod;
}

}  // namespace tidemark::target
