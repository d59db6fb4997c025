// IsnsRegistration: keeps what an iSNS server knows of us as it should be (RFC 4171 clause 5.6.5):
// decides which message is next, and understands the answers. No I/O; on one thread at a time.
//
// All of it is one network entity. What an earlier life of it has left is replaced by the first
// message. A target is a storage node with a portal group of each tag; a message registers one
// target with all portals, so that messages do not grow with the number of targets. A registration
// is refreshed by asking for it, three times in its period, so that nobody is told of a change; if
// the server does not know it any more, all is registered anew.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "target/isns.h"

namespace tidemark::target {

struct IsnsPortal {
  IsnsAddress address{};
  uint16_t port = 0;
  uint16_t group = 1;
  bool operator==(const IsnsPortal&) const = default;
};

/// What there is to be known of us. Without targets, or without portals, that is nothing.
struct IsnsEntity {
  std::vector<std::string> targets;
  std::vector<IsnsPortal> portals;
  bool empty() const { return targets.empty() || portals.empty(); }
};

class IsnsRegistration {
 public:
  /// `name` is the entity's, unique among all that the server knows; `period` is asked for.
  IsnsRegistration(std::string name, std::chrono::seconds period)
      : name_(std::move(name)), period_(period) {}

  /// From now on this is to be registered.
  void want(IsnsEntity wanted) { wanted_ = std::move(wanted); }

  /// The next message; none if there is nothing to be said now. Then answer() or unanswered().
  Result<std::optional<std::vector<uint8_t>>> next(TimePoint now);
  /// Of the message that is to be answered.
  IsnsFunction function() const { return function_; }
  uint16_t transaction() const { return transaction_; }
  /// The payload of the answer. An Error says what the server did not like, or we in its answer;
  /// what was to be done is then still to be done, after a while.
  Result<void> answer(ConstBytes payload, TimePoint now);
  void unanswered();

  /// Whether the server has anything of us, or may have.
  bool registered() const { return registered_.has_value() || !perhaps_.empty(); }
  /// All is as wanted until then.
  TimePoint refresh_at() const { return refresh_at_; }

 private:
  enum class Step : uint8_t { none, forget_all, forget, enter, ask };
  struct Registered {
    std::vector<IsnsPortal> portals;
    std::map<std::string, std::vector<IsnsPortal>>
        targets;  // each with the portals it was told with
  };

  void choose(TimePoint now);
  IsnsRequest message() const;
  IsnsRequest forget_all() const;
  IsnsRequest forget() const;
  IsnsRequest enter() const;
  IsnsRequest ask() const;
  std::string source() const;
  std::vector<std::string> gone_targets() const;
  std::vector<IsnsPortal> gone_portals() const;
  void add_portals();
  void not_there(const std::string& target);
  void apply(bool known, TimePoint now);

  const std::string name_;
  const std::chrono::seconds period_;
  IsnsEntity wanted_;
  std::optional<Registered> registered_;
  std::set<std::string> perhaps_;   // targets that it may have, while nothing is registered
  std::chrono::seconds granted_{};  // the period as the server has it
  TimePoint refresh_at_{};

  // The message that is to be answered, and what it was about.
  Step step_ = Step::none;
  IsnsEntity told_;
  std::string target_;  // that is entered
  IsnsFunction function_{};
  uint16_t transaction_ = 0;
};

}  // namespace tidemark::target
