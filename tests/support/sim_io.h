// SimIo: one host I/O in virtual time, with memory of its own and a note of its end.
#pragma once

#include <memory>
#include <vector>

#include "storage/volume.h"
#include "tests/support/sim_executor.h"

namespace tidemark::test {

struct SimIo {
  SimIo(storage::Verb verb, storage::Extent extent, uint8_t fill = 0, CoreId core = 0)
      : data(verb == storage::Verb::read || verb == storage::Verb::write ? extent.length : 0, fill),
        memory{data.data(), data.size()} {
    io.verb = verb;
    io.extent = extent;
    io.core = core;
    io.memory = {&memory, 1};
    io.owner = this;
    io.done = [](storage::VolumeIo& ended) noexcept {
      auto& self = *static_cast<SimIo*>(ended.owner);
      ++self.ends;
      if (self.order != nullptr) self.order->push_back(&self);
    };
  }
  SimIo(const SimIo&) = delete;

  /// Submits as a host on the I/O's core.
  void submit(SimExecutor& executor, storage::Volume& volume) {
    executor.as(io.core, [&] { volume.submit(io); });
  }
  bool ok() const { return ends == 1 && io.error == storage::Errc::ok; }

  storage::VolumeIo io;
  std::vector<uint8_t> data;
  iovec memory;
  unsigned ends = 0;
  std::vector<SimIo*>* order = nullptr;  // ends are noted here
};

}  // namespace tidemark::test
