// Negotiation: takes the pairs a peer sent, gives the pairs to answer with, and keeps what was
// agreed (RFC 7143 clause 6.2). No I/O; derived from the key table.
#pragma once

#include <array>
#include <bitset>
#include <string>

#include "target/key_table.h"
#include "target/session_info.h"
#include "target/text.h"

namespace tidemark::target {

/// What both sides go by. Starts at the defaults of the RFC.
class Parameters {
 public:
  Parameters();

  uint32_t get(Key key) const { return values_[static_cast<size_t>(key)]; }
  bool yes(Key key) const { return get(key) != 0; }
  void set(Key key, uint32_t value) { values_[static_cast<size_t>(key)] = value; }

  /// MaxRecvDataSegmentLength of each direction: get(Key) is the initiator's.
  uint32_t our_segment_max = 8192;

  SessionType session_type() const {
    return get(Key::session_type) == kSessionDiscovery ? SessionType::discovery
                                                       : SessionType::normal;
  }
  uint32_t first_burst() const {
    return std::min(get(Key::first_burst_length), get(Key::max_burst_length));
  }

  /// Of a further connection's login: what is agreed for each connection by itself.
  void take_connection_part(const Parameters& login);

  std::string initiator_name;
  std::string target_name;
  std::string initiator_alias;

 private:
  std::array<uint32_t, kKeyCount> values_{};
};

enum class NegotiationStage : uint8_t { security, operational, full_feature };

enum class KeyFault : uint8_t {
  none,
  repeated,     // the same key twice from one side
  wrong_stage,  // not allowed at this point
  wrong_side,   // only a target may send it
  not_leading,  // a fact of the session, on a connection that is added to it
  bad_value,    // of a key that cannot be answered with Reject
  auth_method,  // no common way to authenticate
};
std::string_view name_of(KeyFault fault);

class Negotiation {
 public:
  Negotiation(Parameters& parameters, const Limits& limits)
      : parameters_(parameters), limits_(limits) {}

  /// The methods that will do for AuthMethod, as bits of the key's words. None, if nothing is said.
  void authenticate_by(uint32_t methods) { methods_ = methods; }
  /// This login adds a connection to a session, whose facts are agreed already.
  void join_session() { leading_ = false; }

  /// Takes one pair; appends what is to be answered, if anything, to `answer`.
  KeyFault take(const KeyValue& pair, NegotiationStage stage, std::string& answer);
  /// States our own MaxRecvDataSegmentLength, once.
  void declare(std::string& answer);

  bool seen(Key key) const { return seen_[static_cast<size_t>(key)]; }
  /// A new negotiation may use every key again (full feature phase).
  void forget_seen() { seen_.reset(); }

 private:
  bool irrelevant(const KeyRow& row) const;
  KeyFault take_declared(const KeyRow& row, std::string_view value);
  KeyFault take_offer(const KeyRow& row, std::string_view value, std::string& answer);

  Parameters& parameters_;
  const Limits& limits_;
  std::bitset<kKeyCount> seen_;
  uint32_t methods_ = 1u << kAuthNone;
  bool leading_ = true;
  bool declared_ = false;
};

}  // namespace tidemark::target
