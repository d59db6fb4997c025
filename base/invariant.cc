#include "base/invariant.h"

#include <cstdio>
#include <cstdlib>

namespace tidemark {

void invariant_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "tidemark: invariant failed: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace tidemark
