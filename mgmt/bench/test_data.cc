#include "mgmt/bench/test_data.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace tidemark::mgmt::bench {
namespace {

constexpr size_t kWord = sizeof(uint64_t);

uint64_t word_at(uint64_t number, uint64_t seed) {
  uint64_t z = (number + seed) * 0x9e3779b97f4a7c15;
  z = (z ^ z >> 32) * 0xbf58476d1ce4e5b9;
  return z ^ z >> 29;
}

}  // namespace

void fill_test_data(Bytes to, uint64_t offset, uint64_t seed) {
  size_t done = 0;
  while (done < to.size()) {
    const uint64_t word = word_at((offset + done) / kWord, seed);
    const size_t skip = (offset + done) % kWord;
    const size_t take = std::min(kWord - skip, to.size() - done);
    std::memcpy(to.data() + done, reinterpret_cast<const uint8_t*>(&word) + skip, take);
    done += take;
  }
}

bool is_test_data(ConstBytes data, uint64_t offset, uint64_t seed) {
  std::array<uint8_t, 4096> expected;
  for (size_t done = 0; done < data.size();) {
    const size_t take = std::min(expected.size(), data.size() - done);
    fill_test_data({expected.data(), take}, offset + done, seed);
    if (std::memcmp(expected.data(), data.data() + done, take) != 0) return false;
    done += take;
  }
  return true;
}

}  // namespace tidemark::mgmt::bench
