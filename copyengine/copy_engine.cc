#include "copyengine/copy_engine.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "copyengine/copy_job.h"
#include "copyengine/copy_states.h"
#include "copyengine/resume_check.h"
#include "copyengine/write_guard.h"

namespace tidemark::copyengine {
namespace {

Error no_such_copy(uint64_t id) {
  return {ErrorKind::not_found, "there is no copy " + std::to_string(id), {}};
}

Error invalid(std::string field, std::string message) {
  return {ErrorKind::invalid, std::move(message), std::move(field)};
}

bool aligned(const storage::Extent& extent, uint32_t block) {
  return extent.offset % block == 0 && extent.length % block == 0;
}

/// An in-band range copy ends with its command.
bool outlives_us(const CopyRequest& request) {
  return request.release != Release::ram && request.origin != Origin::xcopy;
}

/// Enough for every grain to be a run of its own, in each of the two areas. Sparse.
uint64_t journal_bytes(const CopyRequest& request) {
  uint64_t grains = 0;
  for (const CopyRange& range : request.ranges) grains += range.length / request.grain + 2;
  return 2 * ((2 * grains * kRunRecord + 4 * JournalWriter::kLogMin) / kJournalPage * kJournalPage);
}

/// offset + length does not pass `limit`, and does not wrap.
bool inside(const storage::Extent& extent, uint64_t limit) {
  return extent.offset <= limit && extent.length <= limit - extent.offset;
}

}  // namespace

CopyEngine::CopyEngine(Executor& executor, CoreId home, CopyFiles& files, CopyLedger* ledger)
    : executor_(executor),
      home_(home),
      files_(files),
      ledger_(ledger),
      preserve_memory_(kPreserveMemory),
      copy_memory_(kCopyMemory) {}

CopyEngine::~CopyEngine() {
  for (const auto& [id, job] : running_) job->abandon();
}

void CopyEngine::add_volume(const std::string& name, storage::RangeGate& gate, WriteGuard& guard) {
  INVARIANT(gate.home() == home_);
  volumes_[name] = {&gate, &guard};
}

Result<void> CopyEngine::remove_volume(const std::string& name) {
  for (const auto& [id, job] : running_)
    if (job->request().source == name || job->request().destination == name)
      return Error{
          ErrorKind::conflict, "copy " + std::to_string(id) + " is using volume " + name, {}};
  volumes_.erase(name);
  return {};
}

void CopyEngine::add_ended(CopyStatus status) {
  next_id_ = std::max(next_id_, status.id + 1);
  ended_[status.id] = std::move(status);
}

void CopyEngine::at_begin_time(
    std::function<void(const CopyStatus&, const storage::Extent&)> listener) {
  at_begin_time_ = std::move(listener);
}

void CopyEngine::on_change(std::function<void(const CopyStatus&)> listener) {
  listeners_.push_back(std::move(listener));
}

Result<void> CopyEngine::check(CopyRequest& request) const {
  const auto source = volumes_.find(request.source);
  if (source == volumes_.end())
    return Error{ErrorKind::not_found, "there is no volume '" + request.source + "'", "source"};
  const auto destination = volumes_.find(request.destination);
  if (destination == volumes_.end())
    return Error{ErrorKind::not_found, "there is no volume '" + request.destination + "'",
                 "destination"};
  if (!std::has_single_bit(request.grain) || request.grain < kGrainMin || request.grain > kGrainMax)
    return invalid("grain", "the grain must be a power of two from 4 KiB to 64 KiB");
  if (request.segment_size < kSegmentMin || request.segment_size % request.grain != 0)
    return invalid("segment_size",
                   "the segment size must be at least 64 KiB and a multiple of the grain");
  if (request.ranges.empty()) {
    if (request.source == request.destination)
      return invalid("destination", "source and destination must be two volumes");
    request.ranges.push_back({0, 0, source->second.gate->traits().bytes});
    if (destination->second.gate->traits().bytes < source->second.gate->traits().bytes)
      return invalid("destination", "the destination is smaller than the source");
  }
  if (destination->second.gate->traits().read_only)
    return Error{ErrorKind::conflict, "the destination is read-only", "destination"};
  return check_ranges(request);
}

Result<void> CopyEngine::check_ranges(const CopyRequest& request) const {
  const storage::VolumeTraits& source = volumes_.at(request.source).gate->traits();
  const storage::VolumeTraits& destination = volumes_.at(request.destination).gate->traits();
  for (size_t i = 0; i < request.ranges.size(); ++i) {
    const CopyRange& range = request.ranges[i];
    const std::string field = "ranges[" + std::to_string(i) + "]";
    if (range.length == 0) return invalid(field, "the range is empty");
    if (!inside(range.source(), source.bytes))
      return invalid(field, "the range passes the end of the source");
    if (!inside(range.destination(), destination.bytes))
      return invalid(field, "the range passes the end of the destination");
    // Volumes do I/O in bytes; whole sectors are what every kind of them can do.
    if (!aligned(range.source(), 512) || !aligned(range.destination(), 512))
      return invalid(field, "the range is not made of whole sectors");
  }
  return check_size(request);
}

/// Bounds what a copy takes of memory, whatever a volume's size.
Result<void> CopyEngine::check_size(const CopyRequest& request) const {
  if (outlives_us(request) && request.ranges.size() > kJournalRangesMax)
    return invalid("ranges", "a copy with a journal has " + std::to_string(kJournalRangesMax) +
                                 " ranges at most");
  if (segments_of(request) > UINT32_MAX)
    return invalid("segment_size", "the copy would have more than 2^32 segments");
  uint64_t map_bytes = 0;
  for (const auto& [id, job] : running_) map_bytes += job->map().memory();
  for (const CopyRange& range : request.ranges) {
    map_bytes += range.length / request.grain / 8;
    if (map_bytes > kMapMemory)
      return Error{ErrorKind::exhausted,
                   "there is no memory for the snapshot map; a larger grain needs less", "grain"};
  }
  return {};
}

/// A grain of two ranges would be copied at two begin times, and a journal has one record of it.
Result<void> CopyEngine::check_segments(const CopyRequest& request) {
  if (request.consistency != Consistency::segment || !outlives_us(request)) return {};
  IntervalSet covered;
  for (const CopyRange& range : request.ranges) {
    const Interval grains{range.source_offset / request.grain,
                          (range.source().end() - 1) / request.grain + 1};
    if (covered.intersects(grains))
      return invalid("grain",
                     "two ranges share a grain; copied segment after segment they may do so with "
                     "release 'ram' only");
    covered.insert(grains);
  }
  return {};
}

/// A destination belongs to one copy, and what it holds meanwhile is no source.
Result<void> CopyEngine::check_use(const CopyRequest& request) const {
  for (const auto& [id, job] : running_) {
    const CopyRequest& other = job->request();
    if (!other.protect_destination) continue;
    // What it has still under way lands before this copy has protected the destination.
    if (job->over_for_good() && request.protect_destination) continue;
    if (other.destination == request.destination)
      return Error{ErrorKind::conflict, "copy " + std::to_string(id) + " is writing to this volume",
                   "destination"};
    if (other.destination == request.source)
      return Error{ErrorKind::conflict, "copy " + std::to_string(id) + " is writing to this volume",
                   "source"};
  }
  if (running_.size() >= kRunningMax)
    return Error{ErrorKind::exhausted, "too many copies are running", {}};
  return {};
}

Result<std::shared_ptr<CopyJob>> CopyEngine::make_job(uint64_t id, CopyRequest request) {
  if (shutting_down_) return Error{ErrorKind::conflict, "the daemon is stopping", {}};
  if (const auto good = check(request); !good) return good.error();
  if (request.origin == Origin::rest) request.ranges = arranged(std::move(request.ranges));
  if (const auto free = check_use(request); !free) return free.error();
  if (const auto good = check_segments(request); !good) return good.error();
  const uint64_t bytes = volumes_.at(request.source).gate->traits().bytes;
  auto files = files_.make(id, bytes, outlives_us(request) ? journal_bytes(request) : 0);
  if (!files) return files.error();
  next_id_ = std::max(next_id_, id + 1);
  return add_job(id, std::move(request), std::move(files).value(), nullptr);
}

std::shared_ptr<CopyJob> CopyEngine::add_job(uint64_t id, CopyRequest request,
                                             CopyFiles::Opened files, const FoundJournal* found) {
  const Served& source = volumes_.at(request.source);
  const Served& destination = volumes_.at(request.destination);
  auto job = std::make_shared<CopyJob>(
      id, std::move(request),
      CopyJob::Parts{executor_, home_, *source.gate, *source.guard, *destination.gate,
                     preserve_memory_, copy_memory_, ledger_, store_pool_, tuning_, boot_id_,
                     [this](CopyJob& changed) { job_changed(changed); },
                     [this](CopyJob& begun, const storage::Extent& extent) {
                       if (at_begin_time_) at_begin_time_(begun.status(), extent);
                     },
                     [this](uint64_t ended) { files_.remove(ended); }},
      std::move(files), found);
  running_[id] = job;
  return job;
}

std::optional<JournalEnd> CopyEngine::take_up(const CopyStatus& known, FoundJournal found,
                                              CopyFiles::Opened files) {
  JournalState& left = found.state;
  const auto find = [this](const std::string& name) -> const storage::VolumeTraits* {
    const auto place = volumes_.find(name);
    return place == volumes_.end() ? nullptr : &place->second.gate->traits();
  };
  if (left.header.copy_id != known.id)
    return broken_because("journal", "the journal belongs to another copy");
  if (auto end = end_of_left_copy(left, boot_id_, find)) return end;
  CopyRequest request = left.header.request;
  if (const auto good = check(request); !good)
    return broken_because("journal",
                          "the journal asks for what cannot be: " + good.error().message);
  // Which are of no concern to the journal.
  request.group = known.request.group;
  request.store_limit = known.request.store_limit;
  request.route = known.request.route;
  const IntervalSet unbegun = drop_unbegun(left);
  next_id_ = std::max(next_id_, known.id + 1);
  const auto job = add_job(known.id, std::move(request), std::move(files), &found);
  job->take_up(known, left, unbegun);
  executor_.post(home_, [job] { job->go_on(); });
  return std::nullopt;
}

void CopyEngine::start(CopyRequest request, std::function<void(Result<CopyStatus>)> answer) {
  executor_.post(home_, [this, request = std::move(request), answer = std::move(answer)] {
    if (request.hold) return answer(collect(request));
    launch(next_id_, request, answer);
  });
}

void CopyEngine::launch(uint64_t id, const CopyRequest& request,
                        const std::function<void(Result<CopyStatus>)>& answer) {
  const auto made = make_job(id, request);
  if (!made) return answer(made.error());
  const std::shared_ptr<CopyJob> job = made.value();
  (void)collecting_.take(id);
  job->start(std::make_shared<T0Rendezvous>(1), [job, answer] { answer(job->status()); });
}

Result<CopyStatus> CopyEngine::collect(CopyRequest request) {
  if (shutting_down_) return Error{ErrorKind::conflict, "the daemon is stopping", {}};
  CopyRequest checked = request;
  if (const auto good = check(checked); !good) return good.error();
  if (collecting_.full())
    return Error{ErrorKind::exhausted, "too many copies are waiting to be started", {}};
  const CopyStatus& status = collecting_.add(next_id_++, std::move(request), wall_clock_ns());
  for (const auto& listener : listeners_) listener(status);
  return status;
}

void CopyEngine::append(uint64_t id, std::vector<CopyRange> ranges,
                        std::function<void(Result<CopyStatus>)> answer) {
  executor_.post(home_, [this, id, ranges = std::move(ranges), answer = std::move(answer)] {
    answer(append_now(id, ranges));
  });
}

Result<CopyStatus> CopyEngine::append_now(uint64_t id, const std::vector<CopyRange>& ranges) {
  const CopyStatus* status = collecting_.find(id);
  if (status == nullptr && running_.contains(id))
    return Error{ErrorKind::conflict, "the copy has been started", {}};
  if (status == nullptr) return over_or_unknown(id);
  CopyRequest added = status->request;
  added.ranges = ranges;
  if (const auto good = check(added); !good) return good.error();
  if (!collecting_.append(id, ranges))
    return Error{ErrorKind::exhausted, "the copy would have too many ranges", "ranges"};
  for (const auto& listener : listeners_) listener(*status);
  return *status;
}

void CopyEngine::act_on_collecting(const CopyStatus& status, CopyVerb verb,
                                   const std::function<void(Result<CopyStatus>)>& answer) {
  if (!allows(status.state, verb))
    return answer(Error{
        ErrorKind::conflict, "a copy that is collecting cannot " + std::string(name_of(verb)), {}});
  if (verb == CopyVerb::start) {
    CopyRequest request = status.request;
    request.hold = false;
    return launch(status.id, request, answer);
  }
  CopyStatus over = *collecting_.take(status.id);
  over.state = CopyState::cancelled;
  over.at_rest = true;
  over.ended_unix_ns = wall_clock_ns();
  keep_ended(over);
  for (const auto& listener : listeners_) listener(over);
  answer(over);
}

Error CopyEngine::over_or_unknown(uint64_t id) const {
  if (const CopyStatus* status = find_ended(id))
    return {ErrorKind::conflict, "the copy is over: " + std::string(name_of(status->state)), {}};
  return no_such_copy(id);
}

void CopyEngine::job_changed(CopyJob& job) {
  const CopyStatus status = job.status();
  if (status.at_rest) {
    running_.erase(status.id);
    keep_ended(status);
  }
  for (const auto& listener : listeners_) listener(status);
  tell_if_quiet();
}

void CopyEngine::tell_if_quiet() {
  std::vector<Quiet> waiting = std::exchange(when_quiet_, {});
  for (Quiet& quiet : waiting) {
    const bool busy = std::any_of(running_.begin(), running_.end(), [&](const auto& entry) {
      return quiet.still_busy(*entry.second);
    });
    if (busy)
      when_quiet_.push_back(std::move(quiet));
    else
      quiet.done();
  }
}

uint64_t CopyEngine::enlist(CopyStatus status, std::function<void()> stop) {
  status.id = next_id_++;
  const CopyStatus& shown = guests_.add(std::move(status), std::move(stop));
  for (const auto& listener : listeners_) listener(shown);
  return shown.id;
}

void CopyEngine::update(const CopyStatus& guest) {
  if (!ended(guest.state)) return guests_.update(guest);
  if (!guests_.take(guest.id)) return;
  CopyStatus over = guest;
  over.at_rest = true;
  over.ended_unix_ns = wall_clock_ns();
  keep_ended(over);
  for (const auto& listener : listeners_) listener(over);
}

void CopyEngine::keep_ended(const CopyStatus& status) {
  ended_[status.id] = status;
  forget_oldest();
}

/// In-band range copies come by the hundred and go first.
void CopyEngine::forget_oldest() {
  while (ended_.size() > kEndedKept) {
    auto oldest = std::find_if(ended_.begin(), ended_.end(), [](const auto& entry) {
      const Origin origin = entry.second.request.origin;
      return origin == Origin::xcopy || origin == Origin::token;
    });
    ended_.erase(oldest == ended_.end() ? ended_.begin() : oldest);
  }
}

const CopyStatus* CopyEngine::find_ended(uint64_t id) const {
  const auto place = ended_.find(id);
  return place == ended_.end() ? nullptr : &place->second;
}

void CopyEngine::act(uint64_t id, CopyVerb verb, std::function<void(Result<CopyStatus>)> answer) {
  executor_.post(home_, [this, id, verb, answer = std::move(answer)] {
    if (const auto place = running_.find(id); place != running_.end()) {
      const std::shared_ptr<CopyJob> job = place->second;  // acting may end it
      const auto done = job->act(verb);
      return done ? answer(job->status()) : answer(done.error());
    }
    if (const CopyStatus* status = collecting_.find(id))
      return act_on_collecting(*status, verb, answer);
    if (const GuestCopies::Guest* guest = guests_.find(id)) {
      if (verb != CopyVerb::cancel)
        return answer(Error{ErrorKind::conflict, "the copy of a token can only be cancelled", {}});
      const CopyStatus status = guest->status;
      guest->stop();
      return answer(status);
    }
    answer(over_or_unknown(id));
  });
}

void CopyEngine::set(uint64_t id, const CopyChange& change,
                     std::function<void(Result<CopyStatus>)> answer) {
  executor_.post(home_, [this, id, change, answer = std::move(answer)] {
    if (const auto place = running_.find(id); place != running_.end()) {
      const auto done = place->second->set(change);
      return done ? answer(place->second->status()) : answer(done.error());
    }
    if (collecting_.find(id) != nullptr)
      return answer(Error{ErrorKind::conflict, "the copy has not been started", {}});
    if (guests_.find(id) != nullptr)
      return answer(Error{ErrorKind::conflict, "the copy of a token can only be cancelled", {}});
    answer(over_or_unknown(id));
  });
}

void CopyEngine::get(uint64_t id, std::function<void(Result<CopyStatus>)> answer) {
  executor_.post(home_, [this, id, answer = std::move(answer)] {
    if (const auto place = running_.find(id); place != running_.end())
      return answer(place->second->status());
    if (const CopyStatus* status = collecting_.find(id)) return answer(*status);
    if (const GuestCopies::Guest* guest = guests_.find(id)) return answer(guest->status);
    if (const CopyStatus* status = find_ended(id)) return answer(*status);
    answer(no_such_copy(id));
  });
}

void CopyEngine::list(std::function<void(std::vector<CopyStatus>)> answer) {
  executor_.post(home_, [this, answer = std::move(answer)] {
    std::vector<CopyStatus> all;
    for (const auto& [id, job] : running_) all.push_back(job->status());
    for (const auto& [id, status] : collecting_.all()) all.push_back(status);
    for (const auto& [id, guest] : guests_.all()) all.push_back(guest.status);
    for (const auto& [id, status] : ended_) all.push_back(status);
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id > b.id; });
    answer(std::move(all));
  });
}

