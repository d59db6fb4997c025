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
  chap_a,
  chap_i,
  chap_c,
  chap_n,
  chap_r,
  srp_u,
  srp_n,
  srp_g,
  srp_a,
  srp_b,
  srp_m,
  srp_hm,
  srp_s,
  srp_group,
  target_auth,
  krb_ap_req,
  krb_ap_rep,
};
inline constexpr size_t kKeyCount = 50;

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
  chap,             // taken by the CHAP exchange
  obsolete,         // answered Reject
  foreign,  // of another transport (iSER) or an authentication not offered here: NotUnderstood
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

/// When a key means nothing, and is answered Irrelevant.
enum class KeyIrrelevant : uint8_t {
  never,
  in_discovery,
  without_unsolicited,  // in discovery, and with InitialR2T=Yes and ImmediateData=No
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
  KeyIrrelevant irrelevant = KeyIrrelevant::never;
  uint32_t initial = 0;  // the RFC's default; of a list, an index into `words`
  uint32_t low = 0;
  uint32_t high = 0;
  uint32_t offer = 0;                 // what we want; of a list, bit i: we accept words[i]
  uint32_t Limits::*limit = nullptr;  // if set, this is what we want instead of `offer`
  std::span<const std::string_view> words{};
};

/// Who asks, and for what: nothing else in a login can be judged before these are known.
bool names_the_parties(Key key);
/// Decides whether others are irrelevant, so it is taken before them, wherever it stands.
bool decides_about_others(Key key);

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
inline constexpr uint32_t kAuthNone = 0;
inline constexpr uint32_t kAuthChap = 1;
inline constexpr uint32_t kDigestNone = 0;
inline constexpr uint32_t kDigestCrc32c = 1;
inline constexpr uint32_t kSessionNormal = 0;
inline constexpr uint32_t kSessionDiscovery = 1;

}  // namespace tidemark::target
