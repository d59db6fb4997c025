#include "copyengine/resume_check.h"

#include <utility>

#include "copyengine/segment_walk.h"
#include "storage/volume.h"

namespace tidemark::copyengine {
namespace {

std::string why_not(const VolumeMark& mark, const storage::VolumeTraits* volume) {
  if (mark.identity.empty()) return "was kept in memory, and that is gone";
  if (volume == nullptr) return "is not there any more";
  if (volume->bytes != mark.bytes)
    return "has " + std::to_string(volume->bytes) + " bytes instead of " +
           std::to_string(mark.bytes);
  if (volume->identity != mark.identity) return "is another one than before";
  return {};
}

}  // namespace

JournalEnd broken_because(std::string party, std::string text) {
  return {CopyState::broken, storage::Errc::gone, std::move(party), std::move(text), {}};
}

std::optional<JournalEnd> end_of_left_copy(const JournalState& state, const std::string& boot_id,
                                           const FindTraits& find) {
  if (state.ended) return state.ended;
  const CopyRequest& request = state.header.request;
  if (request.release == Release::written && !state.stopped && state.header.boot_id != boot_id)
    return broken_because("engine",
                          "the machine went down while the copy was running, and release "
                          "'written' does not outlive that");
  if (!state.t0_unix_ns)
    return broken_because("engine", "the daemon ended before the begin time was on record");
  for (const auto& [party, name, mark] :
       {std::tuple{"source", &request.source, &state.header.source},
        std::tuple{"destination", &request.destination, &state.header.destination}}) {
    const storage::VolumeTraits* const volume = find(*name);
    std::string why = why_not(*mark, volume);
    if (why.empty() && volume->read_only && party == std::string_view("destination"))
      why = "has become read-only";
    if (!why.empty()) return broken_because(party, "volume '" + *name + "' " + why);
  }
  return std::nullopt;
}

void end_left_copy(CopyStatus& status, const JournalEnd& end, const JournalState* left) {
  status.state = end.state;
  status.error = end.error;
  status.error_party = end.party;
  status.error_text = end.text;
  status.error_extent = end.extent;
  status.held_now = 0;
  status.store_bytes = 0;
  status.bytes_per_second = 0;
  if (left != nullptr) status.t0_unix_ns = left->t0_unix_ns.value_or(0);
  if (end.state == CopyState::completed) status.bytes_done = status.bytes_total;
}

IntervalSet drop_unbegun(JournalState& state) {
  const CopyRequest& request = state.header.request;
  IntervalSet unbegun;
  if (request.consistency != Consistency::segment) return unbegun;
  IntervalSet begun;
  if (state.segment) {
    SegmentWalk walk(request);
    while (const auto segment = walk.next()) {
      begun.insert({segment->source_offset / request.grain,
                    (segment->source().end() - 1) / request.grain + 1});
      if (same(*segment, *state.segment)) break;
    }
  }
  Interval rest{0, (state.header.source.bytes - 1) / request.grain + 1};
  for (Interval gap; !(gap = begun.next_absent(rest)).empty(); rest.first = gap.end) {
    state.stored.erase(gap);
    state.zero.erase(gap);
    state.copied.erase(gap);
    unbegun.insert(gap);
  }
  return unbegun;
}

}  // namespace tidemark::copyengine
