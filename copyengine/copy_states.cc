#include "copyengine/copy_states.h"

#include <array>

namespace tidemark::copyengine {
namespace {

constexpr size_t kStates = 8;
constexpr size_t kVerbs = 3;

// Rows: from; columns: to; both in the order of CopyState.
constexpr std::array<std::array<bool, kStates>, kStates> kTransitions{{
    //            prep   copy   pause  drain  compl  failed cancel broken
    /*preparing*/ {false, true, true, false, false, true, true, true},
    /*copying*/ {false, false, true, true, false, true, true, true},
    /*paused*/ {false, true, false, false, false, true, true, true},
    /*draining*/ {false, false, false, false, true, true, true, true},
    /*completed*/ {},
    /*failed*/ {},
    /*cancelled*/ {},
    /*broken*/ {},
}};

// Rows: state; columns: pause, resume, cancel. Pausing what is paused is allowed: asked twice, it
// is still paused.
constexpr std::array<std::array<bool, kVerbs>, kStates> kVerbsAllowed{{
    /*preparing*/ {true, true, true},
    /*copying*/ {true, true, true},
    /*paused*/ {true, true, true},
    /*draining*/ {false, true, true},
    /*completed*/ {},
    /*failed*/ {},
    /*cancelled*/ {},
    /*broken*/ {},
}};

}  // namespace

bool may_become(CopyState from, CopyState to) {
  return kTransitions[static_cast<size_t>(from)][static_cast<size_t>(to)];
}

bool allows(CopyState state, CopyVerb verb) {
  return kVerbsAllowed[static_cast<size_t>(state)][static_cast<size_t>(verb)];
}

}  // namespace tidemark::copyengine
