// The model of point-in-time images under load: hosts on several cores write a simulated source in
// all shapes while images of some of its ranges come and go, are read, and are copied to another
// volume and over the source itself, and copies of the whole source run beside them; things fail
// and hang, all from one seed in virtual time. Half of the images are of all of the source: they
// share what is saved for them.
//
// It says what did not hold (the text is empty if all did):
//  - AsOfTheBeginTime: what was read from an image, or copied from it, is what the ranges held when
//    writes to them stopped for it, however many pieces and ranges that was.
//  - DestinationEqualsT0: a copy that is completed is what the source held at its begin time.
//  - HostsNeverSuffer: no host write failed, and none is still waiting; whatever became of images.
//  - AbortedNeverLands, WritesLand: as in the model of copies (copy_model.h).
//  - NothingIsLeftOver: after the shut-down no I/O is under way.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark::test {

struct ImageOutcome {
  std::string failure;  // empty: all held
  uint64_t begun = 0;
  uint64_t lost = 0;
  uint64_t dropped = 0;
  uint64_t whole = 0;      // begun, of all of the source
  uint64_t completed = 0;  // copies of all of the source
  uint64_t reads = 0;      // that gave data
  uint64_t copies = 0;     // that gave data
};

/// Runs the schedule of `seed`; everything about it follows from the seed.
ImageOutcome run_image_model(uint64_t seed);

}  // namespace tidemark::test
