#include "target/login.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/invariant.h"
#include "scsi/target_device.h"

namespace tidemark::target {
namespace {

bool is(bool (*property)(Key), const KeyValue& pair) {
  const KeyRow* row = find_key(pair.key);
  return row != nullptr && property(row->key);
}

/// What a fault of a key is to the initiator, and to us.
std::pair<LoginStatus, RefusalCause> refusal_of(KeyFault fault, std::string_view key) {
  if (fault == KeyFault::auth_method)
    return {LoginStatus::authentication_failure, RefusalCause::no_authentication};
  if (fault == KeyFault::not_leading) return {LoginStatus::invalid_request, RefusalCause::protocol};
  const KeyRow* row = find_key(key);
  const bool name = row != nullptr && names_the_parties(row->key) && fault == KeyFault::bad_value;
  return {LoginStatus::initiator_error, name ? RefusalCause::bad_name : RefusalCause::protocol};
}

std::pair<LoginStatus, RefusalCause> refusal_of(ChapFault fault) {
  switch (fault) {
    case ChapFault::no_resources:
      return {LoginStatus::out_of_resources, RefusalCause::no_resources};
    case ChapFault::out_of_order:
      return {LoginStatus::initiator_error, RefusalCause::protocol};
    case ChapFault::no_algorithm:
    case ChapFault::no_target_secret:
      return {LoginStatus::authentication_failure, RefusalCause::no_authentication};
    default:
      return {LoginStatus::authentication_failure, RefusalCause::wrong_credentials};
  }
}

}  // namespace

LoginStep LoginMachine::request(const Bhs& bhs, ConstBytes data) {
  const auto request = as<LoginRequest>(bhs);
  if (auto refusal = check_header(request)) return *refusal;
  if (data.size() > limits_.text_bytes - std::min(bytes_taken_, limits_.text_bytes))
    return refuse(LoginStatus::initiator_error, RefusalCause::protocol, "too much text");
  bytes_taken_ += data.size();
  text_.append(reinterpret_cast<const char*>(data.data()), data.size());
  if (request.start.flags & kContinue)
    return respond(LoginStep::Kind::respond, 0, LoginStatus::success, {});
  if (!reply_.empty() && !text_.empty())
    return refuse(LoginStatus::initiator_error, RefusalCause::protocol,
                  "text while our own is not yet all sent");
  if (auto refusal = take_text()) return *refusal;
  return answer(request);
}

LoginMachine::Refusal LoginMachine::check_header(const LoginRequest& request) {
  const auto invalid = [this](std::string_view why) {
    return refuse(LoginStatus::invalid_request, RefusalCause::protocol, why);
  };
  last_ = request;
  if (!started_) {
    started_ = true;
    first_ = request;
    stage_ = static_cast<LoginStage>(csg_of(request.start.flags));
    stat_sn_ = request.exp_stat_sn;
    if (request.tsih != 0) negotiation_.join_session();
    if (auto refusal = check_first(request)) return refusal;
  }
  if (++rounds_ > limits_.text_pdus)
    return refuse(LoginStatus::initiator_error, RefusalCause::protocol, "too many requests");
  const uint8_t flags = request.start.flags;
  if (request.itt != first_.itt || request.isid != first_.isid || request.tsih != first_.tsih ||
      request.cid != first_.cid)
    return invalid("task tag, ISID, TSIH or CID changed");
  if (static_cast<LoginStage>(csg_of(flags)) != stage_) return invalid("wrong stage");
  if ((flags & kTransit) && (flags & kContinue))
    return refuse(LoginStatus::initiator_error, RefusalCause::protocol,
                  "transit and continue at once");
  if ((flags & kTransit) && !may_go(stage_, static_cast<LoginStage>(nsg_of(flags))))
    return invalid("illegal stage transition");
  return std::nullopt;
}

LoginMachine::Refusal LoginMachine::check_first(const LoginRequest& request) {
  if (request.start.byte3 > 0)
    return refuse(LoginStatus::unsupported_version, RefusalCause::protocol,
                  "only version 0 is spoken here");
  if (!row_of(stage_).may_begin)
    return refuse(LoginStatus::invalid_request, RefusalCause::protocol,
                  "login begins in no such stage");
  return std::nullopt;
}

LoginMachine::Refusal LoginMachine::take_text() {
  Pairs pairs;
  const TextFault fault = parse_text(text_, limits_.text_keys - keys_taken_, pairs);
  if (fault != TextFault::none)
    return refuse(LoginStatus::initiator_error, RefusalCause::protocol, "malformed text");
  keys_taken_ += static_cast<uint32_t>(pairs.size());
  const auto names_end = std::stable_partition(
      pairs.begin(), pairs.end(), [](const KeyValue& pair) { return is(names_the_parties, pair); });
  std::stable_partition(names_end, pairs.end(),
                        [](const KeyValue& pair) { return is(decides_about_others, pair); });
  ChapKeys chap;
  if (auto refusal = take_pairs(pairs.begin(), names_end, chap)) return refusal;
  if (!std::exchange(named_, true))
    if (auto refusal = check_names()) return refusal;
  if (auto refusal = take_pairs(names_end, pairs.end(), chap)) return refusal;
  text_.clear();
  if (stage_ == LoginStage::security) return authenticate(chap);
  negotiation_.declare(reply_);
  return std::nullopt;
}

LoginMachine::Refusal LoginMachine::take_pairs(Pairs::const_iterator from, Pairs::const_iterator to,
                                               ChapKeys& chap) {
  const auto stage =
      stage_ == LoginStage::security ? NegotiationStage::security : NegotiationStage::operational;
  for (auto pair = from; pair != to; ++pair) {
    const KeyFault fault = negotiation_.take(*pair, stage, reply_);
    if (fault != KeyFault::none) {
      const auto [status, cause] = refusal_of(fault, pair->key);
      return refuse(status, cause, fmt::format("{}: {}", printable(pair->key), name_of(fault)));
    }
    const KeyRow* row = find_key(pair->key);
    if (row != nullptr && row->kind == KeyKind::chap) chap.put(row->key, pair->value);
  }
  return std::nullopt;
}

LoginMachine::Refusal LoginMachine::check_names() {
  const bool discovery = parameters_.session_type() == SessionType::discovery;
  if (parameters_.initiator_name.empty())
    return refuse(LoginStatus::missing_parameter, RefusalCause::bad_name, "no InitiatorName");
  if (!discovery && parameters_.target_name.empty())
    return refuse(LoginStatus::missing_parameter, RefusalCause::bad_name, "no TargetName");
  admission_ = discovery ? targets_.admit_to_discovery(parameters_.initiator_name)
                         : targets_.admit(parameters_.target_name, parameters_.initiator_name);
  switch (admission_.answer) {
    case Admission::Answer::no_such_target:
      return refuse(LoginStatus::target_not_found, RefusalCause::unknown_target, "no such target");
    case Admission::Answer::not_listed:
      return refuse(LoginStatus::forbidden, RefusalCause::not_listed,
                    "initiator is not in the target's access list");
    case Admission::Answer::moved:
      return move();
    case Admission::Answer::admitted:
      break;
  }
  // As it is written in the configuration, whatever the case it was asked for in.
  if (admission_.device) parameters_.target_name = admission_.device->name();
  if (admission_.chap) negotiation_.authenticate_by(1u << kAuthChap);
  if (!authenticated() && !row_of(stage_).without_proof)
    return refuse(LoginStatus::authentication_failure, RefusalCause::no_authentication,
                  "CHAP is required, and login began behind it");
  if (!discovery)
    append_pair(reply_, row_of(Key::target_portal_group_tag).name,
                std::to_string(targets_.portal_group()));
  return std::nullopt;
}

LoginStep LoginMachine::move() {
  const Redirection& to = admission_.moved_to;
  const auto status =
      to.permanent ? LoginStatus::moved_permanently : LoginStatus::moved_temporarily;
  LoginStep step = refuse(status, RefusalCause::moved, "the target is served at " + to.address);
  append_pair(step.text, row_of(Key::target_address).name, to.address);
  return step;
}

LoginMachine::Refusal LoginMachine::authenticate(const ChapKeys& keys) {
  const bool chosen =
      negotiation_.seen(Key::auth_method) && parameters_.get(Key::auth_method) == kAuthChap;
  if (chosen && !chap_) chap_.emplace(admission_.chap);
  if (keys.given() == 0) return std::nullopt;
  const ChapFault fault = chap_ ? chap_->take(keys, reply_) : ChapFault::out_of_order;
  if (fault == ChapFault::none) return std::nullopt;
  const auto [status, cause] = refusal_of(fault);
  return refuse(status, cause, name_of(fault));
}

LoginStep LoginMachine::answer(const LoginRequest& request) {
  if (reply_.size() > kResponseTextMax) {
    std::string part = reply_.substr(0, kResponseTextMax);
    reply_.erase(0, kResponseTextMax);
    return respond(LoginStep::Kind::respond, kContinue, LoginStatus::success, std::move(part));
  }
  const bool leaves = (request.start.flags & kTransit) != 0;
  if (leaves && !authenticated() && !chap_)
    return refuse(LoginStatus::authentication_failure, RefusalCause::no_authentication,
                  "CHAP is required and was not offered");
  if (!leaves || !authenticated())
    return respond(LoginStep::Kind::respond, 0, LoginStatus::success, std::exchange(reply_, {}));
  const auto next = static_cast<LoginStage>(nsg_of(request.start.flags));
  if (next == LoginStage::full_feature) return {LoginStep::Kind::claim, {}, {}};
  LoginStep step = respond(LoginStep::Kind::respond, kTransit | static_cast<uint8_t>(next),
                           LoginStatus::success, std::exchange(reply_, {}));
  stage_ = next;
  return step;
}

LoginStep LoginMachine::finish(uint16_t tsih) {
  INVARIANT(authenticated());
  LoginStep step =
      respond(LoginStep::Kind::enter, kTransit | static_cast<uint8_t>(LoginStage::full_feature),
              LoginStatus::success, std::exchange(reply_, {}));
  auto response = as<LoginResponse>(step.response);
  response.tsih = tsih;
  step.response = bhs_of(response);
  return step;
}

LoginStep LoginMachine::refuse(LoginStatus status, RefusalCause cause, std::string_view reason) {
  reason_ = reason;
  cause_ = cause;
  return respond(LoginStep::Kind::refuse, 0, status, {});
}

LoginStep LoginMachine::respond(LoginStep::Kind kind, uint8_t flags, LoginStatus status,
                                std::string text) {
  LoginResponse response;
  response.start.flags = static_cast<uint8_t>(flags | (csg_of(last_.start.flags) << 2));
  response.isid = last_.isid;
  response.tsih = last_.tsih;
  response.itt = last_.itt;
  response.stat_sn = stat_sn_++;
  response.exp_cmd_sn = last_.cmd_sn;
  response.max_cmd_sn = last_.cmd_sn + limits_.window_depth - 1;
  response.status = static_cast<uint16_t>(status);
  return {kind, bhs_of(response), std::move(text)};
}

}  // namespace tidemark::target
