#include "copyengine/image_chain.h"

#include <algorithm>
#include <utility>

#include "copyengine/write_guard.h"

namespace tidemark::copyengine {

void ImageChain::add(std::shared_ptr<CopySession> session,
                     std::function<void(const CopySession::Breakage&)> lose) {
  if (!links_.empty()) {
    const auto& before = links_.back().session;
    before->hand_on(session);
    guard_.remove(before, [] {});
  }
  links_.push_back({std::move(session), std::move(lose)});
}

void ImageChain::leave(const CopySession& session) {
  const auto link = std::ranges::find_if(
      links_, [&](const Link& other) { return other.session.get() == &session; });
  if (link == links_.end()) return;
  link->lose = nullptr;
  if (link != links_.begin()) forgo_what(*std::prev(link)->session, *link->session);
  // From the old end on nobody reads there any more.
  while (!links_.empty() && !links_.front().lose) {
    end(links_.front());
    links_.pop_front();
  }
}

/// What an older session has settled itself is looked up there by all that are older still.
void ImageChain::forgo_what(const CopySession& older, CopySession& has) {
  const uint32_t grain = has.map().grain();
  Interval rest{0, UINT64_MAX};
  for (Interval run; !(run = older.map().next_settled(rest)).empty(); rest.first = run.end) {
    const storage::Extent extent = older.map().extent_of(run);
    // Grains of another size count only as a whole; the last one of the volume ends with it.
    const Interval touched = has.map().grains_of(extent);
    const Interval inside{
        (extent.offset + grain - 1) / grain,
        has.map().extent_of(touched).end() == extent.end() ? touched.end : extent.end() / grain};
    if (inside.first < inside.end) has.forgo(inside);
  }
}

void ImageChain::broken(const CopySession::Breakage& why) {
  const auto links = std::exchange(links_, {});
  if (links.empty()) return;
  guard_.remove(links.back().session, [] {});
  for (const Link& link : links) {
    link.session->end();
    over_.push_back(link.session);
  }
  for (const Link& link : links)
    if (link.lose) link.lose(why);
}

void ImageChain::end(const Link& link) {
  link.session->end();
  if (!link.session->newer()) guard_.remove(link.session, [] {});
  over_.push_back(link.session);
}

void ImageChain::when_over_idle(std::function<void(Sessions over)> then) {
  struct Waiting {
    size_t pending;
    Sessions over;
  };
  if (over_.empty()) return then({});
  const auto waiting = std::make_shared<Waiting>(Waiting{over_.size(), std::exchange(over_, {})});
  for (const auto& session : Sessions(waiting->over))
    session->when_idle([waiting, then] {
      if (--waiting->pending == 0) then(std::move(waiting->over));
    });
}

size_t ImageChain::map_memory() const {
  size_t bytes = 0;
  for (const Link& link : links_) bytes += link.session->map().memory();
  return bytes;
}

uint64_t ImageChain::store_bytes() const {
  uint64_t bytes = 0;
  for (const Link& link : links_) bytes += link.session->figures().store_bytes;
  return bytes;
}

}  // namespace tidemark::copyengine
