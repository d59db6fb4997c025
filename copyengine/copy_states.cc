#include "copyengine/copy_states.h"

#include <array>

namespace tidemark::copyengine {
namespace {

constexpr size_t kStates = 9;
constexpr size_t kVerbs = 4;

// Rows: from; columns: to; both in the order of CopyState.
constexpr std::array<std::array<bool, kStates>, kStates> kTransitions{{
    //             coll   prep   copy   pause  drain  compl  failed cancel broken
    /*collecting*/ {false, true, false, false, false, false, false, true, false},
    /*preparing*/ {false, false, true, true, false, false, true, true, true},
    /*copying*/ {false, false, false, true, true, false, true, true, true},
    /*paused*/ {false, false, true, false, false, false, true, true, true},
    /*draining*/ {false, false, false, false, false, true, true, true, true},
    /*completed*/ {},
    /*failed*/ {},
    /*cancelled*/ {},
    /*broken*/ {},
}};

// Rows: state; columns: start, pause, resume, cancel. Pausing what is paused is allowed: asked
// twice, it is still paused.
constexpr std::array<std::array<bool, kVerbs>, kStates> kVerbsAllowed{{
    /*collecting*/ {true, false, false, true},
    /*preparing*/ {false, true, true, true},
    /*copying*/ {false, true, true, true},
    /*paused*/ {false, true, true, true},
    /*draining*/ {false, false, true, true},
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
