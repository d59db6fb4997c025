// LoginMachine: the target's side of the login phase of one connection (RFC 7143 clause 6.3).
// Requests in, responses out; no I/O, no time.
//
// A request is answered at once (respond, refuse), except the one that asks for full feature
// phase: the machine says `claim`, the caller secures the session (reinstatement) and lets the
// machine build the last response with finish() or refuse(). An initiator that has to authenticate
// gets no further than the security stage before it has.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "target/chap_exchange.h"
#include "target/login_refusal.h"
#include "target/login_stage.h"
#include "target/negotiation.h"
#include "target/pdu.h"
#include "target/target_directory.h"

namespace tidemark::target {

struct LoginStep {
  enum class Kind : uint8_t {
    respond,  // send it, wait for the next request
    claim,    // secure the session, then finish() or refuse()
    enter,    // send it; full feature phase begins with the next PDU
    refuse,   // send it, then close
  };
  Kind kind = Kind::respond;
  Bhs response{};
  std::string text;
};

class LoginMachine {
 public:
  static constexpr size_t kResponseTextMax = 8192;  // the initiator's default segment limit

  LoginMachine(const TargetDirectory& targets, const Limits& limits)
      : targets_(targets), limits_(limits), negotiation_(parameters_, limits) {}

  /// One Login Request with its data segment.
  LoginStep request(const Bhs& bhs, ConstBytes data);
  LoginStep finish(uint16_t tsih);
  LoginStep refuse(LoginStatus status, RefusalCause cause, std::string_view reason);

  const Parameters& parameters() const { return parameters_; }
  /// Known once the first whole text has been taken.
  const Admission& admission() const { return admission_; }
  uint64_t isid() const { return first_.isid; }
  uint16_t asked_tsih() const { return first_.tsih; }
  uint16_t cid() const { return first_.cid; }
  uint32_t cmd_sn() const { return first_.cmd_sn; }
  uint32_t next_stat_sn() const { return stat_sn_; }
  /// Why refuse() was the answer; for the log.
  const std::string& reason() const { return reason_; }
  RefusalCause cause() const { return cause_; }

 private:
  using Refusal = std::optional<LoginStep>;
  using Pairs = std::vector<KeyValue>;

  Refusal check_header(const LoginRequest& request);
  Refusal check_first(const LoginRequest& request);
  Refusal take_text();
  Refusal take_pairs(Pairs::const_iterator from, Pairs::const_iterator to, ChapKeys& chap);
  Refusal check_names();
  Refusal authenticate(const ChapKeys& keys);
  bool authenticated() const { return !admission_.chap || (chap_ && chap_->authenticated()); }
  LoginStep answer(const LoginRequest& request);
  LoginStep move();
  LoginStep respond(LoginStep::Kind kind, uint8_t flags, LoginStatus status, std::string text);

  const TargetDirectory& targets_;
  const Limits& limits_;
  Parameters parameters_;
  Negotiation negotiation_;
  Admission admission_;
  std::optional<ChapExchange> chap_;

  LoginRequest first_;
  LoginRequest last_;
  bool started_ = false;
  bool named_ = false;  // the first whole text has been taken
  LoginStage stage_ = LoginStage::security;
  uint32_t rounds_ = 0;
  uint32_t stat_sn_ = 0;
  uint32_t keys_taken_ = 0;
  size_t bytes_taken_ = 0;
  std::string text_;   // of the request, gathered over C=1 PDUs
  std::string reply_;  // still to be sent
  std::string reason_;
  RefusalCause cause_ = RefusalCause::protocol;
};

}  // namespace tidemark::target
