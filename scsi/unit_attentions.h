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
inline constexpr Asc kPowerOn = 0x2900;
inline constexpr Asc kUnitReset = 0x2903;
inline constexpr Asc kNexusLoss = 0x2907;
inline constexpr Asc kModeParametersChanged = 0x2a01;
inline constexpr Asc kReservationsPreempted = 0x2a03;
inline constexpr Asc kReservationsReleased = 0x2a04;
inline constexpr Asc kRegistrationsPreempted = 0x2a05;
inline constexpr Asc kCapacityChanged = 0x2a09;
inline constexpr Asc kTasksCleared = 0x2f00;
inline constexpr Asc kLunsChanged = 0x3f0e;
}  // namespace attention

class UnitAttentions {
 public:
  /// The same code is kept once. A reset (29h) makes older ones obsolete. When full, one 29/00
  /// stands for all that was lost.
  void add(Asc asc) {
    if (std::find(codes_.begin(), codes_.begin() + count_, asc) != codes_.begin() + count_) return;
    if (asc >> 8 == 0x29) count_ = 0;
    if (count_ == std::ssize(codes_)) {
      count_ = 0;
      asc = attention::kPowerOn;
    }
    codes_[count_++] = asc;
  }

  /// The oldest, which is thereby reported.
  std::optional<Asc> take() {
    if (count_ == 0) return std::nullopt;
    const Asc oldest = codes_[0];
    std::copy(codes_.begin() + 1, codes_.begin() + count_, codes_.begin());
    --count_;
    return oldest;
  }

  void clear(Asc asc) {
    const auto end = std::remove(codes_.begin(), codes_.begin() + count_, asc);
    count_ = end - codes_.begin();
  }

  bool empty() const { return count_ == 0; }

 private:
  std::array<Asc, 8> codes_{};
  std::ptrdiff_t count_ = 0;
};

}  // namespace tidemark::scsi
