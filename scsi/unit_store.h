// UnitStore: keeps what a unit must know after a restart besides its reservations. Implemented
// above this floor; a unit without one saves nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "scsi/access_state.h"
#include "scsi/medium_order.h"

namespace tidemark::scsi {

/// Of a target port group; it need not be there any more.
struct KeptPortGroup {
  AccessState state = AccessState::optimized;
  bool preferred = false;

  friend bool operator==(const KeptPortGroup&, const KeptPortGroup&) = default;
};

struct UnitRecord {
  std::map<std::string, uint8_t> modes = {};   // saved mode parameters, by ModeField::name
  std::string identifying_information = {};    // bytes, as SET IDENTIFYING INFORMATION gave them
  std::string text_information = {};           // UTF-8, without its NUL
  std::optional<MediumOrder> unfinished = {};  // begun, and neither finished nor given up
  std::map<uint16_t, KeptPortGroup> port_groups = {};  // by tag; others are as they begin

  friend bool operator==(const UnitRecord&, const UnitRecord&) = default;
};

class UnitStore {
 public:
  virtual ~UnitStore() = default;

  /// Makes `record` what is found for `unit` (its serial number) after a restart. `done` is called
  /// once that is durable, or with false if it cannot be; from any thread, maybe at once. One call
  /// at a time per unit.
  virtual void save(const std::string& unit, const UnitRecord& record,
                    std::function<void(bool)> done) = 0;
};

}  // namespace tidemark::scsi
