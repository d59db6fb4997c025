#include "target/login.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace tidemark::target {
namespace {

/// RFC 7143 clause 6.3: the stages a request may ask to leave for which other.
struct Transition {
  uint8_t from;
  uint8_t to;
};
constexpr Transition kLegal[] = {{0, 1}, {0, 3}, {1, 3}};

bool legal(uint8_t from, uint8_t to) {
  return std::any_of(std::begin(kLegal), std::end(kLegal),
                     [&](const Transition& t) { return t.from == from && t.to == to; });
}

constexpr uint8_t kFullFeature = 3;

}  // namespace

LoginStep LoginMachine::request(const Bhs& bhs, ConstBytes data) {
  const auto request = as<LoginRequest>(bhs);
  if (auto refusal = check_header(request)) return *refusal;
  if (data.size() > limits_.text_bytes - std::min(bytes_taken_, limits_.text_bytes))
    return refuse(LoginStatus::initiator_error, "too much text");
  bytes_taken_ += data.size();
  text_.append(reinterpret_cast<const char*>(data.data()), data.size());
  if (request.start.flags & kContinue)
    return respond(LoginStep::Kind::respond, 0, LoginStatus::success, {});
  if (!reply_.empty() && !text_.empty())
    return refuse(LoginStatus::initiator_error, "text while our own is not yet all sent");
  if (auto refusal = take_text()) return *refusal;
  return answer(request);
}

LoginMachine::Refusal LoginMachine::check_header(const LoginRequest& request) {
  last_ = request;
  if (!started_) {
    started_ = true;
    first_ = request;
    stage_ = csg_of(request.start.flags);
    stat_sn_ = request.exp_stat_sn;
    if (auto refusal = check_first(request)) return refusal;
  }
  if (++rounds_ > limits_.text_pdus)
    return refuse(LoginStatus::initiator_error, "too many requests");
  const uint8_t flags = request.start.flags;
  if (request.itt != first_.itt || request.isid != first_.isid || request.tsih != first_.tsih ||
      request.cid != first_.cid)
    return refuse(LoginStatus::invalid_request, "task tag, ISID, TSIH or CID changed");
  if (csg_of(flags) != stage_) return refuse(LoginStatus::invalid_request, "wrong stage");
  if ((flags & kTransit) && (flags & kContinue))
    return refuse(LoginStatus::initiator_error, "transit and continue at once");
  if ((flags & kTransit) && !legal(stage_, nsg_of(flags)))
    return refuse(LoginStatus::invalid_request, "illegal stage transition");
  return std::nullopt;
}

LoginMachine::Refusal LoginMachine::check_first(const LoginRequest& request) {
  if (request.start.byte3 > 0)
    return refuse(LoginStatus::unsupported_version, "only version 0 is spoken here");
  if (stage_ > 1) return refuse(LoginStatus::invalid_request, "login begins in no such stage");
  return std::nullopt;
}

LoginMachine::Refusal LoginMachine::take_text() {
  std::vector<KeyValue> pairs;
  const TextFault fault = parse_text(text_, limits_.text_keys - keys_taken_, pairs);
  if (fault != TextFault::none) return refuse(LoginStatus::initiator_error, "malformed text");
  keys_taken_ += static_cast<uint32_t>(pairs.size());
  // SessionType decides which other keys are irrelevant, wherever it stands.
  std::stable_partition(pairs.begin(), pairs.end(),
                        [](const KeyValue& pair) { return pair.key == "SessionType"; });
  const auto stage = stage_ == 0 ? NegotiationStage::security : NegotiationStage::operational;
  for (const KeyValue& pair : pairs) {
    const KeyRow* row = find_key(pair.key);
    if (first_.tsih != 0 && row != nullptr && row->use == KeyUse::leading)
      return refuse(LoginStatus::invalid_request,
                    fmt::format("{}: only the first connection agrees on it", row->name));
    const KeyFault key_fault = negotiation_.take(pair, stage, reply_);
    if (key_fault == KeyFault::none) continue;
    const auto why = fmt::format("{}: {}", printable(pair.key), name_of(key_fault));
    return refuse(key_fault == KeyFault::auth_method ? LoginStatus::authentication_failure
                                                     : LoginStatus::initiator_error,
                  why);
  }
  text_.clear();
  if (!named_) {
    if (auto refusal = check_names()) return refusal;
    named_ = true;
  }
  if (stage_ == 1) negotiation_.declare(reply_);
  return std::nullopt;
}

LoginMachine::Refusal LoginMachine::check_names() {
  if (parameters_.initiator_name.empty())
    return refuse(LoginStatus::missing_parameter, "no InitiatorName");
  if (parameters_.session_type() == SessionType::discovery) return std::nullopt;
  if (parameters_.target_name.empty())
    return refuse(LoginStatus::missing_parameter, "no TargetName");
  switch (targets_.look_up(parameters_.target_name, parameters_.initiator_name)) {
    case TargetDirectory::Answer::not_found:
      return refuse(LoginStatus::target_not_found, "no such target");
    case TargetDirectory::Answer::forbidden:
      return refuse(LoginStatus::forbidden, "initiator is not in the target's access list");
    case TargetDirectory::Answer::found:
      break;
  }
  append_pair(reply_, row_of(Key::target_portal_group_tag).name, std::to_string(kPortalGroupTag));
  return std::nullopt;
}

LoginStep LoginMachine::answer(const LoginRequest& request) {
  if (reply_.size() > kResponseTextMax) {
    std::string part = reply_.substr(0, kResponseTextMax);
    reply_.erase(0, kResponseTextMax);
    return respond(LoginStep::Kind::respond, kContinue, LoginStatus::success, std::move(part));
  }
  if ((request.start.flags & kTransit) == 0)
    return respond(LoginStep::Kind::respond, 0, LoginStatus::success, std::exchange(reply_, {}));
  const uint8_t next = nsg_of(request.start.flags);
  if (next == kFullFeature) return {LoginStep::Kind::claim, {}, {}};
  LoginStep step = respond(LoginStep::Kind::respond, static_cast<uint8_t>(kTransit | next),
                           LoginStatus::success, std::exchange(reply_, {}));
  stage_ = next;
  return step;
}

LoginStep LoginMachine::finish(uint16_t tsih) {
  LoginStep step = respond(LoginStep::Kind::enter, kTransit | kFullFeature, LoginStatus::success,
                           std::exchange(reply_, {}));
  auto response = as<LoginResponse>(step.response);
  response.tsih = tsih;
  step.response = bhs_of(response);
  return step;
}

LoginStep LoginMachine::refuse(LoginStatus status, std::string_view reason) {
  reason_ = reason;
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
