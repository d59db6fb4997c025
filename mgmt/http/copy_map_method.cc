#include "mgmt/http/copy_map_method.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "mgmt/http/copy_codec.h"
#include "mgmt/http/json_answer.h"
#include "mgmt/http/problem.h"

namespace tidemark::mgmt {
namespace {

using copyengine::CopyStatus;
using copyengine::MapRun;
using storage::Extent;

constexpr uint64_t kRunsDefault = 4096;
constexpr uint64_t kRunsMax = 65536;
constexpr uint64_t kBucketsMax = 4096;
// So many runs are asked for at a time when a map is reduced: the core that owns it goes on with
// host I/O in between.
constexpr size_t kRunsPerStep = 4096;

/// Whole grains, or up to the end of the source.
Extent in_grains(const Extent& window, uint32_t grain, uint64_t size) {
  const uint64_t begin = window.offset / grain * grain;
  const uint64_t past = window.end() + grain - 1;
  const uint64_t end = std::min(size, past / grain * grain);
  return {begin, end - begin};
}

// A window of a map on its way into buckets.
struct Reduction : std::enable_shared_from_this<Reduction> {
  Reduction(Backend& asked, CopyStatus of, uint64_t bytes, const Extent& of_source, size_t count,
            Answer to)
      : backend(asked),
        status(std::move(of)),
        size(bytes),
        window(in_grains(of_source, status.request.grain, bytes)),
        buckets(window, status.request.grain, count),
        answer(std::move(to)) {}

  void step(uint64_t from) {
    backend.map(status.id, from, kRunsPerStep,
                [self = shared_from_this()](Result<std::vector<MapRun>> runs) {
                  self->on_runs(std::move(runs));
                });
  }

  void on_runs(Result<std::vector<MapRun>> runs) {
    if (!runs) return answer([error = runs.error()] { return problem(error); });
    for (const MapRun& run : runs.value()) buckets.add(run);
    if (runs.value().size() >= kRunsPerStep && runs.value().back().extent.end() < window.end())
      return step(runs.value().back().extent.end());
    answer([self = shared_from_this()] {
      return ok(encode_buckets(self->status, self->size, self->buckets));
    });
  }

  Backend& backend;
  const CopyStatus status;
  const uint64_t size;
  const Extent window;
  MapBuckets buckets;
  const Answer answer;
};

/// Parameters that do not go together.
const char* misfit(const Call& call) {
  const bool reduced = call.query.contains("buckets");
  if (reduced && call.query.contains("limit")) return "limit";
  if (!reduced && call.query.contains("length")) return "length";
  return nullptr;
}

void reply_runs(Backend& backend, const CopyStatus& status, uint64_t size, uint64_t from,
                uint64_t limit, const Answer& answer) {
  backend.map(
      status.id, from, limit, [answer, status, size, limit](Result<std::vector<MapRun>> runs) {
        answer([status, size, limit, runs = std::move(runs)] {
          return runs ? ok(encode_map(status, size, runs.value(), limit)) : problem(runs.error());
        });
      });
}

void read_map(Backend& backend, const Call& call, const Answer& answer) {
  if (const char* field = misfit(call))
    return answer([field] {
      const char* reason = field == std::string_view("limit") ? "does not go with buckets"
                                                              : "goes with buckets only";
      return problem(Error{ErrorKind::invalid, reason, field});
    });
  const uint64_t buckets = query_or(call, "buckets", 0);
  const uint64_t from = query_or(call, "from", 0);
  const uint64_t length = query_or(call, "length", UINT64_MAX);
  const uint64_t limit = query_or(call, "limit", kRunsDefault);
  backend.copy(id_of(call), [=, &backend](Result<CopyStatus> found) {
    if (!found) return answer([error = found.error()] { return problem(error); });
    const CopyStatus& status = found.value();
    const uint64_t size = backend.volume_size(status.request.source).value_or(status.bytes_total);
    if (from >= size)
      return answer([] {
        return problem(Error{ErrorKind::invalid, "lies beyond the end of the source", "from"});
      });
    if (buckets == 0) return reply_runs(backend, status, size, from, limit, answer);
    const Extent window{from, std::min(length, size - from)};
    const auto reduction =
        std::make_shared<Reduction>(backend, status, size, window, buckets, answer);
    reduction->step(reduction->window.offset);
  });
}

}  // namespace

MethodRow copy_map_method(Backend& backend) {
  return {"GET",
          "/api/v1/copies/{id}/map",
          {{"from", 0, UINT64_MAX},
           {"limit", 1, kRunsMax},
           {"buckets", 1, kBucketsMax},
           {"length", 1, UINT64_MAX}},
          false,
          false,
          "its snapshot map: runs, or bytes per bucket of it all or of a part",
          [&backend](const Call& call, const Answer& answer) { read_map(backend, call, answer); }};
}

}  // namespace tidemark::mgmt
