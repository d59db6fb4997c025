// TargetDirectory: which targets there are and who may see them, as login and discovery ask it
// through one portal. On the core of the connection that asks.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scsi/lun_map.h"
#include "target/chap.h"

namespace tidemark::scsi {
class TargetDevice;
}

namespace tidemark::target {

/// Where a target is served instead.
struct Redirection {
  std::string address;  // "10.0.0.2:3260"
  bool permanent = false;
  bool operator==(const Redirection&) const = default;
};

/// What is known of an initiator and the target it asks for. Kept by its login: a configuration
/// that is loaded meanwhile does not change it.
struct Admission {
  enum class Answer : uint8_t { no_such_target, not_listed, moved, admitted };
  Answer answer = Answer::no_such_target;
  Redirection moved_to;
  std::shared_ptr<const ChapRule> chap;  // what has to be proved; null: the name is enough
  // Null in a discovery session.
  std::shared_ptr<scsi::TargetDevice> device;
  std::shared_ptr<const scsi::LunMap> units;
  bool copy_commands = false;  // whether it may use the vendor commands
};

struct TargetRecord {
  std::string name;
  std::vector<std::string> addresses;  // "10.0.0.1:3260,1"
};

class TargetDirectory {
 public:
  virtual ~TargetDirectory() = default;
  /// Default deny.
  virtual Admission admit(std::string_view target, std::string_view initiator) const = 0;
  /// To a discovery session, which shows an initiator only what admits it.
  virtual Admission admit_to_discovery(std::string_view initiator) const = 0;
  virtual std::vector<TargetRecord> visible_to(std::string_view initiator) const = 0;
  /// TargetPortalGroupTag.
  virtual uint16_t portal_group() const = 0;
};

}  // namespace tidemark::target
