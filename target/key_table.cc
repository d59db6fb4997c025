#include "target/key_table.h"

#include <algorithm>
#include <charconv>

#include "target/text.h"

namespace tidemark::target {
namespace {

using enum Key;
using enum KeyKind;
using Use = KeyUse;

constexpr std::string_view kAuthWords[] = {"None", "CHAP", "SRP", "KRB5"};
constexpr std::string_view kDigestWords[] = {"None", "CRC32C"};
constexpr std::string_view kSessionWords[] = {"Normal", "Discovery"};
constexpr std::string_view kReportingWords[] = {"RFC3720", "ResponseFence", "FastAbort"};

constexpr auto kInit = KeySender::initiator;
constexpr auto kTarg = KeySender::target;
constexpr auto kBoth = KeySender::both;
constexpr auto kConn = KeyScope::connection;
constexpr auto kSess = KeyScope::session;
constexpr auto kNever = KeyIrrelevant::never;
constexpr auto kDisc = KeyIrrelevant::in_discovery;
constexpr auto kIdle = KeyIrrelevant::without_unsolicited;
constexpr uint32_t kNo = 0;
constexpr uint32_t kYes = 1;

// clang-format off
// key                                 name                              kind             use                by     scope  irrel.  initial low  high      offer   limit    words
constexpr KeyRow kRows[kKeyCount] = {
  {auth_method,                        "AuthMethod",                     list,            Use::security,     kBoth, kConn, kNever, 0,      0,   0,        0b0001, nullptr, kAuthWords},
  {header_digest,                      "HeaderDigest",                   list,            Use::operational,  kBoth, kConn, kNever, 0,      0,   0,        0b11,   nullptr, kDigestWords},
  {data_digest,                        "DataDigest",                     list,            Use::operational,  kBoth, kConn, kNever, 0,      0,   0,        0b11,   nullptr, kDigestWords},
  {session_type,                       "SessionType",                    declared_list,   Use::login,        kInit, kSess, kNever, 0,      0,   0,        0b11,   nullptr, kSessionWords},
  {initiator_name,                     "InitiatorName",                  declared_text,   Use::login,        kInit, kSess},
  {target_name,                        "TargetName",                     declared_text,   Use::login,        kBoth, kSess},
  {initiator_alias,                    "InitiatorAlias",                 declared_text,   Use::any,          kInit, kSess},
  {target_alias,                       "TargetAlias",                    declared_text,   Use::any,          kTarg, kSess},
  {target_address,                     "TargetAddress",                  declared_text,   Use::any,          kTarg, kSess},
  {target_portal_group_tag,            "TargetPortalGroupTag",           declared_number, Use::login,        kTarg, kSess, kNever, 0,      0,   65535,    1},
  {send_targets,                       "SendTargets",                    query,           Use::full_feature, kInit, kSess},
  {max_connections,                    "MaxConnections",                 minimum,         Use::leading,      kBoth, kSess, kDisc,  1,      1,   65535,    0,      &Limits::connections_per_session},
  {initial_r2t,                        "InitialR2T",                     boolean_or,      Use::leading,      kBoth, kSess, kDisc,  kYes,   0,   1,        kNo},
  {immediate_data,                     "ImmediateData",                  boolean_and,     Use::leading,      kBoth, kSess, kDisc,  kYes,   0,   1,        kYes},
  {max_recv_data_segment_length,       "MaxRecvDataSegmentLength",       declared_number, Use::any,          kBoth, kConn, kNever, 8192,   512, 16777215, 0,      &Limits::receive_segment},
  {max_burst_length,                   "MaxBurstLength",                 minimum,         Use::leading,      kBoth, kSess, kDisc,  262144, 512, 16777215, 0,      &Limits::max_burst},
  {first_burst_length,                 "FirstBurstLength",               minimum,         Use::leading,      kBoth, kSess, kIdle,  65536,  512, 16777215, 0,      &Limits::first_burst},
  {default_time2wait,                  "DefaultTime2Wait",               maximum,         Use::leading,      kBoth, kSess, kNever, 2,      0,   3600},
  {default_time2retain,                "DefaultTime2Retain",             minimum,         Use::leading,      kBoth, kSess, kNever, 20,     0,   3600},
  {max_outstanding_r2t,                "MaxOutstandingR2T",              minimum,         Use::leading,      kBoth, kSess, kDisc,  1,      1,   65535,    0,      &Limits::outstanding_r2t},
  {data_pdu_in_order,                  "DataPDUInOrder",                 boolean_or,      Use::leading,      kBoth, kSess, kDisc,  kYes,   0,   1,        kYes},
  {data_sequence_in_order,             "DataSequenceInOrder",            boolean_or,      Use::leading,      kBoth, kSess, kDisc,  kYes,   0,   1,        kYes},
  {error_recovery_level,               "ErrorRecoveryLevel",             minimum,         Use::leading,      kBoth, kSess, kNever, 0,      0,   2},
  {task_reporting,                     "TaskReporting",                  list,            Use::leading,      kBoth, kSess, kDisc,  0,      0,   0,        0b001,  nullptr, kReportingWords},
  {iscsi_protocol_level,               "iSCSIProtocolLevel",             minimum,         Use::leading,      kBoth, kSess, kDisc,  1,      0,   31,       2},
  {node_architecture,                  "X#NodeArchitecture",             declared_text,   Use::any,          kBoth, kSess},
  {if_marker,                          "IFMarker",                       obsolete,        Use::any,          kBoth, kConn},
  {of_marker,                          "OFMarker",                       obsolete,        Use::any,          kBoth, kConn},
  {if_mark_int,                        "IFMarkInt",                      obsolete,        Use::any,          kBoth, kConn},
  {of_mark_int,                        "OFMarkInt",                      obsolete,        Use::any,          kBoth, kConn},
  {rdma_extensions,                    "RDMAExtensions",                 foreign,         Use::any,          kBoth, kSess},
  {initiator_recv_data_segment_length, "InitiatorRecvDataSegmentLength", foreign,         Use::any,          kBoth, kConn},
  {target_recv_data_segment_length,    "TargetRecvDataSegmentLength",    foreign,         Use::any,          kBoth, kConn},
  {chap_a,                             "CHAP_A",                         chap,            Use::security,     kBoth, kConn},
  {chap_i,                             "CHAP_I",                         chap,            Use::security,     kBoth, kConn},
  {chap_c,                             "CHAP_C",                         chap,            Use::security,     kBoth, kConn},
  {chap_n,                             "CHAP_N",                         chap,            Use::security,     kBoth, kConn},
  {chap_r,                             "CHAP_R",                         chap,            Use::security,     kBoth, kConn},
  {srp_u,                              "SRP_U",                          foreign,         Use::security,     kBoth, kConn},
  {srp_n,                              "SRP_N",                          foreign,         Use::security,     kBoth, kConn},
  {srp_g,                              "SRP_g",                          foreign,         Use::security,     kBoth, kConn},
  {srp_a,                              "SRP_A",                          foreign,         Use::security,     kBoth, kConn},
  {srp_b,                              "SRP_B",                          foreign,         Use::security,     kBoth, kConn},
  {srp_m,                              "SRP_M",                          foreign,         Use::security,     kBoth, kConn},
  {srp_hm,                             "SRP_HM",                         foreign,         Use::security,     kBoth, kConn},
  {srp_s,                              "SRP_s",                          foreign,         Use::security,     kBoth, kConn},
  {srp_group,                          "SRP_GROUP",                      foreign,         Use::security,     kBoth, kConn},
  {target_auth,                        "TargetAuth",                     foreign,         Use::security,     kBoth, kConn},
  {krb_ap_req,                         "KRB_AP_REQ",                     foreign,         Use::security,     kBoth, kConn},
  {krb_ap_rep,                         "KRB_AP_REP",                     foreign,         Use::security,     kBoth, kConn},
};
// clang-format on

constexpr bool rows_in_order() {
  for (size_t i = 0; i < kKeyCount; ++i)
    if (static_cast<size_t>(kRows[i].key) != i) return false;
  return true;
}
static_assert(rows_in_order(), "a row stands at the index of its key");

std::optional<uint32_t> index_of(const KeyRow& row, std::string_view word) {
  for (uint32_t i = 0; i < row.words.size(); ++i)
    if (row.words[i] == word) return i;
  return std::nullopt;
}

std::optional<uint32_t> first_taken(const KeyRow& row, std::string_view offer, uint32_t taken) {
  while (true) {
    const size_t comma = offer.find(',');
    const auto index = index_of(row, offer.substr(0, comma));
    if (index && (taken >> *index & 1)) return index;
    if (comma == std::string_view::npos) return std::nullopt;
    offer.remove_prefix(comma + 1);
  }
}

std::optional<uint32_t> parse_boolean(std::string_view text) {
  if (text == "Yes") return kYes;
  if (text == "No") return kNo;
  return std::nullopt;
}

}  // namespace

std::span<const KeyRow, kKeyCount> key_rows() {
  return kRows;
}

const KeyRow& row_of(Key key) {
  return kRows[static_cast<size_t>(key)];
}

const KeyRow* find_key(std::string_view name) {
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows),
                                 [name](const KeyRow& r) { return r.name == name; });
  return row == std::end(kRows) ? nullptr : row;
}

