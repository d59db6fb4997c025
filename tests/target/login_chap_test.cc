// Login of those who have to authenticate, as whole dialogues with the machine: who gets in, who
// does not, and with which status and cause.
#include <gtest/gtest.h>

#include "target/login.h"
#include "tests/target/fake_directory.h"
#include "tests/target/login_dialogue.h"

namespace tidemark::target {
namespace {

const ChapIdentity kUser{"host", Secret("initiator's secret")};
const ChapIdentity kTarget{"tidemark", Secret("target's own secret")};

struct Outcome {
  LoginStep step;  // the last one
  bool target_proved = false;
  std::string algorithm;
  RefusalCause cause{};
  uint32_t rounds = 0;

  uint16_t status() const { return as<LoginResponse>(step.response).status; }
  bool entered() const { return step.kind == LoginStep::Kind::enter; }
};

class LoginChap : public testing::Test {
 protected:
  Outcome login(const DialogueOptions& options) {
    LoginMachine machine(directory_, limits_);
    LoginDialogue dialogue(options);
    Outcome outcome;
    std::optional<LoginDialogue::Request> next = dialogue.first();
    while (next) {
      ++outcome.rounds;
      LoginRequest pdu;
      pdu.start.flags = next->flags;
      outcome.step = machine.request(
          bhs_of(pdu), {reinterpret_cast<const uint8_t*>(next->text.data()), next->text.size()});
      if (outcome.step.kind == LoginStep::Kind::claim) outcome.step = machine.finish(1);
      if (outcome.step.kind == LoginStep::Kind::refuse) break;
      next = dialogue.next(outcome.step.response[1], outcome.step.text);
    }
    outcome.target_proved = dialogue.target_proved();
    outcome.algorithm = dialogue.algorithm();
    outcome.cause = machine.cause();
    return outcome;
  }
  static DialogueOptions with_user(const std::string& target = "iqn.chap") {
    DialogueOptions options;
    options.target = target;
    options.user = kUser;
    return options;
  }
  LoginStep one_request(uint8_t flags, const std::string& text) {
    LoginMachine machine(directory_, limits_);
    return send(machine, flags, text);
  }
  static LoginStep send(LoginMachine& machine, uint8_t flags, const std::string& text) {
    LoginRequest pdu;
    pdu.start.flags = flags;
    return machine.request(bhs_of(pdu),
                           {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  static std::string names(const std::string& more = {}) {
    std::string text;
    append_pair(text, "InitiatorName", "iqn.friend");
    append_pair(text, "TargetName", "iqn.chap");
    return text + more;
  }
  static std::string pair(std::string_view key, std::string_view value) {
    std::string text;
    append_pair(text, key, value);
    return text;
  }

  FakeDirectory directory_;
  Limits limits_;
};

TEST_F(LoginChap, OneWayInEveryAlgorithm) {
  for (const char* algorithm : {"5", "6", "7", "8"}) {
    DialogueOptions options = with_user();
    options.algorithms = algorithm;
    const Outcome outcome = login(options);
    EXPECT_TRUE(outcome.entered()) << algorithm;
    EXPECT_EQ(outcome.algorithm, algorithm);
    EXPECT_FALSE(outcome.target_proved);
  }
}

TEST_F(LoginChap, MutualInEveryAlgorithm) {
  for (const char* algorithm : {"5", "6", "7", "8"}) {
    DialogueOptions options = with_user();
    options.algorithms = algorithm;
    options.expect = kTarget;
    const Outcome outcome = login(options);
    EXPECT_TRUE(outcome.entered()) << algorithm;
    EXPECT_TRUE(outcome.target_proved) << algorithm;
  }
}

TEST_F(LoginChap, TheStrongestOfferedIsTaken) {
  DialogueOptions options = with_user();
  options.algorithms = "5,6,7,8";
  EXPECT_EQ(login(options).algorithm, "8");
}

TEST_F(LoginChap, ProtectsDiscoveryToo) {
  directory_.discovery = directory_.rule;
  DialogueOptions options = with_user("");
  EXPECT_TRUE(login(options).entered());
  options.user->secret = Secret("some other secret");
  EXPECT_EQ(login(options).status(), 0x0201);
  options.auth_method = "None";
  EXPECT_EQ(login(options).status(), 0x0201);
}

struct Refused {
  const char* what;
  DialogueOptions options;
  uint16_t status;
  RefusalCause cause;
};

TEST_F(LoginChap, RefusalsNameTheirCauseToUsAndLittleToThem) {
  const DialogueOptions good = with_user();
  std::vector<Refused> all;
  const auto add = [&](const char* what, const auto& change, RefusalCause cause) {
    all.push_back({what, good, 0x0201, cause});
    change(all.back().options);
  };
  using Options = DialogueOptions;
  add(
      "wrong secret", [](Options& o) { o.user->secret = Secret("some other secret"); },
      RefusalCause::wrong_credentials);
  add(
      "unknown user", [](Options& o) { o.user->name = "nobody"; }, RefusalCause::wrong_credentials);
  add(
      "reflection", [](Options& o) { o.reflect = true; }, RefusalCause::wrong_credentials);
  add(
      "no algorithm", [](Options& o) { o.algorithms = "4"; }, RefusalCause::no_authentication);
  add(
      "None only", [](Options& o) { o.auth_method = "None"; }, RefusalCause::no_authentication);
  add(
      "others only", [](Options& o) { o.auth_method = "KRB5,SRP,None"; },
      RefusalCause::no_authentication);
  for (const Refused& one : all) {
    SCOPED_TRACE(one.what);
    const Outcome outcome = login(one.options);
    EXPECT_EQ(outcome.step.kind, LoginStep::Kind::refuse);
    EXPECT_EQ(outcome.status(), one.status);
    EXPECT_EQ(outcome.cause, one.cause);
    EXPECT_TRUE(outcome.step.text.empty());
  }
}

TEST_F(LoginChap, UnknownUserAndWrongSecretAreAnsweredAlike) {
  DialogueOptions unknown = with_user();
  unknown.user->name = "nobody";
  DialogueOptions wrong = with_user();
  wrong.user->secret = Secret("some other secret");
  const Outcome one = login(unknown);
  const Outcome other = login(wrong);
  EXPECT_EQ(one.step.response, other.step.response);
  EXPECT_EQ(one.rounds, other.rounds);
}

TEST_F(LoginChap, MutualWithoutOurSecretIsRefused) {
  auto one_way = std::make_shared<ChapRule>(*directory_.rule);
  one_way->target.reset();
  directory_.rule = one_way;
  DialogueOptions options = with_user();
  EXPECT_TRUE(login(options).entered());
  options.expect = kTarget;
  EXPECT_EQ(login(options).status(), 0x0201);
}

TEST_F(LoginChap, WhoNeedNotAuthenticateMayOfferToAndIsToldNone) {
  DialogueOptions options = with_user("iqn.open");
  EXPECT_TRUE(login(options).entered());
  options.auth_method = "CHAP";
  EXPECT_EQ(login(options).status(), 0x0201);
}

TEST_F(LoginChap, NoWayLeadsAroundIt) {
  struct Way {
    const char* what;
    uint8_t flags;
    std::string more;
  };
  const Way ways[] = {
      {"begins in the operational stage", 0x87, ""},
      {"begins there and stays", 0x04, ""},
      {"straight to full feature", 0x83, ""},
      {"to the operational stage", 0x81, ""},
      {"to full feature, with None", 0x83, pair("AuthMethod", "None")},
      {"with None", 0x81, pair("AuthMethod", "None")},
  };
  for (const Way& way : ways) {
    const LoginStep step = one_request(way.flags, names(way.more));
    EXPECT_EQ(step.kind, LoginStep::Kind::refuse) << way.what;
    EXPECT_EQ(as<LoginResponse>(step.response).status, 0x0201) << way.what;
  }
}

TEST_F(LoginChap, AConnectionThatJoinsASessionHasToProveItselfToo) {
  LoginMachine machine(directory_, limits_);
  LoginRequest pdu;
  pdu.tsih = 5;
  pdu.start.flags = 0x87;
  const std::string text = names();
  const LoginStep step =
      machine.request(bhs_of(pdu), {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  EXPECT_EQ(step.kind, LoginStep::Kind::refuse);
  EXPECT_EQ(as<LoginResponse>(step.response).status, 0x0201);
}

TEST_F(LoginChap, AskingToGoOnBeforeTheProofDoesNotGoOn) {
  for (const uint8_t flags : {uint8_t{0x81}, uint8_t{0x83}}) {
    LoginMachine machine(directory_, limits_);
    LoginStep step = send(machine, flags, names(pair("AuthMethod", "CHAP")));
    EXPECT_EQ(step.kind, LoginStep::Kind::respond);
    EXPECT_EQ(step.response[1], 0x00);
    step = send(machine, flags, pair("CHAP_A", "5"));
    EXPECT_EQ(step.response[1], 0x00);
    step = send(machine, flags, "");
    EXPECT_EQ(step.kind, LoginStep::Kind::respond);
    EXPECT_EQ(step.response[1], 0x00);
  }
}

TEST_F(LoginChap, KeysOfAMethodThatWasNotChosenAreAnError) {
  for (const char* method : {"None", ""}) {
    std::string text;
    append_pair(text, "InitiatorName", "iqn.friend");
    append_pair(text, "TargetName", "iqn.open");
    if (*method) append_pair(text, "AuthMethod", method);
    append_pair(text, "CHAP_A", "5");
    const LoginStep step = one_request(0x00, text);
    EXPECT_EQ(step.kind, LoginStep::Kind::refuse);
    EXPECT_EQ(as<LoginResponse>(step.response).status, 0x0200);
  }
}

TEST_F(LoginChap, AKeyTwiceInOneLoginIsAnError) {
  LoginMachine machine(directory_, limits_);
  send(machine, 0x00, names(pair("AuthMethod", "CHAP")));
  send(machine, 0x00, pair("CHAP_A", "5"));
  EXPECT_EQ(send(machine, 0x00, pair("CHAP_A", "5")).kind, LoginStep::Kind::refuse);
}

TEST_F(LoginChap, NoAnswerHoldsASecret) {
  DialogueOptions options = with_user();
  options.expect = kTarget;
  LoginMachine machine(directory_, limits_);
  LoginDialogue dialogue(options);
  std::optional<LoginDialogue::Request> next = dialogue.first();
  while (next) {
    LoginStep step = send(machine, next->flags, next->text);
    if (step.kind == LoginStep::Kind::claim) step = machine.finish(1);
    EXPECT_EQ(step.text.find("secret"), std::string::npos);
    next = dialogue.next(step.response[1], step.text);
  }
}

TEST_F(LoginChap, WhoMovedIsToldWhere) {
  DialogueOptions options;
  options.target = "iqn.moved";
  Outcome outcome = login(options);
  EXPECT_EQ(outcome.status(), 0x0101);
  EXPECT_EQ(outcome.step.text, pair("TargetAddress", "10.0.0.2:3260"));
  EXPECT_EQ(outcome.cause, RefusalCause::moved);
  directory_.moved_to.permanent = true;
  EXPECT_EQ(login(options).status(), 0x0102);
}

TEST_F(LoginChap, ThePortalsGroupIsTold) {
  directory_.group = 7;
  EXPECT_NE(one_request(0x81, pair("InitiatorName", "iqn.a") + pair("TargetName", "iqn.open"))
                .text.find("TargetPortalGroupTag=7"),
            std::string::npos);
}

}  // namespace
}  // namespace tidemark::target
