// PortGroups: the asymmetric access states of one logical unit (SPC-4 5.16.2). The target ports of
// one portal group tag are a target port group, and the tag is its identifier.
//
// Changes are made one after the other on a home core, are kept, and are given to every core before
// they have ended; each nexus keeps the state of its own group, so that a command costs one
// comparison. A group that nobody has changed is active/optimized.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/executor.h"
#include "scsi/access_state.h"
#include "scsi/unit_store.h"

namespace tidemark::scsi {

class ItNexus;
class LogicalUnit;

class PortGroups {
 public:
  /// Part of `unit`.
  explicit PortGroups(LogicalUnit& unit);
  PortGroups(const PortGroups&) = delete;
  PortGroups& operator=(const PortGroups&) = delete;

  struct Group {
    AccessState state = AccessState::optimized;
    bool preferred = false;
    uint8_t changed_by = 0;  // STATUS CODE (SPC-4 table 310): 0 never, kExplicitly, kImplicitly

    bool operator==(const Group&) const = default;
  };
  static constexpr uint8_t kExplicitly = 1;
  static constexpr uint8_t kImplicitly = 2;

  /// As `core` knows it. On that core.
  Group of(CoreId core, uint16_t tag) const;

  struct Change {
    uint16_t tag = 1;
    std::optional<AccessState> state = std::nullopt;
    std::optional<bool> preferred = std::nullopt;
  };
  struct Request {
    std::vector<Change> changes = {};
    const ItNexus* by = nullptr;  // SET TARGET PORT GROUPS of this nexus; else by management
    CoreId core = 0;              // where `ended` runs
    std::function<void(bool)> ended = {};
  };
  /// From any core. `ended` runs once all cores know and all nexuses but `by` are to be told; or
  /// with false if the change cannot be kept, and so is not made. The unit lives until then.
  void change(Request request);
  /// As they were kept. Before the unit is used.
  void restore(const std::map<uint16_t, KeptPortGroup>& kept);

 private:
  using Groups = std::map<uint16_t, Group>;
  static constexpr CoreId kHome = 0;

  using GroupsPtr = std::shared_ptr<const Groups>;

  void next();
  void keep(const GroupsPtr& groups, std::function<void(bool)> kept);
  void spread(const GroupsPtr& groups, bool moves);
  void show(const GroupsPtr& groups, CoreId core);
  void end(bool done);

  LogicalUnit& unit_;
  std::vector<std::shared_ptr<const Groups>> views_;  // each touched on its core only

  // On the home core; the first is being carried out.
  std::deque<Request> queue_;
};

}  // namespace tidemark::scsi
