#include "copyengine/t0_rendezvous.h"

#include <utility>

namespace tidemark::copyengine {

void T0Rendezvous::arrive(std::function<void()> go) {
  if (called_off_) return;
  INVARIANT(step_ != Step::passed);
  arrived_.push_back(std::move(go));
  if (arrived_.size() < copies_) return;
  step_ = static_cast<Step>(static_cast<uint8_t>(step_) + 1);
  if (step_ == Step::passed) listeners_.clear();
  // A copy may come to the end of the next step before the others have been told of this one.
  for (const auto& next : std::exchange(arrived_, {})) next();
}

void T0Rendezvous::call_off() {
  if (called_off_ || step_ == Step::passed) return;
  called_off_ = true;
  arrived_.clear();
  for (const auto& listener : std::exchange(listeners_, {})) listener();
}

}  // namespace tidemark::copyengine
