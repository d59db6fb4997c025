// Every row of the table of stages, and every combination of stage, T, C and next stage against it.
#include "target/login_stage.h"

#include <gtest/gtest.h>

#include "target/login.h"
#include "tests/target/fake_directory.h"

namespace tidemark::target {
namespace {

constexpr uint8_t flags_of(bool transit, bool more, int stage, int next) {
  return static_cast<uint8_t>((transit ? kTransit : 0) | (more ? kContinue : 0) | stage << 2 |
                              next);
}

std::string names() {
  std::string text;
  append_pair(text, "InitiatorName", "iqn.friend");
  append_pair(text, "TargetName", "iqn.open");
  return text;
}

class LoginStages : public testing::Test {
 protected:
  LoginStep send(LoginMachine& machine, uint8_t flags, const std::string& text = {}) {
    LoginRequest pdu;
    pdu.start.flags = flags;
    return machine.request(bhs_of(pdu),
                           {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  /// What the RFC says of a request in `stage` of a login that is in `stage`.
  static LoginStep::Kind expected(bool transit, bool more, int stage, int next) {
    if (transit && more) return LoginStep::Kind::refuse;
    if (!transit) return LoginStep::Kind::respond;
    if (!may_go(static_cast<LoginStage>(stage), static_cast<LoginStage>(next)))
      return LoginStep::Kind::refuse;
    return next == 3 ? LoginStep::Kind::claim : LoginStep::Kind::respond;
  }

  FakeDirectory directory_;
  Limits limits_;
};

TEST_F(LoginStages, TheTableIsThatOfTheStandard) {
  for (int from = 0; from < 4; ++from) {
    const LoginStageRow& row = kLoginStages[from];
    EXPECT_EQ(static_cast<int>(row.stage), from);
    EXPECT_EQ(row.may_begin, from <= 1);
    EXPECT_EQ(row.without_proof, from == 0);
    for (int to = 0; to < 4; ++to)
      EXPECT_EQ(row.may_go[to], (from == 0 && (to == 1 || to == 3)) || (from == 1 && to == 3))
          << from << " to " << to;
  }
}

TEST_F(LoginStages, EveryFirstRequest) {
  for (int stage = 0; stage < 4; ++stage)
    for (int next = 0; next < 4; ++next)
      for (const bool transit : {false, true})
        for (const bool more : {false, true}) {
          SCOPED_TRACE(testing::Message()
                       << stage << " to " << next << " T" << transit << " C" << more);
          LoginMachine machine(directory_, limits_);
          const LoginStep step = send(machine, flags_of(transit, more, stage, next), names());
          if (!row_of(static_cast<LoginStage>(stage)).may_begin) {
            EXPECT_EQ(step.kind, LoginStep::Kind::refuse);
            continue;
          }
          EXPECT_EQ(step.kind, expected(transit, more, stage, next));
          if (step.kind != LoginStep::Kind::respond) continue;
          // T and the next stage are answered only where they are agreed to.
          EXPECT_EQ(step.response[1], flags_of(transit, false, stage, transit ? next : 0));
        }
}

TEST_F(LoginStages, EverySecondRequestAfterAStageRepeatedAndAfterOneLeft) {
  for (const int reached : {0, 1})
    for (int stage = 0; stage < 4; ++stage)
      for (int next = 0; next < 4; ++next)
        for (const bool transit : {false, true}) {
          SCOPED_TRACE(testing::Message()
                       << "in " << reached << ": " << stage << " to " << next << " T" << transit);
          LoginMachine machine(directory_, limits_);
          send(machine, flags_of(false, false, 0, 0), names());
          if (reached == 1) send(machine, flags_of(true, false, 0, 1));
          const LoginStep step = send(machine, flags_of(transit, false, stage, next));
          EXPECT_EQ(step.kind, stage == reached ? expected(transit, false, stage, next)
                                                : LoginStep::Kind::refuse);
        }
}

TEST_F(LoginStages, AStageMayBeRepeatedAsOftenAsTheRoundsAllow) {
  LoginMachine machine(directory_, limits_);
  send(machine, 0x00, names());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(send(machine, 0x00).kind, LoginStep::Kind::respond);
  EXPECT_EQ(send(machine, 0x81).response[1], 0x81);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(send(machine, 0x04).kind, LoginStep::Kind::respond);
  EXPECT_EQ(send(machine, 0x87).kind, LoginStep::Kind::claim);
}

TEST_F(LoginStages, FactsOfTheSessionAreNotForAConnectionThatJoinsIt) {
  for (const uint16_t tsih : {uint16_t{0}, uint16_t{5}}) {
    LoginMachine machine(directory_, limits_);
    LoginRequest pdu;
    pdu.start.flags = 0x87;
    pdu.tsih = tsih;
    std::string text = names();
    append_pair(text, "MaxBurstLength", "4096");
    const LoginStep step =
        machine.request(bhs_of(pdu), {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
    EXPECT_EQ(step.kind, tsih == 0 ? LoginStep::Kind::claim : LoginStep::Kind::refuse);
  }
}

}  // namespace
}  // namespace tidemark::target
