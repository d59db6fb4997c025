// PortGroups: the asymmetric access states of one logical unit (SPC-4 5.16.2). The target ports of
// one portal group tag are a target port group, and the tag is its identifier.
//
// Changes are made one after the other on a home core and given to every core before they have
// ended; each nexus keeps the state of its own group, so that a command costs one comparison.
// States are not kept through a restart: all groups begin as active/optimized.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/executor.h"
#include "scsi/access_state.h"

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
    std::function<void()> ended = {};
  };
  /// From any core. `ended` runs once all cores know and all nexuses but `by` are to be told. The
  /// unit lives until then.
  void change(Request request);

 private:
  using Groups = std::map<uint16_t, Group>;
  static constexpr CoreId kHome = 0;

  void next();
  void show(const std::shared_ptr<const Groups>& groups, CoreId core);

  LogicalUnit& unit_;
  std::vector<std::shared_ptr<const Groups>> views_;  // each touched on its core only

  // On the home core; the first is being carried out.
  std::deque<Request> queue_;
};

}  // namespace tidemark::scsi
