// VolumeIo: one request to a volume, and the room its layers need while it is under way.
//
// The submitter owns it and keeps it and its memory alive until `done` runs. It is submitted and
// completed on the same core. No layer allocates for it: links and saved callbacks of the gate, the
// write guard and the I/O engine are members, each touched only by the layer it is named after.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>

#include "base/executor.h"
#include "storage/errc.h"
#include "storage/extent.h"

namespace tidemark::storage {

enum class Verb : uint8_t {
  read,
  write,
  write_zeroes,  // afterwards the extent reads as zeroes; space may stay allocated
  unmap,         // afterwards the extent reads as zeroes; space is given back where possible
  flush,         // all writes completed before it are on the medium when it is done
};

/// The verbs that change what the medium holds, each of which a running copy must see first.
constexpr bool changes_medium(Verb verb) {
  return verb == Verb::write || verb == Verb::write_zeroes || verb == Verb::unmap;
}

struct Closure;

struct VolumeIo {
  using Done = void (*)(VolumeIo&) noexcept;

  // Set by the submitter.
  Verb verb = Verb::read;
  bool fua = false;       // changes are on the medium before `done`
  bool internal = false;  // by a copy, not by a host: write protection does not apply
  CoreId core = 0;        // submitted here, completes here
  Extent extent;
  std::span<const iovec> memory;    // read, write: sums to extent.length
  const Closure* holder = nullptr;  // passes this closed range: its owner submits it
  Done done = nullptr;              // runs exactly once, maybe before submit() returns
  void* owner = nullptr;

  // Set before `done`.
  Errc error = Errc::ok;

  // RangeGate: membership in the list of what is in flight or waiting.
  struct {
    VolumeIo* next = nullptr;
    VolumeIo* previous = nullptr;
    Done saved_done = nullptr;
    void* saved_owner = nullptr;
    bool waiting = false;
  } gate;

  // WriteGuard: the copy session that holds it, and the place of the last one it has been let past.
  struct {
    uint64_t passed = 0;
    void* held = nullptr;
    bool cancelled = false;
  } guard;

  // I/O engine: where it is in the file, how much is done, and its own words.
  struct {
    int fd = -1;
    uint64_t moved = 0;
    uint64_t word[2] = {0, 0};
    VolumeIo* next = nullptr;
    std::span<const iovec> rest;
    iovec head{};
  } engine;
};

}  // namespace tidemark::storage
