// How many schedules are run, and which: from the environment.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace tidemark::test {

inline uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace tidemark::test
