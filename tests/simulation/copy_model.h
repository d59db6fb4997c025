// The model of a point-in-time copy under load: hosts on several cores write a simulated source in
// all shapes, one or two copies run (of it, or within it), things fail and hang, all from one seed
// in virtual time.
//
// It knows what must hold afterwards and says what did not (the text is empty if all held):
//  - DestinationEqualsT0: a copy that completed left the destination as the source stood at its
//    begin time (each segment at its own, in consistency "segment").
//  - HostsNeverSuffer: no host write failed (but by fail_write), and none is still waiting.
//  - HeldInOrder: of held writes that overlap, the later reaches the source after the earlier.
//  - AbortedNeverLands: no sector of the source carries data of a write that was taken back.
//  - WritesLand: what a host wrote last, alone, is what the source holds.
//  - ResumedMeansT0: a copy that goes on after a crash of the process or of the machine does so
//  from
//    its begin time; which copies go on is what their release promises, no more and no less.
//  - NothingIsLeftOver: no I/O, protection or event remains.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark::test {

struct ModelOutcome {
  std::string failure;  // empty: all held
  bool completed = false;
  bool broken = false;
  bool failed = false;
  bool cancelled = false;
  uint64_t held = 0;
  uint64_t routed = 0;   // bytes of old data, straight to the destination
  uint64_t spilled = 0;  // bytes that were meant to go there
  uint64_t aborted = 0;
  uint64_t followed = 0;           // held writes that overlapped an earlier one
  uint64_t resumed = 0;            // copies taken up after a crash
  uint64_t completed_resumed = 0;  // and completed
};

/// Runs the schedule of `seed`; everything about it follows from the seed.
ModelOutcome run_copy_model(uint64_t seed);

}  // namespace tidemark::test
