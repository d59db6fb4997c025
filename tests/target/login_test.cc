#include "target/login.h"

#include <gtest/gtest.h>

#include "tests/target/fake_directory.h"

namespace tidemark::target {
namespace {

const std::string kNames =
    std::string("InitiatorName=iqn.host") + '\0' + "TargetName=iqn.open" + '\0';

class Login : public testing::Test {
 protected:
  LoginStep send(uint8_t flags, const std::string& text) {
    request_.start.flags = flags;
    return machine_.request(bhs_of(request_),
                            {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  Login() {
    request_.start.opcode |= kImmediate;
    request_.itt = 7;
    request_.isid = 0x800000000001;
    request_.cid = 3;
    request_.cmd_sn = 100;
    request_.exp_stat_sn = 50;
  }
  static uint16_t status(const LoginStep& step) { return as<LoginResponse>(step.response).status; }
  static uint8_t flags(const LoginStep& step) { return step.response[1]; }
  static bool has(const LoginStep& step, const std::string& pair) {
    return step.text.find(pair + '\0') != std::string::npos;
  }

  FakeDirectory directory_;
  Limits limits_;
  LoginMachine machine_{directory_, limits_};
  LoginRequest request_;
};

TEST_F(Login, TheUsualPathSecurityThenOperational) {
  LoginStep step = send(0x81, kNames + "AuthMethod=None,CHAP" + '\0');
  EXPECT_EQ(step.kind, LoginStep::Kind::respond);
  EXPECT_EQ(flags(step), 0x81);
  EXPECT_TRUE(has(step, "AuthMethod=None"));
  EXPECT_TRUE(has(step, "TargetPortalGroupTag=1"));
  EXPECT_EQ(as<LoginResponse>(step.response).tsih, 0);
  step = send(0x87, std::string("MaxBurstLength=4096") + '\0');
  ASSERT_EQ(step.kind, LoginStep::Kind::claim);
  step = machine_.finish(9);
  EXPECT_EQ(step.kind, LoginStep::Kind::enter);
  EXPECT_EQ(flags(step), 0x87);
  EXPECT_TRUE(has(step, "MaxBurstLength=4096"));
  EXPECT_TRUE(has(step, "MaxRecvDataSegmentLength=262144"));
  const auto response = as<LoginResponse>(step.response);
  EXPECT_EQ(response.tsih, 9);
  EXPECT_EQ(response.itt, 7u);
  EXPECT_EQ(response.isid, 0x800000000001u);
  EXPECT_EQ(response.exp_cmd_sn, 100u);
  EXPECT_EQ(response.max_cmd_sn, 100u + limits_.window_depth - 1);
}

TEST_F(Login, EachResponseConsumesOneStatSn) {
  EXPECT_EQ(as<LoginResponse>(send(0x00, kNames).response).stat_sn, 50u);
  EXPECT_EQ(as<LoginResponse>(send(0x00, "").response).stat_sn, 51u);
  EXPECT_EQ(machine_.next_stat_sn(), 52u);
}

TEST_F(Login, DiscoveryNeedsNoTargetName) {
  const LoginStep step = send(0x87, std::string("InitiatorName=iqn.host") + '\0' +
                                        "MaxConnections=1" + '\0' + "SessionType=Discovery" + '\0');
  EXPECT_EQ(step.kind, LoginStep::Kind::claim);
  const LoginStep last = machine_.finish(1);
  EXPECT_TRUE(has(last, "MaxConnections=Irrelevant"));
  EXPECT_FALSE(has(last, "TargetPortalGroupTag=1"));
}

struct FirstRequest {
  const char* what;
  uint8_t flags;
  std::string text;
  uint16_t status;
};
class LoginRefusal : public Login, public testing::WithParamInterface<FirstRequest> {};

TEST_P(LoginRefusal, NamesItsStatus) {
  SCOPED_TRACE(GetParam().what);
  const LoginStep step = send(GetParam().flags, GetParam().text);
  EXPECT_EQ(step.kind, LoginStep::Kind::refuse);
  EXPECT_EQ(status(step), GetParam().status);
  EXPECT_FALSE(machine_.reason().empty());
}

std::string with_nul(std::string text) {
  for (char& c : text)
    if (c == '|') c = '\0';
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    First, LoginRefusal,
    testing::Values(
        FirstRequest{"no names", 0x81, "", 0x0207},
        FirstRequest{"no target", 0x81, with_nul("InitiatorName=iqn.a|"), 0x0207},
        FirstRequest{"no initiator", 0x81, with_nul("TargetName=iqn.open|"), 0x0207},
        FirstRequest{"no such target", 0x81, with_nul("InitiatorName=iqn.a|TargetName=iqn.x|"),
                     0x0203},
        FirstRequest{"forbidden", 0x81, with_nul("InitiatorName=iqn.a|TargetName=iqn.closed|"),
                     0x0202},
        FirstRequest{"stage 2", 0x08, kNames, 0x020b},
        FirstRequest{"stage 3", 0x0c, kNames, 0x020b},
        FirstRequest{"to stage 2", 0x82, kNames, 0x020b},
        FirstRequest{"0 to 0", 0x80, kNames, 0x020b}, FirstRequest{"1 to 1", 0x85, kNames, 0x020b},
        FirstRequest{"1 to 0", 0x84, kNames, 0x020b},
        FirstRequest{"transit and continue", 0xc1, kNames, 0x0200},
        FirstRequest{"CHAP only", 0x81, kNames + with_nul("AuthMethod=CHAP|"), 0x0201},
        FirstRequest{"no NUL", 0x81, kNames + "AuthMethod=None", 0x0200},
        FirstRequest{"no equals sign", 0x81, kNames + with_nul("AuthMethod|"), 0x0200},
        FirstRequest{"twice", 0x87, kNames + with_nul("InitialR2T=No|InitialR2T=No|"), 0x0200},
        FirstRequest{"operational key in security", 0x81, kNames + with_nul("InitialR2T=No|"),
                     0x0200},
        FirstRequest{"SendTargets", 0x87, kNames + with_nul("SendTargets=All|"), 0x0200},
        FirstRequest{"bad name", 0x81, with_nul("InitiatorName=a b|TargetName=iqn.open|"), 0x0200},
        FirstRequest{"too much text", 0x81, kNames + std::string(20000, 'x'), 0x0200}));

TEST_F(Login, OnlyTheFirstConnectionAgreesOnWhatIsTheSessions) {
  request_.tsih = 5;
  EXPECT_EQ(status(send(0x87, kNames + with_nul("InitialR2T=No|"))), 0x020b);
}

TEST_F(Login, FurtherConnectionsAgreeOnWhatIsTheirOwn) {
  request_.tsih = 5;
  const auto step = send(0x87, kNames + with_nul("HeaderDigest=CRC32C|"));
  EXPECT_EQ(step.kind, LoginStep::Kind::claim);
}

TEST_F(Login, OtherVersionsAreRefused) {
  request_.start.byte2 = 1;
  request_.start.byte3 = 1;
  EXPECT_EQ(status(send(0x81, kNames)), 0x0205);
}

TEST_F(Login, StageMustBeTheOneAgreed) {
  send(0x81, kNames);
  const LoginStep step = send(0x81, "");
  EXPECT_EQ(step.kind, LoginStep::Kind::refuse);
  EXPECT_EQ(status(step), 0x020b);
}

TEST_F(Login, TagMustNotChange) {
  send(0x00, kNames);
  request_.itt = 8;
  EXPECT_EQ(status(send(0x00, "")), 0x020b);
}

TEST_F(Login, IsidMustNotChange) {
  send(0x00, kNames);
  request_.isid = 5;
  EXPECT_EQ(status(send(0x00, "")), 0x020b);
}

TEST_F(Login, CidMustNotChange) {
  send(0x00, kNames);
  request_.cid = 5;
  EXPECT_EQ(status(send(0x00, "")), 0x020b);
}

TEST_F(Login, TextMaySpanRequests) {
  const std::string text = kNames + "InitialR2T=No" + '\0';
  for (size_t i = 0; i + 1 < text.size(); i += 10) {
    const LoginStep step = send(0x44, text.substr(i, 10));
    ASSERT_EQ(step.kind, LoginStep::Kind::respond);
    EXPECT_TRUE(step.text.empty());
    EXPECT_EQ(flags(step), 0x04);
    if (i + 20 >= text.size()) {
      EXPECT_EQ(send(0x87, text.substr(i + 10)).kind, LoginStep::Kind::claim);
      break;
    }
  }
  EXPECT_FALSE(machine_.parameters().yes(Key::initial_r2t));
}

TEST_F(Login, TextOfOneLoginIsBounded) {
  LoginStep step;
  int sent = 0;
  do {
    step = send(0x44, std::string(1000, 'x'));
    ++sent;
  } while (step.kind == LoginStep::Kind::respond && sent < 1000);
  EXPECT_EQ(step.kind, LoginStep::Kind::refuse);
  EXPECT_EQ(sent, 17);
}

TEST_F(Login, RoundsOfOneLoginAreBounded) {
  send(0x04, kNames);
  LoginStep step;
  uint32_t sent = 1;
  do {
    step = send(0x04, "");
    ++sent;
  } while (step.kind == LoginStep::Kind::respond && sent < 1000);
  EXPECT_EQ(step.kind, LoginStep::Kind::refuse);
  EXPECT_EQ(sent, Limits{}.text_pdus + 1);
}

TEST_F(Login, LongAnswersSpanResponses) {
  std::string text = kNames;
  for (int i = 0; i < 200; ++i)
    text += "X-" + std::to_string(i) + std::string(40, 'k') + "=1" + '\0';
  LoginStep step = send(0x87, text);
  ASSERT_EQ(step.kind, LoginStep::Kind::respond);
  EXPECT_EQ(flags(step), 0x44);
  EXPECT_EQ(step.text.size(), LoginMachine::kResponseTextMax);
  std::string all = step.text;
  step = send(0x87, "");
  ASSERT_EQ(step.kind, LoginStep::Kind::claim);
  all += machine_.finish(1).text;
  std::vector<KeyValue> pairs;
  EXPECT_EQ(parse_text(all, 1000, pairs), TextFault::none);
  EXPECT_EQ(pairs.size(), 202u);  // 200 answers, portal group tag, segment length
}

TEST_F(Login, AccessListAdmitsWhomItNames) {
  EXPECT_EQ(send(0x81, with_nul("InitiatorName=iqn.friend|TargetName=iqn.closed|")).kind,
            LoginStep::Kind::respond);
}

TEST_F(Login, RefusedClaimIsAnsweredWithItsStatus) {
  ASSERT_EQ(send(0x87, kNames).kind, LoginStep::Kind::claim);
  const LoginStep step =
      machine_.refuse(LoginStatus::session_does_not_exist, RefusalCause::session, "no such TSIH");
  EXPECT_EQ(step.kind, LoginStep::Kind::refuse);
  EXPECT_EQ(status(step), 0x020a);
}

}  // namespace
}  // namespace tidemark::target
