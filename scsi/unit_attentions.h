// UnitAttentions: what a nexus is yet to be told about one of its logical units (SAM-5 5.14).
// On the nexus's core.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <optional>

#include "scsi/sense.h"

namespace tidemark::scsi {

namespace attention {
inline constexpr Asc kMediumMayHaveChanged = 0x2800;
inline constexpr Asc kPowerOn = 0x2900;
inline constexpr Asc kUnitReset = 0x2903;
inline constexpr Asc kNexusLoss = 0x2907;
inline constexpr Asc kModeParametersChanged = 0x2a01;
inline constexpr Asc kLogParametersChanged = 0x2a02;
inline constexpr Asc kReservationsPreempted = 0x2a03;
inline constexpr Asc kReservationsReleased = 0x2a04;
inline constexpr Asc kRegistrationsPreempted = 0x2a05;
inline constexpr Asc kAccessStateChanged = 0x2a06;
inline constexpr Asc kCapacityChanged = 0x2a09;
inline constexpr Asc kTimestampChanged = 0x2a10;
inline constexpr Asc kPreviousBusy = 0x2c07;
inline constexpr Asc kPreviousTaskSetFull = 0x2c08;
inline constexpr Asc kPreviousReservationConflict = 0x2c09;
inline constexpr Asc kTasksCleared = 0x2f00;
inline constexpr Asc kIdentifierChanged = 0x3f05;
inline constexpr Asc kLunsChanged = 0x3f0e;

constexpr bool is_reset(Asc asc) {
  return asc >> 8 == 0x29;
}
/// The precedence of resets (SAM-5 5.14.3): 29/00 stands for any of them, then comes power on,
/// then hard reset, logical unit reset, I_T nexus loss.
constexpr bool outranks(Asc reset, Asc other) {
  return reset < other;
}
}  // namespace attention

class UnitAttentions {
 public:
  /// The same code is kept once. A reset makes all else obsolete, lesser resets among it, and is
  /// reported before what comes after it; a lesser one is covered by it. When full, one 29/00
  /// stands for all that was lost.
  void add(Asc asc) {
    if (has(asc)) return;
    if (attention::is_reset(asc)) {
      if (count_ > 0 && attention::is_reset(codes_[0]) && attention::outranks(codes_[0], asc))
        return;
      count_ = 0;
    }
    if (count_ == std::ssize(codes_)) {
      count_ = 0;
      asc = attention::kPowerOn;
    }
    codes_[count_++] = asc;
  }

  /// The oldest.
  std::optional<Asc> first() const {
    if (count_ == 0) return std::nullopt;
    return codes_[0];
  }

  /// The oldest, which is thereby reported.
  std::optional<Asc> take() {
    const auto oldest = first();
    if (oldest) clear(*oldest);
    return oldest;
  }

  void clear(Asc asc) {
    const auto end = std::remove(codes_.begin(), codes_.begin() + count_, asc);
    count_ = end - codes_.begin();
  }

  bool empty() const { return count_ == 0; }
  size_t count() const { return static_cast<size_t>(count_); }

 private:
  bool has(Asc asc) const {
    return std::find(codes_.begin(), codes_.begin() + count_, asc) != codes_.begin() + count_;
  }

  std::array<Asc, 8> codes_{};
  std::ptrdiff_t count_ = 0;
};

}  // namespace tidemark::scsi
