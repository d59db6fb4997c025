// ImageChain: the images of all of one volume, by begin time, that share what is saved for them. A
// host's write has its old data saved once, by the newest session; an older image reads on in the
// newer ones what it has not saved itself.
//
// What holds (tests/copyengine/image_chain_test.cc, tests/simulation/image_model_test.cc):
//  - SavedOnce: while the newest guards, a write is held by none of the others.
//  - NothingNeededIsLost: an image that goes leaves behind what older ones read there, and gives
//    back the space of what they do not.
//  - AllOrNothing: if old data cannot be saved, all images of the chain are lost, as each of them
//    might have needed it.
//
// On the volume's home core. Kept alive by its images.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "copyengine/copy_session.h"

namespace tidemark::copyengine {

class WriteGuard;

class ImageChain {
 public:
  explicit ImageChain(WriteGuard& guard) : guard_(guard) {}

  /// With the volume's gate closed to writes and `session` guarding: from here on it is the newest.
  /// `lose` runs when old data could not be saved, after which its image is no longer part of it.
  void add(std::shared_ptr<CopySession> session,
           std::function<void(const CopySession::Breakage&)> lose);
  /// The image of `session` is wanted no longer.
  void leave(const CopySession& session);
  /// The newest could not save old data: ends them all.
  void broken(const CopySession::Breakage& why);
  /// Runs `then` when nothing is under way of the sessions that have ended since it was last asked;
  /// it gets them, as with the last reference goes a store, which may be in use further up the
  /// stack.
  using Sessions = std::vector<std::shared_ptr<CopySession>>;
  void when_over_idle(std::function<void(Sessions over)> then);
  /// Sessions that save or hold something.
  size_t length() const { return links_.size(); }
  /// Of all their maps.
  size_t map_memory() const;
  /// Of all stores, also of images that are gone.
  uint64_t store_bytes() const;

 private:
  struct Link {
    std::shared_ptr<CopySession> session;
    std::function<void(const CopySession::Breakage&)> lose;  // null: only older ones need it
  };
  void end(const Link& link);
  static void forgo_what(const CopySession& older, CopySession& has);

  WriteGuard& guard_;
  std::deque<Link> links_;  // oldest first
  Sessions over_;
};

}  // namespace tidemark::copyengine
