// A network that fails at every step of a login: whatever was reached, nothing is left of it, and
// the next one is served.
#include <gtest/gtest.h>

#include "tests/target/login_dialogue.h"
#include "tests/target/served_host.h"

namespace tidemark::target {
namespace {

std::shared_ptr<const ChapRule> rule() {
  auto made = std::make_shared<ChapRule>();
  made->initiator = {"host", Secret("initiator's secret")};
  made->target = ChapIdentity{"tidemark", Secret("target's own secret")};
  return made;
}

DialogueOptions options(const std::string& target = kTargetName) {
  DialogueOptions made;
  made.initiator = kHost;
  made.target = target;
  made.user = ChapIdentity{"host", Secret("initiator's secret")};
  made.expect = ChapIdentity{"tidemark", Secret("target's own secret")};
  append_pair(made.operational, "HeaderDigest", "None");
  append_pair(made.operational, "MaxBurstLength", "65536");
  return made;
}

/// Requests of a dialogue as bytes on the wire, one answer awaited after each.
struct Line {
  Line(ServedTarget& served, const DialogueOptions& with, uint64_t isid)
      : host(served.port(), isid), dialogue(with), next(dialogue.first()) {}

  std::string bytes() {
    Bhs bhs = bhs_of(host.login_request(next->flags));
    set_segment_length(bhs, static_cast<uint32_t>(next->text.size()));
    std::string all(bhs.begin(), bhs.end());
    return all.append(next->text).append(padding_of(next->text.size()), '\0');
  }
  /// False once there is nothing more to say. The status of the last answer is kept.
  bool step() {
    const std::string all = bytes();
    host.send_bytes(all.data(), all.size());
    const auto answer = host.receive();
    if (!answer) return false;
    status = as<LoginResponse>(answer->bhs).status;
    if (status != 0) return false;
    next = dialogue.next(answer->bhs[1], {answer->data.begin(), answer->data.end()});
    return next.has_value();
  }

  RawInitiator host;
  LoginDialogue dialogue;
  std::optional<LoginDialogue::Request> next;
  uint16_t status = 0xffff;
};

TEST(LoginFaults, ChapOverASocketInEveryAlgorithm) {
  ServedOptions served_options;
  served_options.chap = rule();
  ServedTarget served(served_options);
  uint64_t isid = 1;
  for (const char* algorithms : {"5", "6", "7", "8", "5,8"}) {
    DialogueOptions with = options();
    with.algorithms = algorithms;
    Line line(served, with, isid++);
    while (line.step()) {
    }
    EXPECT_EQ(line.status, 0) << algorithms;
    EXPECT_TRUE(line.dialogue.target_proved()) << algorithms;
  }
}

TEST(LoginFaults, ACutAtEveryRequestAndInsideEveryOneLeavesNothing) {
  ServedOptions served_options;
  served_options.chap = rule();
  ServedTarget served(served_options);
  size_t whole = 0;
  for (Line line(served, options(), 100); line.step();) ++whole;
  ASSERT_EQ(whole, 3u);  // names, algorithms, proof; and then the last
  uint64_t isid = 200;
  for (size_t steps = 0; steps <= whole; ++steps)
    for (const double part : {0.0, 0.1, 0.5, 0.99, 1.0}) {
      Line line(served, options(), isid++);
      for (size_t i = 0; i < steps; ++i) ASSERT_TRUE(line.step());
      const std::string all = line.bytes();
      line.host.send_bytes(all.data(), static_cast<size_t>(part * static_cast<double>(all.size())));
      line.host.hang_up();
    }
  EXPECT_TRUE(comes_true([&] { return served.sessions().empty(); }));
  Line after(served, options(), 100);
  while (after.step()) {
  }
  EXPECT_EQ(after.status, 0);
  EXPECT_EQ(served.sessions().size(), 1u);
}

TEST(LoginFaults, AWrongSecretIsCountedAndEndsNobodysSession) {
  ServedOptions served_options;
  served_options.chap = rule();
  ServedTarget served(served_options);
  Line good(served, options(), 7);
  while (good.step()) {
  }
  ASSERT_EQ(good.status, 0);
  DialogueOptions wrong = options();
  wrong.user->secret = Secret("some other secret");
  Line thief(served, wrong, 7);  // the same initiator port: it would be reinstatement
  while (thief.step()) {
  }
  EXPECT_EQ(thief.status, 0x0201);
  EXPECT_TRUE(thief.host.is_hung_up());
  EXPECT_EQ(served.server().refusals().of(RefusalCause::wrong_credentials), 1u);
  clear_attention(good.host);
  EXPECT_EQ(served.sessions().size(), 1u);
}

TEST(LoginFaults, ALoginThatDoesNotEndIsEndedAndCounted) {
  ServedOptions served_options;
  served_options.chap = rule();
  served_options.limits.login_time = 50ms;
  served_options.limits.tick = 5ms;
  ServedTarget served(served_options);
  Line line(served, options(), 1);
  ASSERT_TRUE(line.step());
  EXPECT_TRUE(line.host.is_hung_up());
  EXPECT_EQ(served.server().refusals().of(RefusalCause::timed_out), 1u);
}

}  // namespace
}  // namespace tidemark::target
