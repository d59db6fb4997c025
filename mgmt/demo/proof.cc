#include "mgmt/demo/proof.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace tidemark::mgmt {
namespace {

Verdict contradiction(uint64_t sector, std::string reason) {
  Verdict verdict;
  verdict.sector = sector;
  verdict.reason = fmt::format("sector {}: {}", sector, reason);
  return verdict;
}

/// A sector that no write can have left there.
std::optional<Verdict> damage(const WriteLog& log, std::span<const SectorReading> copy,
                              uint64_t first_sector) {
  for (size_t i = 0; i < copy.size(); ++i) {
    const uint64_t sector = first_sector + i;
    const SectorReading reading = copy[i];
    if (reading == kTorn) return contradiction(sector, "torn: not the sector of any one write");
    if (reading == kMisplaced) return contradiction(sector, "carries the data of another sector");
    if (reading == kBlank) return contradiction(sector, "lost: it holds zeroes");
    if (reading == 0) continue;
    if (reading > log.size()) return contradiction(sector, "carries a write that was never sent");
    const WriteRecord& write = log.at(reading);
    if (sector < write.first || sector >= write.first + write.count)
      return contradiction(sector,
                           fmt::format("carries write {}, which never covered it", reading));
  }
  return std::nullopt;
}

/// Calls visit(index into copy) for each sector of the write that the copy has.
template <class Visit>
void for_each_sector(const WriteRecord& write, uint64_t first_sector, size_t size, Visit visit) {
  const uint64_t from = std::max(write.first, first_sector);
  const uint64_t to = std::min(write.first + write.count, first_sector + size);
  for (uint64_t sector = from; sector < to; ++sector) visit(sector - first_sector);
}

/// The values of n that the sectors allow: at least the newest write seen, and less than the first
/// write that would have replaced what is seen.
struct Allowed {
  uint64_t least = 0;
  uint64_t least_sector = 0;
  uint64_t most = 0;
  uint64_t most_sector = 0;
};

Allowed allowed_by_sectors(const WriteLog& log, std::span<const SectorReading> copy,
                           uint64_t first_sector) {
  Allowed allowed;
  allowed.most = log.size();
  allowed.most_sector = first_sector;
  for (size_t i = 0; i < copy.size(); ++i) {
    if (copy[i] <= allowed.least) continue;
    allowed.least = copy[i];
    allowed.least_sector = first_sector + i;
  }
  std::vector<uint64_t> current(copy.size(), 0);
  for (uint64_t sequence = 1; sequence <= allowed.most; ++sequence) {
    for_each_sector(log.at(sequence), first_sector, copy.size(), [&](uint64_t i) {
      if (current[i] == copy[i] && sequence - 1 < allowed.most) {
        allowed.most = sequence - 1;
        allowed.most_sector = first_sector + i;
      }
      current[i] = sequence;
    });
  }
  return allowed;
}

/// How many writes were certainly before, and can have been before, the window's moment.
void bound(Verdict& verdict, const WriteLog& log, Window window) {
  verdict.lowest = 0;
  verdict.highest = 0;
  for (uint64_t sequence = 1; sequence <= log.size(); ++sequence) {
    const WriteRecord& write = log.at(sequence);
    if (write.answered != 0 && write.answered < window.opened) verdict.lowest = sequence;
    if (write.sent < window.closed) verdict.highest = sequence;
  }
}

}  // namespace

Verdict prove_prefix(const WriteLog& log, Window window, std::span<const SectorReading> copy,
                     uint64_t first_sector) {
  if (auto damaged = damage(log, copy, first_sector)) return *damaged;
  const Allowed allowed = allowed_by_sectors(log, copy, first_sector);
  Verdict verdict;
  bound(verdict, log, window);
  const auto fail = [&](uint64_t sector, std::string reason) {
    Verdict failed = contradiction(sector, std::move(reason));
    failed.lowest = verdict.lowest;
    failed.highest = verdict.highest;
    return failed;
  };
  if (allowed.least > allowed.most)
    return fail(allowed.most_sector,
                fmt::format("lacks write {}, but sector {} has write {}", allowed.most + 1,
                            allowed.least_sector, allowed.least));
  if (allowed.least > verdict.highest)
    return fail(allowed.least_sector,
                fmt::format("too new: write {} was sent after the copy had begun (latest {})",
                            allowed.least, verdict.highest));
  if (allowed.most < verdict.lowest)
    return fail(allowed.most_sector,
                fmt::format("too old: write {} was answered before the copy was asked for "
                            "(earliest {})",
                            allowed.most + 1, verdict.lowest));
  verdict.holds = true;
  verdict.n = std::max(allowed.least, verdict.lowest);
  return verdict;
}

Verdict prove_segments(const WriteLog& log, Window window, std::span<const SectorReading> copy,
                       uint64_t segment_sectors) {
  Verdict whole;
  whole.holds = true;
  for (uint64_t at = 0; at < copy.size(); at += segment_sectors) {
    const size_t length = std::min<size_t>(segment_sectors, copy.size() - at);
    const Verdict segment = prove_prefix(log, window, copy.subspan(at, length), at);
    if (!segment.holds) return segment;
    whole.n = std::max(whole.n, segment.n);
    whole.lowest = segment.lowest;
    whole.highest = segment.highest;
  }
  return whole;
}

Verdict prove_sectors(const WriteLog& log, Window window, std::span<const SectorReading> copy) {
  if (auto damaged = damage(log, copy, 0)) return *damaged;
  Verdict verdict;
  bound(verdict, log, window);
  // Per sector, when the latest write was sent that was answered before the window opened: what
  // was answered earlier than that is certainly gone.
  std::vector<uint64_t> latest(copy.size(), 0);
  for (uint64_t sequence = 1; sequence <= log.size(); ++sequence) {
    const WriteRecord& write = log.at(sequence);
    if (write.answered == 0 || write.answered >= window.opened) continue;
    for_each_sector(write, 0, copy.size(), [&](uint64_t i) {
      if (latest[i] == 0 || log.at(latest[i]).sent < write.sent) latest[i] = sequence;
    });
  }
  for (size_t i = 0; i < copy.size(); ++i) {
    const uint64_t seen = copy[i];
    verdict.n = std::max(verdict.n, seen);
    if (seen != 0 && log.at(seen).sent > window.closed)
      return contradiction(
          i, fmt::format("too new: write {} was sent after the copy had begun", seen));
    if (latest[i] == 0 || seen == latest[i]) continue;
    const Tick gone_before = log.at(latest[i]).sent;
    const bool certainly_gone =
        seen == 0 || (log.at(seen).answered != 0 && log.at(seen).answered < gone_before);
    if (certainly_gone)
      return contradiction(i, fmt::format("too old: it has write {}, but write {} was answered "
                                          "before the copy was asked for",
                                          seen, latest[i]));
  }
  verdict.holds = true;
  return verdict;
}

}  // namespace tidemark::mgmt