bool names_the_parties(Key key) {
  return key == Key::session_type || key == Key::initiator_name || key == Key::target_name;
}

bool decides_about_others(Key key) {
  return key == Key::initial_r2t || key == Key::immediate_data;
}

uint32_t our_value(const KeyRow& row, const Limits& limits) {
  const uint32_t wanted = row.limit ? limits.*row.limit : row.offer;
  return row.high > row.low ? std::clamp(wanted, row.low, row.high) : wanted;
}

std::optional<uint32_t> result_of(const KeyRow& row, std::string_view offer, uint32_t ours) {
  switch (row.kind) {
    case KeyKind::list:
      return first_taken(row, offer, ours);
    case KeyKind::declared_list:
      return index_of(row, offer);
    case KeyKind::boolean_or:
    case KeyKind::boolean_and: {
      const auto theirs = parse_boolean(offer);
      if (!theirs) return std::nullopt;
      return row.kind == KeyKind::boolean_or ? (*theirs | ours) : (*theirs & ours);
    }
    case KeyKind::minimum:
    case KeyKind::maximum:
    case KeyKind::declared_number: {
      const auto theirs = parse_number(offer);
      if (!theirs || *theirs < row.low || *theirs > row.high) return std::nullopt;
      const auto value = static_cast<uint32_t>(*theirs);
      if (row.kind == KeyKind::declared_number) return value;
      return row.kind == KeyKind::minimum ? std::min(value, ours) : std::max(value, ours);
    }
    case KeyKind::declared_text:
    case KeyKind::query:
    case KeyKind::chap:
    case KeyKind::obsolete:
    case KeyKind::foreign:
      break;
  }
  return std::nullopt;
}

std::string_view word_of(const KeyRow& row, uint32_t value, std::span<char, 16> scratch) {
  switch (row.kind) {
    case KeyKind::list:
    case KeyKind::declared_list:
      return row.words[value];
    case KeyKind::boolean_or:
    case KeyKind::boolean_and:
      return value == kYes ? "Yes" : "No";
    default:
      break;
  }
  const auto end = std::to_chars(scratch.data(), scratch.data() + scratch.size(), value).ptr;
  return {scratch.data(), static_cast<size_t>(end - scratch.data())};
}

}  // namespace tidemark::target
