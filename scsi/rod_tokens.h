// RodTokens: all ROD tokens of this process, each with the point-in-time image it stands for.
//
// A token is its maker's: it is good for the initiator that made it, on any unit that initiator may
// write to, as long as the unit it was made of is mapped for the asking nexus too. To all others it
// is unknown, as is one that never was.
//
// A token ends when it is deleted, when it has not been used for its inactivity time-out, when its
// lifetime has elapsed, when its image is lost (it is vulnerable and what it stands for was
// overwritten; the store was full or too slow; the host writes went on), or when room is needed for
// a newer one of the same initiator. How it ended is remembered for twice the lifetime.
//
// State on the home core. Any core may call; answers run on the core the caller names.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/executor.h"
#include "scsi/cscd.h"
#include "scsi/image_service.h"
#include "scsi/rod_token.h"
#include "scsi/sense.h"
#include "scsi/token_list.h"

namespace tidemark::scsi {

class RodTokens {
 public:
  static constexpr size_t kPerInitiatorMax = 64;
  static constexpr size_t kTokensMax = 384;
  /// Beyond these the oldest is forgotten early: 5 MiB.
  static constexpr size_t kEndedMax = 8192;

  /// NAA designator. By name, because a token outlives the nexus it was made through.
  using UnitName = std::array<uint8_t, 8>;

  /// `images` outlives it. Before the cores run.
  RodTokens(Executor& executor, CoreId home, ImageService& images, TokenLimits limits = {});
  /// Any thread.
  const TokenLimits& limits() const { return limits_; }

  struct Wanted {
    UnitPointer unit;
    std::vector<storage::Extent> ranges;  // bytes of the unit, not empty
    uint32_t type = kPointInTimePersistent;
    Duration inactivity{0};
    std::string initiator;
  };
  /// Answers with the token once the begin time of its image lies behind.
  void create(Wanted wanted, CoreId core,
              std::function<void(std::variant<RodToken, SenseData>)> answer);

  /// A token in use: it does not end by time or for want of room until released.
  struct Use {
    uint64_t identifier = 0;
    uint64_t image = 0;
    uint64_t bytes = 0;  // it stands for
    UnitName unit{};     // it was made of
  };
  /// `initiator` is who asks. Whether it sees the unit is the caller's to check.
  void use(const RodToken& token, std::string initiator, CoreId core,
           std::function<void(std::variant<Use, SenseData>)> answer);
  void release(uint64_t identifier, bool and_delete);
  /// Of a token that nobody has been given.
  void remove(uint64_t identifier);
  ImageService& images() { return images_; }

  /// The first bytes of each token of that initiator made of that unit, by age.
  void list(std::string initiator, const UnitName& unit, CoreId core,
            std::function<void(std::vector<RodToken>)> answer);

 private:
  struct Entry {
    RodToken token{};
    uint64_t image = 0;
    uint64_t bytes = 0;
    UnitName unit{};
    std::string initiator;
    Duration inactivity{0};
    TimePoint last_used{};
    TimePoint expires{};  // whatever is done with it
    unsigned in_use = 0;
    bool to_delete = false;
  };
  struct Ended {
    RodToken token{};
    std::string initiator;
    Asc why = 0;
    TimePoint at{};
  };

  Asc make_room(const std::string& initiator);
  std::variant<RodToken, SenseData> made(const Wanted& wanted, uint64_t image);
  std::variant<Use, SenseData> use_now(const RodToken& token, const std::string& initiator);
  SenseData why_not(const RodToken& token, const std::string& initiator) const;
  void end(uint64_t identifier, Asc why);
  void image_lost(uint64_t image);
  void watch(uint64_t identifier, const Entry& entry);
  void check_time(uint64_t identifier);

  Executor& executor_;
  CoreId home_;
  ImageService& images_;
  TokenLimits limits_;
  std::map<uint64_t, Entry> tokens_;  // by identifier
  std::map<uint64_t, Ended> ended_;
  std::map<std::string, size_t> being_made_;  // by initiator
  uint64_t next_identifier_;
};

}  // namespace tidemark::scsi
