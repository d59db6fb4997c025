// TargetDirectory: which targets there are and who may see them. Login and discovery ask it.
// Immutable while cores run; any core may ask.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::target {

inline constexpr uint16_t kPortalGroupTag = 1;

class TargetDirectory {
 public:
  enum class Answer : uint8_t { found, not_found, forbidden };

  virtual ~TargetDirectory() = default;
  virtual Answer look_up(std::string_view target, const std::string& initiator) const = 0;
  /// Names of the targets that admit `initiator`.
  virtual std::vector<std::string> visible_to(const std::string& initiator) const = 0;
};

}  // namespace tidemark::target
