// Data that says where it belongs: each 8 bytes of a volume are a function of their place and a
// seed, so any piece of a read can be checked alone, whatever the order it arrives in.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace tidemark::mgmt::bench {

/// What belongs at byte `offset` of the volume; any offset, any length.
void fill_test_data(Bytes to, uint64_t offset, uint64_t seed);
bool is_test_data(ConstBytes data, uint64_t offset, uint64_t seed);

}  // namespace tidemark::mgmt::bench
