#include "scsi/rod_tokens.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "scsi/copy_sense.h"
#include "scsi/logical_unit.h"

namespace tidemark::scsi {
namespace {

SenseData invalid_token(Asc why) {
  return {.key = SenseKey::illegal_request, .asc = why};
}

RodTokenParts parts_of(const RodTokens::Wanted& wanted, uint64_t identifier) {
  const LogicalUnit& unit = *wanted.unit;
  RodTokenParts parts;
  parts.type = wanted.type;
  parts.identifier = identifier;
  parts.creator = unit.identity().naa;
  for (const storage::Extent& range : wanted.ranges) parts.bytes += range.length;
  parts.block_size = unit.block_size();
  parts.thin = unit.thin();
  parts.lowest_aligned_lba = unit.traits().lowest_aligned_lba;
  return parts;
}

}  // namespace

RodTokens::RodTokens(Executor& executor, CoreId home, ImageService& images, TokenLimits limits)
    : executor_(executor),
      home_(home),
      images_(images),
      limits_(limits),
      next_identifier_(wall_clock_ns()) {
  // Identifiers begin with the time of day, so that a restart does not give them out again.
  images_.on_image_lost(home_, [this](uint64_t image) { image_lost(image); });
}

void RodTokens::create(Wanted wanted, CoreId core,
                       std::function<void(std::variant<RodToken, SenseData>)> answer) {
  executor_.post(home_, [this, wanted = std::move(wanted), core, answer = std::move(answer)] {
    if (const Asc why = make_room(wanted.initiator))
      return executor_.post(core, [answer, why] { answer(invalid_token(why)); });
    ++being_made_[wanted.initiator];
    ImageOrder order{wanted.unit->traits().name, wanted.ranges,
                     wanted.type == kPointInTimeVulnerable};
    images_.create_image(
        std::move(order), home_, [this, wanted, core, answer](uint64_t image, CopyRefusal) {
          const auto making = being_made_.find(wanted.initiator);
          if (--making->second == 0) being_made_.erase(making);
          auto result =
              image == 0 ? invalid_token(copy_sense::kNoRoomForToken) : made(wanted, image);
          executor_.post(core, [answer, result = std::move(result)] { answer(result); });
        });
  });
}

/// Ends the initiator's token that has longest not been used, if it has as many as it may; 0, or
/// why there is no room.
Asc RodTokens::make_room(const std::string& initiator) {
  size_t own = 0;
  auto oldest = tokens_.end();
  for (auto at = tokens_.begin(); at != tokens_.end(); ++at) {
    if (at->second.initiator != initiator) continue;
    ++own;
    if (at->second.in_use > 0) continue;
    if (oldest == tokens_.end() || at->second.last_used < oldest->second.last_used) oldest = at;
  }
  if (const auto making = being_made_.find(initiator); making != being_made_.end())
    own += making->second;
  const bool full = tokens_.size() >= kTokensMax;
  if (own < kPerInitiatorMax && !full) return 0;
  if (oldest == tokens_.end()) return copy_sense::kNoRoomForToken;
  end(oldest->first, copy_sense::kTokenCancelled);
  return 0;
}

std::variant<RodToken, SenseData> RodTokens::made(const Wanted& wanted, uint64_t image) {
  const RodTokenParts parts = parts_of(wanted, next_identifier_++);
  const auto token = make_rod_token(parts);
  if (!token) {
    images_.drop_image(image);
    return invalid_token(copy_sense::kNoRoomForToken);
  }
  Entry& entry = tokens_[parts.identifier];
  entry.token = *token;
  entry.image = image;
  entry.bytes = parts.bytes;
  entry.unit = wanted.unit->identity().naa;
  entry.initiator = wanted.initiator;
  entry.inactivity = wanted.inactivity;
  entry.last_used = executor_.now();
  entry.expires = entry.last_used + std::chrono::seconds(limits_.lifetime);
  watch(parts.identifier, entry);
  return *token;
}

void RodTokens::use(const RodToken& token, std::string initiator, CoreId core,
                    std::function<void(std::variant<Use, SenseData>)> answer) {
  executor_.post(home_,
                 [this, token, initiator = std::move(initiator), core, answer = std::move(answer)] {
                   auto result = use_now(token, initiator);
                   executor_.post(core, [answer, result = std::move(result)] { answer(result); });
                 });
}

std::variant<RodTokens::Use, SenseData> RodTokens::use_now(const RodToken& token,
                                                           const std::string& initiator) {
  const auto found = tokens_.find(identifier_of(token));
  if (found == tokens_.end()) return why_not(token, initiator);
  Entry& entry = found->second;
  // Whoever has not the token itself learns nothing, not even that there is one.
  const bool right = equal_in_constant_time(entry.token, token);
  if (!right || entry.initiator != initiator) return invalid_token(copy_sense::kTokenUnknown);
  const TimePoint now = executor_.now();
  if (now >= entry.expires) return invalid_token(copy_sense::kTokenExpired);
  ++entry.in_use;
  entry.last_used = now;
  return Use{found->first, entry.image, entry.bytes, entry.unit};
}

SenseData RodTokens::why_not(const RodToken& token, const std::string& initiator) const {
  const auto found = ended_.find(identifier_of(token));
  if (found == ended_.end()) return invalid_token(copy_sense::kTokenUnknown);
  const bool right = equal_in_constant_time(found->second.token, token);
  if (!right || found->second.initiator != initiator)
    return invalid_token(copy_sense::kTokenUnknown);
  return invalid_token(found->second.why);
}

void RodTokens::release(uint64_t identifier, bool and_delete) {
  executor_.post(home_, [this, identifier, and_delete] {
    const auto found = tokens_.find(identifier);
    if (found == tokens_.end()) return;
    Entry& entry = found->second;
    entry.last_used = executor_.now();
    entry.to_delete = entry.to_delete || and_delete;
    if (--entry.in_use > 0) return;
    if (entry.to_delete)
      end(identifier, copy_sense::kTokenDeleted);
    else if (entry.last_used >= entry.expires)
      end(identifier, copy_sense::kTokenExpired);
  });
}

void RodTokens::remove(uint64_t identifier) {
  executor_.post(home_, [this, identifier] { end(identifier, copy_sense::kTokenDeleted); });
}

void RodTokens::list(std::string initiator, const UnitName& unit, CoreId core,
                     std::function<void(std::vector<RodToken>)> answer) {
  executor_.post(home_,
                 [this, initiator = std::move(initiator), unit, core, answer = std::move(answer)] {
                   std::vector<RodToken> found;
                   for (const auto& [identifier, entry] : tokens_)
                     if (entry.initiator == initiator && entry.unit == unit)
                       found.push_back(entry.token);
                   executor_.post(core, [answer, found = std::move(found)] { answer(found); });
                 });
}

void RodTokens::end(uint64_t identifier, Asc why) {
  const auto found = tokens_.find(identifier);
  if (found == tokens_.end()) return;
  const TimePoint now = executor_.now();
  const Duration kept = 2 * std::chrono::seconds(limits_.lifetime);  // SPC-4 5.17.6.7
  std::erase_if(ended_, [&](const auto& entry) { return now - entry.second.at >= kept; });
  if (ended_.size() >= kEndedMax) ended_.erase(ended_.begin());  // the oldest
  ended_[identifier] = {found->second.token, found->second.initiator, why, now};
  images_.drop_image(found->second.image);
  tokens_.erase(found);
}

void RodTokens::image_lost(uint64_t image) {
  const auto found = std::ranges::find_if(
      tokens_, [image](const auto& entry) { return entry.second.image == image; });
  if (found != tokens_.end()) end(found->first, copy_sense::kTokenCancelled);
}

/// Looks at it again when it may have to end.
void RodTokens::watch(uint64_t identifier, const Entry& entry) {
  const TimePoint idle = (entry.in_use > 0 ? executor_.now() : entry.last_used) + entry.inactivity;
  const TimePoint next = entry.in_use > 0 ? idle : std::min(idle, entry.expires);
  executor_.post_after(home_, next - executor_.now(),
                       [this, identifier] { check_time(identifier); });
}

void RodTokens::check_time(uint64_t identifier) {
  const auto found = tokens_.find(identifier);
  if (found == tokens_.end()) return;
  const Entry& entry = found->second;
  const TimePoint now = executor_.now();
  // What is under way ends first; release() looks at the lifetime then.
  const bool over = now >= entry.expires || now - entry.last_used >= entry.inactivity;
  if (entry.in_use == 0 && over) return end(identifier, copy_sense::kTokenExpired);
  watch(identifier, entry);
}

}  // namespace tidemark::scsi
