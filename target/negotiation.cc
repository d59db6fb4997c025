#include "target/negotiation.h"

namespace tidemark::target {
namespace {

bool allowed(KeyUse use, NegotiationStage stage) {
  switch (use) {
    case KeyUse::security:
      return stage == NegotiationStage::security;
    case KeyUse::login:
      return stage != NegotiationStage::full_feature;
    case KeyUse::leading:
    case KeyUse::operational:
      return stage == NegotiationStage::operational;
    case KeyUse::full_feature:
      return stage == NegotiationStage::full_feature;
    case KeyUse::any:
      return true;
  }
  return false;
}

/// Keys that state a fact and are known to the security stage too.
bool is_declarative(KeyKind kind) {
  return kind == KeyKind::declared_text || kind == KeyKind::declared_list;
}

}  // namespace

std::string_view name_of(KeyFault fault) {
  switch (fault) {
    case KeyFault::none:
      return "none";
    case KeyFault::repeated:
      return "key sent twice";
    case KeyFault::wrong_stage:
      return "key not allowed in this stage";
    case KeyFault::wrong_side:
      return "key only a target may send";
    case KeyFault::not_leading:
      return "key only the first connection of a session may send";
    case KeyFault::bad_value:
      return "value out of range";
    case KeyFault::auth_method:
      return "no common authentication method";
  }
  return "unknown";
}

Parameters::Parameters() {
  for (const KeyRow& row : key_rows()) set(row.key, row.initial);
}

void Parameters::take_connection_part(const Parameters& login) {
  for (const KeyRow& row : key_rows())
    if (row.scope == KeyScope::connection) set(row.key, login.get(row.key));
  our_segment_max = login.our_segment_max;
}

KeyFault Negotiation::take(const KeyValue& pair, NegotiationStage stage, std::string& answer) {
  const KeyRow* row = find_key(pair.key);
  if (row == nullptr || row->kind == KeyKind::foreign) {
    append_pair(answer, pair.key, "NotUnderstood");
    return KeyFault::none;
  }
  if (row->sender == KeySender::target) return KeyFault::wrong_side;
  const auto index = static_cast<size_t>(row->key);
  if (seen_[index]) return KeyFault::repeated;
  seen_[index] = true;
  if (row->kind == KeyKind::obsolete) {
    append_pair(answer, pair.key, "Reject");
    return KeyFault::none;
  }
  if (!allowed(row->use, stage)) {
    // In full feature phase a login key is refused by itself; in login it ends the login.
    if (stage != NegotiationStage::full_feature) return KeyFault::wrong_stage;
    append_pair(answer, pair.key, "Reject");
    return KeyFault::none;
  }
  if (row->use == KeyUse::leading && !leading_) return KeyFault::not_leading;
  if (row->use == KeyUse::any && stage == NegotiationStage::security && !is_declarative(row->kind))
    return KeyFault::wrong_stage;
  if (is_declarative(row->kind) || row->kind == KeyKind::declared_number)
    return take_declared(*row, pair.value);
  if (row->kind == KeyKind::query || row->kind == KeyKind::chap) return KeyFault::none;
  return take_offer(*row, pair.value, answer);
}

bool Negotiation::irrelevant(const KeyRow& row) const {
  const bool discovery = parameters_.session_type() == SessionType::discovery;
  switch (row.irrelevant) {
    case KeyIrrelevant::never:
      return false;
    case KeyIrrelevant::in_discovery:
      return discovery;
    case KeyIrrelevant::without_unsolicited:
      return discovery ||
             (parameters_.yes(Key::initial_r2t) && !parameters_.yes(Key::immediate_data));
  }
  return false;
}

KeyFault Negotiation::take_declared(const KeyRow& row, std::string_view value) {
  if (row.kind == KeyKind::declared_text) {
    if (row.key == Key::initiator_name) parameters_.initiator_name = value;
    if (row.key == Key::target_name) parameters_.target_name = value;
    if (row.key == Key::initiator_alias) parameters_.initiator_alias = value;
    const bool is_name = row.key == Key::initiator_name || row.key == Key::target_name;
    return is_name && !is_iscsi_name(value) ? KeyFault::bad_value : KeyFault::none;
  }
  const auto result = result_of(row, value, 0);
  if (!result) return KeyFault::bad_value;
  parameters_.set(row.key, *result);
  return KeyFault::none;
}

KeyFault Negotiation::take_offer(const KeyRow& row, std::string_view value, std::string& answer) {
  if (irrelevant(row)) {
    append_pair(answer, row.name, "Irrelevant");
    return KeyFault::none;
  }
  const uint32_t ours = row.key == Key::auth_method ? methods_ : our_value(row, limits_);
  const auto result = result_of(row, value, ours);
  if (!result) {
    if (row.key == Key::auth_method) return KeyFault::auth_method;
    append_pair(answer, row.name, "Reject");
    return KeyFault::none;
  }
  parameters_.set(row.key, *result);
  char scratch[16];
  append_pair(answer, row.name, word_of(row, *result, scratch));
  return KeyFault::none;
}

void Negotiation::declare(std::string& answer) {
  if (declared_) return;
  declared_ = true;
  const KeyRow& row = row_of(Key::max_recv_data_segment_length);
  parameters_.our_segment_max = our_value(row, limits_);
  char scratch[16];
  append_pair(answer, row.name, word_of(row, parameters_.our_segment_max, scratch));
}

}  // namespace tidemark::target
