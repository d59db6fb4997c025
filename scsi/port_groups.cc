#include "scsi/port_groups.h"

#include <utility>

#include "scsi/every_core.h"
#include "scsi/logical_unit.h"
#include "scsi/nexus.h"

namespace tidemark::scsi {

PortGroups::PortGroups(LogicalUnit& unit) : unit_(unit) {
  views_.assign(unit.executor().core_count(), std::make_shared<const Groups>());
}

PortGroups::Group PortGroups::of(CoreId core, uint16_t tag) const {
  const auto found = views_[core]->find(tag);
  return found == views_[core]->end() ? Group{} : found->second;
}

void PortGroups::change(Request request) {
  unit_.executor().run_on(kHome, [this, request = std::move(request)]() mutable {
    queue_.push_back(std::move(request));
    if (queue_.size() == 1) next();
  });
}

void PortGroups::restore(const std::map<uint16_t, KeptPortGroup>& kept) {
  auto groups = std::make_shared<Groups>();
  for (const auto& [tag, group] : kept)
    (*groups)[tag] = {.state = group.state, .preferred = group.preferred};
  views_.assign(views_.size(), groups);
}

void PortGroups::next() {
  const Request& request = queue_.front();
  auto groups = std::make_shared<Groups>(*views_[kHome]);
  bool moves = false;
  for (const Change& change : request.changes) {
    Group& group = (*groups)[change.tag];
    if (change.preferred) group.preferred = *change.preferred;
    if (!change.state || *change.state == group.state) continue;
    moves = true;
    group.state = *change.state;
    group.changed_by = request.by ? kExplicitly : kImplicitly;
  }
  if (*groups == *views_[kHome]) return end(true);
  keep(groups, [this, groups, moves](bool kept) {
    if (kept) return spread(groups, moves);
    end(false);
  });
}

/// `kept` runs on the home core.
void PortGroups::keep(const GroupsPtr& groups, std::function<void(bool)> kept) {
  if (!unit_.kept().possible()) return kept(true);
  unit_.kept().change(
      [groups](UnitRecord& record) {
        record.port_groups.clear();
        for (const auto& [tag, group] : *groups)
          record.port_groups[tag] = {group.state, group.preferred};
      },
      kHome, std::move(kept));
}

void PortGroups::spread(const GroupsPtr& groups, bool moves) {
  on_every_core(
      unit_.executor(), kHome,
      [this, groups, moves, by = queue_.front().by](CoreId core,
                                                    const std::function<void()>& done) {
        show(groups, core);
        for (Nexus* nexus : unit_.nexuses(core))
          if (moves && nexus != by) nexus->add_attention(&unit_, attention::kAccessStateChanged);
        done();
      },
      [this] { end(true); });
}

/// The unit may go once `ended` has run: it is the last that is done here.
void PortGroups::end(bool done) {
  const Request ended = std::move(queue_.front());
  queue_.pop_front();
  if (!queue_.empty()) next();
  unit_.executor().run_on(ended.core, [ended = ended.ended, done] { ended(done); });
}

void PortGroups::show(const GroupsPtr& groups, CoreId core) {
  views_[core] = groups;
  for (Nexus* nexus : unit_.nexuses(core))
    nexus->enter(unit_, of(core, nexus->name().port.portal_group).state);
}

}  // namespace tidemark::scsi
