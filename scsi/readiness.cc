#include "scsi/readiness.h"

#include "scsi/command_table.h"

namespace tidemark::scsi {
namespace {

using State = Readiness::State;

constexpr Asc kFormatInProgress = 0x0404;
constexpr Asc kSanitizeInProgress = 0x041b;
constexpr Asc kManualInterventionRequired = 0x0403;
constexpr Asc kMediumNotPresent = 0x3a00;
constexpr Asc kFormatFailed = 0x3101;
constexpr Asc kSanitizeFailed = 0x3103;
constexpr uint8_t kFormatUnit = 0x04;
constexpr uint8_t kSanitize = 0x48;

/// What is told of a unit and not of its medium (SBC-4, sanitize operations): it runs during an
/// operation, too.
bool runs_meanwhile(const CommandRow& row) {
  const bool supported_lists =
      row.opcode == 0xa3 && (row.service_action == 0x0c || row.service_action == 0x0d);
  return row.answers_always() || supported_lists || row.opcode == 0x4d;
}

bool needs_medium(const CommandRow& row) {
  return row.ordering != OrderingClass::control;
}

SenseData failed(Asc asc) {
  return {.key = SenseKey::medium_error, .asc = asc};
}

}  // namespace

bool Readiness::enter(State state) {
  State old = state_.load();
  do {
    if (old == State::formatting || old == State::sanitizing || old == State::lost) return false;
  } while (!state_.compare_exchange_weak(old, state));
  return true;
}

void Readiness::set(State state) {
  state_.store(state);
}

SenseData Readiness::under_way(Asc asc) const {
  return {.key = SenseKey::not_ready,
          .asc = asc,
          .progress = progress_.load(std::memory_order_relaxed)};
}

std::optional<SenseData> Readiness::refusal(const CommandRow& row) const {
  const State now = state();
  switch (now) {
    case State::ready:
      return std::nullopt;
    case State::stopped:
      if (row.ordering == OrderingClass::control || row.ordering == OrderingClass::about_medium)
        return std::nullopt;
      break;
    case State::no_medium:
    case State::lost:
      if (!needs_medium(row)) return std::nullopt;
      break;
    case State::formatting:
    case State::sanitizing:
      if (runs_meanwhile(row)) return std::nullopt;
      break;
    case State::format_failed:
      if (!needs_medium(row) || row.opcode == kFormatUnit || row.opcode == kSanitize)
        return std::nullopt;
      break;
    case State::sanitize_failed:
      if (runs_meanwhile(row) || row.opcode == kSanitize) return std::nullopt;
      break;
  }
  return reason();
}

std::optional<SenseData> Readiness::reason() const {
  switch (state()) {
    case State::ready:
      return std::nullopt;
    case State::stopped:
      return sense::not_ready(kInitializingCommandRequired);
    case State::no_medium:
      return sense::not_ready(kMediumNotPresent);
    case State::formatting:
      return under_way(kFormatInProgress);
    case State::sanitizing:
      return under_way(kSanitizeInProgress);
    case State::format_failed:
      return failed(kFormatFailed);
    case State::sanitize_failed:
      return failed(kSanitizeFailed);
    case State::lost:
      return sense::not_ready(kManualInterventionRequired);
  }
  return std::nullopt;
}

}  // namespace tidemark::scsi
