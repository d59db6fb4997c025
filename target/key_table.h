// The text keys of RFC 7143 clause 13 (and 7144): one row each. Negotiation, answers, defaults and
// tests are derived from the rows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "target/limits.h"

namespace tidemark::target {

enum class Key : uint8_t {
  auth_method,
  header_digest,
  data_digest,
  session_type,
  initiator_name,
  target_name,
  initiator_alias,
  target_alias,
  target_address,
  target_portal_group_tag,
  send_targets,
  max_connections,
  initial_r2t,
  immediate_data,
  max_recv_data_segment_length,
  max_burst_length,
  first_burst_length,
  default_time2wait,
  default_time2retain,
  max_outstanding_r2t,
  data_pdu_in_order,
  data_sequence_in_order,
  error_recovery_level,
  task_reporting,
  iscsi_protocol_level,
  node_architecture,
  if_marker,
  of_marker,
  if_mark_int,
  of_mark_int,
  rdma_extensions,
  initiator_recv_data_segment_length,
  target_recv_data_segment_length,
};
inline constexpr size_t kKeyCount = 33;

/// How a value is read, and how both sides come to one result.
enum class KeyKind : uint8_t {
  list,             // the first of the offer's that we take
  boolean_or,       // Yes if either says so
  boolean_and,      // Yes if both say so
  minimum,          // the smaller number
  maximum,          // the larger number
  declared_number,  // each side states its own, no answer
  declared_list,    // one word of a list, no answer
  declared_text,    // no answer
  query,            // SendTargets: answered with records, not with a value
  obsolete,         // answered Reject
  foreign,          // of another transport (iSER): answered NotUnderstood
};

/// When a key may be used.
enum class KeyUse : uint8_t {
  security,      // SecurityNegotiation stage only
  login,         // any login stage ("IO")
  leading,       // login that makes a session ("LO"); a fact of the session
  operational,   // LoginOperationalNegotiation stage of any connection
  full_feature,  // Text Requests only ("FFPO")
  any,
};

enum class KeySender : uint8_t { initiator, target, both };
enum class KeyScope : uint8_t { connection, session };

struct KeyRow {
  Key key;
  std::string_view name;
  KeyKind kind;
  KeyUse use;
  KeySender sender;
  KeyScope scope;
  bool irrelevant_in_discovery;
  uint32_t initial;  // the RFC's default; of a list, an index into `words`
  uint32_t low;
  uint32_t high;
  uint32_t offer;           // what we want
  uint32_t Limits::*limit;  // if set, this is what we want instead of `offer`
  std::span<const std::string_view> words;
  uint32_t words_taken;  // bit i: we accept words[i]
};

std::span<const KeyRow, kKeyCount> key_rows();
const KeyRow& row_of(Key key);
const KeyRow* find_key(std::string_view name);

/// Our side of a negotiated value.
uint32_t our_value(const KeyRow& row, const Limits& limits);

/// What both sides end with, given the peer's offer; nullopt if the offer is no legal value of the
/// key (the answer is Reject).
std::optional<uint32_t> result_of(const KeyRow& row, std::string_view offer, uint32_t ours);
/// The result as text.
std::string_view word_of(const KeyRow& row, uint32_t value, std::span<char, 16> scratch);

// Indices into `words` of list keys.
inline constexpr uint32_t kDigestNone = 0;
inline constexpr uint32_t kDigestCrc32c = 1;
inline constexpr uint32_t kSessionNormal = 0;
inline constexpr uint32_t kSessionDiscovery = 1;

}  // namespace tidemark::target
