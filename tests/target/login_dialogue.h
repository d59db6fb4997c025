// LoginDialogue: the initiator's side of a login, as text: what to send first, and what after each
// answer. For the login machine by itself and for a socket alike. It does CHAP with every
// algorithm, and it can be told to do it wrong.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "target/chap.h"
#include "target/pdu.h"
#include "target/text.h"

namespace tidemark::target {

struct DialogueOptions {
  std::string initiator = "iqn.friend";
  std::string target = "iqn.open";  // empty: discovery
  std::string auth_method = "CHAP,None";
  std::string algorithms = "8,7,6,5";
  std::optional<ChapIdentity> user;    // what we prove
  std::optional<ChapIdentity> expect;  // what we have the target prove
  bool reflect = false;                // its own challenge, back
  std::string operational;             // keys of the last request
};

class LoginDialogue {
 public:
  struct Request {
    uint8_t flags = 0;
    std::string text;
  };

  explicit LoginDialogue(DialogueOptions options) : options_(std::move(options)) {}

  Request first() {
    std::string text;
    append_pair(text, "InitiatorName", options_.initiator);
    if (options_.target.empty())
      append_pair(text, "SessionType", "Discovery");
    else
      append_pair(text, "TargetName", options_.target);
    append_pair(text, "AuthMethod", options_.auth_method);
    return {kToOperational, text};
  }
  /// What follows an answer that did not refuse; nothing after the last.
  std::optional<Request> next(uint8_t flags, const std::string& text) {
    if ((flags & 0x83) == 0x83) return std::nullopt;  // full feature phase
    if (flags & kTransit) {
      target_proved_ = proves(text);
      return Request{kToFullFeature, options_.operational};
    }
    if (value_of(text, "AuthMethod") == "CHAP")
      return Request{0, pair("CHAP_A", options_.algorithms)};
    if (!value_of(text, "CHAP_C").empty() && options_.user) return proof(text);
    return Request{kToOperational, {}};
  }
  /// The target has proved itself, if it was asked to.
  bool target_proved() const { return target_proved_; }
  /// The CHAP_A it chose.
  const std::string& algorithm() const { return algorithm_; }

  static std::string value_of(std::string_view text, std::string_view key) {
    std::vector<KeyValue> pairs;
    EXPECT_EQ(parse_text(text, 300, pairs), TextFault::none);
    for (const KeyValue& one : pairs)
      if (one.key == key) return std::string(one.value);
    return {};
  }

 private:
  static constexpr uint8_t kToOperational = 0x81;
  static constexpr uint8_t kToFullFeature = 0x87;
  static constexpr uint8_t kOurIdentifier = 0x2a;

  static std::string pair(std::string_view key, std::string_view value) {
    std::string text;
    append_pair(text, key, value);
    return text;
  }
  Request proof(const std::string& text) {
    algorithm_ = value_of(text, "CHAP_A");
    row_ = choose_algorithm(algorithm_);
    const std::string challenge = value_of(text, "CHAP_C");
    const auto identifier = static_cast<uint8_t>(std::stoi(value_of(text, "CHAP_I")));
    const auto bytes = parse_binary(challenge, kChapBinaryMax);
    const ChapResponse response =
        chap_response(*row_, identifier, options_.user->secret, bytes.value());
    Request request{kToOperational, pair("CHAP_N", options_.user->name)};
    append_pair(request.text, "CHAP_R", hex_text(response.view()));
    if (options_.expect || options_.reflect) {
      append_pair(request.text, "CHAP_I", std::to_string(kOurIdentifier));
      append_pair(request.text, "CHAP_C", options_.reflect ? challenge : hex_text(kOurChallenge));
    }
    return request;
  }
  bool proves(const std::string& text) const {
    if (!options_.expect || row_ == nullptr) return false;
    const ChapResponse right =
        chap_response(*row_, kOurIdentifier, options_.expect->secret, kOurChallenge);
    return value_of(text, "CHAP_N") == options_.expect->name &&
           value_of(text, "CHAP_R") == hex_text(right.view());
  }

  static inline const std::vector<uint8_t> kOurChallenge{1, 2, 3, 4, 5, 6, 7, 8, 9};
  DialogueOptions options_;
  const ChapAlgorithmRow* row_ = nullptr;
  std::string algorithm_;
  bool target_proved_ = false;
};

}  // namespace tidemark::target
