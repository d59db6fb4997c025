// INVARIANT: what must hold if our own code is right. Always on, and never reachable by what a
// peer sends, a disk answers or an operator types; those are Results, not invariants.
#pragma once

namespace tidemark {

[[noreturn]] void invariant_failed(const char* expression, const char* file, int line);

}  // namespace tidemark

#define INVARIANT(expression)                           \
  (static_cast<bool>(expression) ? static_cast<void>(0) \
                                 : ::tidemark::invariant_failed(#expression, __FILE__, __LINE__))
