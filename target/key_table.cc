#include "target/key_table.h"

#include <algorithm>
#include <charconv>

#include "target/text.h"

namespace tidemark::target {
namespace {

using K = Key;
using Kind = KeyKind;
using Use = KeyUse;
using Sender = KeySender;

constexpr std::string_view kAuthWords[] = {"None", "CHAP", "SRP", "KRB5"};
constexpr std::string_view kDigestWords[] = {"None", "CRC32C"};
constexpr std::string_view kSessionWords[] = {"Normal", "Discovery"};
constexpr std::string_view kReportingWords[] = {"RFC3720", "ResponseFence", "FastAbort"};

constexpr auto kConn = KeyScope::connection;
constexpr auto kSess = KeyScope::session;
constexpr uint32_t kNo = 0;
constexpr uint32_t kYes = 1;

// clang-format off
//    key                 name                kind           use           sender        scope  disc.  initial  low  high      offer
constexpr KeyRow kRows[kKeyCount] = {
  {K::auth_method,        "AuthMethod",       Kind::list,    Use::security, Sender::both, kConn, false, 0, 0, 0, 0, nullptr, kAuthWords, 0b0001},
  {K::header_digest,      "HeaderDigest",     Kind::list,    Use::operational, Sender::both, kConn, false, 0, 0, 0, 0, nullptr, kDigestWords, 0b11},
  {K::data_digest,        "DataDigest",       Kind::list,    Use::operational, Sender::both, kConn, false, 0, 0, 0, 0, nullptr, kDigestWords, 0b11},
  {K::session_type,       "SessionType",      Kind::declared_list, Use::login, Sender::initiator, kSess, false, 0, 0, 0, 0, nullptr, kSessionWords, 0b11},
  {K::initiator_name,     "InitiatorName",    Kind::declared_text, Use::login, Sender::initiator, kSess, false, 0, 0, 0, 0, nullptr, {}, 0},
  {K::target_name,        "TargetName",       Kind::declared_text, Use::login, Sender::both, kSess, false, 0, 0, 0, 0, nullptr, {}, 0},
  {K::initiator_alias,    "InitiatorAlias",   Kind::declared_text, Use::any, Sender::initiator, kSess, false, 0, 0, 0, 0, nullptr, {}, 0},
  {K::target_alias,       "TargetAlias",      Kind::declared_text, Use::any, Sender::target, kSess, false, 0, 0, 0, 0, nullptr, {}, 0},
  {K::target_address,     "TargetAddress",    Kind::declared_text, Use::any, Sender::target, kSess, false, 0, 0, 0, 0, nullptr, {}, 0},
  {K::target_portal_group_tag, "TargetPortalGroupTag", Kind::declared_number, Use::login, Sender::target, kSess, false, 0, 0, 65535, 1, nullptr, {}, 0},
  {K::send_targets,       "SendTargets",      Kind::query,   Use::full_feature, Sender::initiator, kSess, false, 0, 0, 0, 0, nullptr, {}, 0},
  {K::max_connections,    "MaxConnections",   Kind::minimum, Use::leading, Sender::both, kSess, true, 1, 1, 65535, 0, &Limits::connections_per_session, {}, 0},
  {K::initial_r2t,        "InitialR2T",       Kind::boolean_or, Use::leading, Sender::both, kSess, true, kYes, 0, 1, kNo, nullptr, {}, 0},
  {K::immediate_data,     "ImmediateData",    Kind::boolean_and, Use::leading, Sender::both, kSess, true, kYes, 0, 1, kYes, nullptr, {}, 0},
  {K::max_recv_data_segment_length, "MaxRecvDataSegmentLength", Kind::declared_number, Use::any, Sender::both, kConn, false, 8192, 512, 16777215, 0, &Limits::receive_segment, {}, 0},
  {K::max_burst_length,   "MaxBurstLength",   Kind::minimum, Use::leading, Sender::both, kSess, true, 262144, 512, 16777215, 0, &Limits::max_burst, {}, 0},
  {K::first_burst_length, "FirstBurstLength", Kind::minimum, Use::leading, Sender::both, kSess, true, 65536, 512, 16777215, 0, &Limits::first_burst, {}, 0},
  {K::default_time2wait,  "DefaultTime2Wait", Kind::maximum, Use::leading, Sender::both, kSess, false, 2, 0, 3600, 0, nullptr, {}, 0},
  {K::default_time2retain, "DefaultTime2Retain", Kind::minimum, Use::leading, Sender::both, kSess, false, 20, 0, 3600, 0, nullptr, {}, 0},
  {K::max_outstanding_r2t, "MaxOutstandingR2T", Kind::minimum, Use::leading, Sender::both, kSess, true, 1, 1, 65535, 0, &Limits::outstanding_r2t, {}, 0},
  {K::data_pdu_in_order,  "DataPDUInOrder",   Kind::boolean_or, Use::leading, Sender::both, kSess, true, kYes, 0, 1, kYes, nullptr, {}, 0},
  {K::data_sequence_in_order, "DataSequenceInOrder", Kind::boolean_or, Use::leading, Sender::both, kSess, true, kYes, 0, 1, kYes, nullptr, {}, 0},
  {K::error_recovery_level, "ErrorRecoveryLevel", Kind::minimum, Use::leading, Sender::both, kSess, false, 0, 0, 2, 0, nullptr, {}, 0},
  {K::task_reporting,     "TaskReporting",    Kind::list,    Use::leading, Sender::both, kSess, true, 0, 0, 0, 0, nullptr, kReportingWords, 0b001},
  {K::iscsi_protocol_level, "iSCSIProtocolLevel", Kind::minimum, Use::leading, Sender::both, kSess, true, 1, 0, 31, 2, nullptr, {}, 0},
  {K::node_architecture,  "X#NodeArchitecture", Kind::declared_text, Use::any, Sender::both, kSess, false, 0, 0, 0, 0, nullptr, {}, 0},
  {K::if_marker,          "IFMarker",         Kind::obsolete, Use::any, Sender::both, kConn, false, 0, 0, 0, 0, nullptr, {}, 0},
  {K::of_marker,          "OFMarker",         Kind::obsolete, Use::any, Sender::both, kConn, false, 0, 0, 0, 0, nullptr, {}, 0},
  {K::if_mark_int,        "IFMarkInt",        Kind::obsolete, Use::any, Sender::both, kConn, false, 0, 0, 0, 0, nullptr, {}, 0},
  {K::of_mark_int,        "OFMarkInt",        Kind::obsolete, Use::any, Sender::both, kConn, false, 0, 0, 0, 0, nullptr, {}, 0},
  {K::rdma_extensions,    "RDMAExtensions",   Kind::foreign, Use::any, Sender::both, kSess, false, 0, 0, 0, 0, nullptr, {}, 0},
  {K::initiator_recv_data_segment_length, "InitiatorRecvDataSegmentLength", Kind::foreign, Use::any, Sender::both, kConn, false, 0, 0, 0, 0, nullptr, {}, 0},
  {K::target_recv_data_segment_length, "TargetRecvDataSegmentLength", Kind::foreign, Use::any, Sender::both, kConn, false, 0, 0, 0, 0, nullptr, {}, 0},
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

std::optional<uint32_t> first_taken(const KeyRow& row, std::string_view offer) {
  while (true) {
    const size_t comma = offer.find(',');
    const auto index = index_of(row, offer.substr(0, comma));
    if (index && (row.words_taken >> *index & 1)) return index;
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

uint32_t our_value(const KeyRow& row, const Limits& limits) {
  const uint32_t wanted = row.limit ? limits.*row.limit : row.offer;
  return row.high > row.low ? std::clamp(wanted, row.low, row.high) : wanted;
}

std::optional<uint32_t> result_of(const KeyRow& row, std::string_view offer, uint32_t ours) {
  switch (row.kind) {
    case Kind::list:
      return first_taken(row, offer);
    case Kind::declared_list:
      return index_of(row, offer);
    case Kind::boolean_or:
    case Kind::boolean_and: {
      const auto theirs = parse_boolean(offer);
      if (!theirs) return std::nullopt;
      return row.kind == Kind::boolean_or ? (*theirs | ours) : (*theirs & ours);
    }
    case Kind::minimum:
    case Kind::maximum:
    case Kind::declared_number: {
      const auto theirs = parse_number(offer);
      if (!theirs || *theirs < row.low || *theirs > row.high) return std::nullopt;
      const auto value = static_cast<uint32_t>(*theirs);
      if (row.kind == Kind::declared_number) return value;
      return row.kind == Kind::minimum ? std::min(value, ours) : std::max(value, ours);
    }
    case Kind::declared_text:
    case Kind::query:
    case Kind::obsolete:
    case Kind::foreign:
      break;
  }
  return std::nullopt;
}

std::string_view word_of(const KeyRow& row, uint32_t value, std::span<char, 16> scratch) {
  switch (row.kind) {
    case Kind::list:
    case Kind::declared_list:
      return row.words[value];
    case Kind::boolean_or:
    case Kind::boolean_and:
      return value == kYes ? "Yes" : "No";
    default:
      break;
  }
  const auto end = std::to_chars(scratch.data(), scratch.data() + scratch.size(), value).ptr;
  return {scratch.data(), static_cast<size_t>(end - scratch.data())};
}

}  // namespace tidemark::target
