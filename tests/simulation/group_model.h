// The model of consistency groups: several sources, several chains of writes that go from one
// source to the next, each write ordered only after the one before it has been answered. What the
// copies of a group hold must be what some moment left in all the sources: of each chain a
// beginning, without gaps.
//
// What must hold:
//  - OneMomentForAll: that, whatever completes, also after crashes of the process or the machine.
//  - AllOrNone: before its begin time no copy of a group goes on without the others.
//  - TheFenceUndoesItself: a source whose writes do not end holds the others up for no longer than
//  the
//    fence's deadline.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark::test {

struct GroupOutcome {
  std::string failure;  // empty: all held
  bool begun = false;   // the group's begin time was answered
  bool completed = false;
  bool called_off = false;
  unsigned resumed = 0;  // copies
};

GroupOutcome run_group_model(uint64_t seed);

}  // namespace tidemark::test