void CopyEngine::map(uint64_t id, uint64_t from, size_t max_runs,
                     std::function<void(Result<std::vector<MapRun>>)> answer) {
  executor_.post(home_, [this, id, from, max_runs, answer = std::move(answer)] {
    if (const auto place = running_.find(id); place != running_.end())
      return answer(place->second->map().runs(from, max_runs));
    if (collecting_.find(id) != nullptr)
      return answer(Error{ErrorKind::conflict, "the copy has not been started", {}});
    if (guests_.find(id) != nullptr)
      return answer(Error{ErrorKind::conflict, "the copy of a token has no map", {}});
    const CopyStatus* status = find_ended(id);
    if (status == nullptr) return answer(no_such_copy(id));
    if (status->state != CopyState::completed)
      return answer(Error{ErrorKind::conflict, "the copy is over and has no map any more", {}});
    std::vector<MapRun> all;
    for (const CopyRange& range : status->request.ranges)
      if (range.source().end() > from && all.size() < max_runs)
        all.push_back({range.source(), GrainState::copied});
    answer(std::move(all));
  });
}

void CopyEngine::stop_copying(std::function<void()> done) {
  executor_.post(home_, [this, done = std::move(done)] {
    shutting_down_ = true;
    when_quiet_.push_back({[](const CopyJob& job) { return !job.lasting(); }, done});
    const auto jobs = running_;
    for (const auto& [id, job] : jobs) {
      if (ended(job->state())) continue;
      if (job->lasting() && job->state() != CopyState::preparing)
        job->stop_copying();
      else
        job->stop_for_good();
    }
    tell_if_quiet();
  });
}

void CopyEngine::shut_down(std::function<void()> done) {
  stop_copying([this, done = std::move(done)] {
    when_quiet_.push_back({[](const CopyJob& job) { return !job.suspended(); }, done});
    const auto jobs = running_;
    for (const auto& [id, job] : jobs)
      if (!ended(job->state()) && !job->suspended()) job->suspend([this] { tell_if_quiet(); });
    tell_if_quiet();
  });
}

}  // namespace tidemark::copyengine
