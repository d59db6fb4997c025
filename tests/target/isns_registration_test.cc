#include "target/isns_registration.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/target/isns_model.h"

namespace tidemark::target {
namespace {

using namespace std::chrono_literals;

constexpr uint16_t kRegister = 1;
constexpr uint16_t kQuery = 2;
constexpr uint16_t kDeregister = 4;

IsnsPortal portal(uint8_t last, uint16_t group = 1, uint16_t port = 3260) {
  IsnsPortal made{.port = port, .group = group};
  made.address[15] = last;
  return made;
}

struct Registration : testing::Test {
  /// Says what there is to say, to the end. How many messages that were; -1 if one was refused.
  int talk() { return talk(registration); }
  int talk(IsnsRegistration& one) {
    int messages = 0;
    while (true) {
      const auto message = one.next(now);
      EXPECT_TRUE(message);
      if (!message.value()) return messages;
      ++messages;
      const auto response = server.answer(*message.value());
      const auto length = isns_payload_length(ConstBytes(response).first(kIsnsHeaderSize),
                                              one.function(), one.transaction());
      EXPECT_TRUE(length);
      if (!one.answer(ConstBytes(response).subspan(kIsnsHeaderSize), now)) return -1;
      if (messages > 100) return -1;
    }
  }
  /// The server knows this and nothing else.
  void expect_known(const IsnsEntity& entity) {
    EXPECT_EQ(server.nodes, std::set(entity.targets.begin(), entity.targets.end()));
    EXPECT_EQ(server.portals.size(), entity.portals.size());
    EXPECT_EQ(server.groups.size(), entity.portals.size() * entity.targets.size());
    for (const IsnsPortal& one : entity.portals) {
      const IsnsModel::Place place{one.address, one.port};
      EXPECT_TRUE(server.portals.contains(place));
      for (const std::string& target : entity.targets)
        EXPECT_EQ((server.groups[{target, place}]), one.group) << target;
    }
  }
  std::vector<uint16_t> functions() const {
    std::vector<uint16_t> all;
    for (const auto& request : server.requests) all.push_back(request.function);
    return all;
  }

  IsnsModel server;
  IsnsRegistration registration{"tidemark:test", 300s};
  TimePoint now = TimePoint{} + 1h;
  const IsnsEntity two{{"iqn.a", "iqn.b"}, {portal(1), portal(2, 2)}};
};

TEST_F(Registration, NothingToTellIsNotTold) {
  EXPECT_EQ(talk(), 0);
  registration.want({{"iqn.a"}, {}});
  EXPECT_EQ(talk(), 0);
  registration.want({{}, {portal(1)}});
  EXPECT_EQ(talk(), 0);
  EXPECT_FALSE(registration.registered());
}

TEST_F(Registration, NamesTargetsPortalsAndTheirGroups) {
  registration.want(two);
  EXPECT_EQ(talk(), 2) << "one message for each target";
  EXPECT_EQ(server.entity, "tidemark:test");
  expect_known(two);
  EXPECT_TRUE(server.requests[0].replaces) << "what a life before has left";
  EXPECT_FALSE(server.requests[1].replaces);
}

TEST_F(Registration, SaysNothingMoreUntilAThirdOfThePeriodTheServerGranted) {
  registration.want(two);
  talk();
  EXPECT_EQ(registration.refresh_at(), now + 1200s);
  now += 1199s;
  EXPECT_EQ(talk(), 0);
  now += 1s;
  EXPECT_EQ(talk(), 1);
  EXPECT_EQ(server.requests.back().function, kQuery);
  EXPECT_EQ(registration.refresh_at(), now + 1200s);
}

TEST_F(Registration, IsMadeAnewIfTheServerHasForgotten) {
  registration.want(two);
  talk();
  server.forget();
  now += 1200s;
  EXPECT_EQ(talk(), 3);
  EXPECT_EQ(functions(),
            (std::vector<uint16_t>{kRegister, kRegister, kQuery, kRegister, kRegister}));
  expect_known(two);
}

TEST_F(Registration, OfATargetThatGoesOrComesFollows) {
  registration.want(two);
  talk();
  const IsnsEntity other{{"iqn.b", "iqn.c"}, two.portals};
  registration.want(other);
  EXPECT_EQ(talk(), 2) << "one goes, one comes, one stays";
  expect_known(other);
  EXPECT_FALSE(server.requests.back().replaces) << "iqn.b must not be gone for a moment";
}

TEST_F(Registration, OfAPortalThatGoesComesOrChangesItsGroupFollows) {
  registration.want(two);
  talk();
  for (const IsnsEntity& next :
       {IsnsEntity{two.targets, {portal(1)}}, IsnsEntity{two.targets, {portal(1), portal(3)}},
        IsnsEntity{two.targets, {portal(1, 5), portal(3)}},
        IsnsEntity{two.targets, {portal(7, 1, 860)}}}) {
    registration.want(next);
    EXPECT_GT(talk(), 0);
    expect_known(next);
  }
}

TEST_F(Registration, IsRemovedWhenThereIsNothingAnyMore) {
  registration.want(two);
  talk();
  registration.want({});
  EXPECT_EQ(talk(), 1);
  EXPECT_EQ(server.requests.back().function, kDeregister);
  EXPECT_TRUE(server.entity.empty());
  EXPECT_FALSE(registration.registered());
  EXPECT_EQ(talk(), 0);
}

TEST_F(Registration, ThatIsRefusedIsStillToBeDone) {
  server.status = 12;
  registration.want(two);
  EXPECT_EQ(talk(), -1);
  EXPECT_FALSE(registration.registered());
  server.status = 0;
  EXPECT_EQ(talk(), 2);
  expect_known(two);
}

TEST_F(Registration, ARefusalIsToldInTheStandardsWords) {
  server.status = 8;
  registration.want(two);
  const auto message = registration.next(now);
  const auto response = server.answer(*message.value());
  const auto done = registration.answer(ConstBytes(response).subspan(kIsnsHeaderSize), now);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "it refuses with status 8, source unauthorized");
}

TEST_F(Registration, ThatMayHaveBeenMadeIsRemovedAtTheEnd) {
  registration.want(two);
  server.answer(*registration.next(now).value());
  registration.unanswered();
  EXPECT_TRUE(registration.registered()) << "for all we know";
  registration.want({});
  EXPECT_EQ(talk(), 1);
  EXPECT_TRUE(server.entity.empty());
  EXPECT_FALSE(registration.registered());
}

TEST_F(Registration, OfWhichTheServerKnowsNothingMoreIsRemovedAllTheSame) {
  registration.want(two);
  talk();
  registration.want({});
  server.answer(*registration.next(now).value());
  registration.unanswered();  // it has been done, but we do not know
  EXPECT_EQ(talk(), 2) << "and is then told of each that it is unknown";
  EXPECT_FALSE(registration.registered());
}

TEST_F(Registration, IsRemovedThoughTheOneThatSpeaksForItIsGoneAlready) {
  registration.want(two);
  talk();
  registration.want({{"iqn.b"}, two.portals});
  server.answer(*registration.next(now).value());
  registration.unanswered();  // iqn.a is gone, but we do not know
  registration.want({});
  EXPECT_EQ(talk(), 2);
  EXPECT_TRUE(server.entity.empty());
}

TEST_F(Registration, WhoseNodesTheServerDoesNotKnowIsMadeAnew) {
  registration.want(two);
  talk();
  server.nodes.clear();
  const IsnsEntity three{{"iqn.a", "iqn.b", "iqn.c"}, two.portals};
  registration.want(three);
  EXPECT_EQ(talk(), 5) << "each in vain, then all";
  expect_known(three);
}

TEST_F(Registration, AnAnswerThatMakesNoSenseIsOneThatHasNotCome) {
  registration.want(two);
  ASSERT_TRUE(registration.next(now));
  EXPECT_FALSE(registration.answer({}, now));
  ASSERT_TRUE(registration.next(now));
  std::vector<uint8_t> payload(4 + 7);
  EXPECT_FALSE(registration.answer(payload, now));
  EXPECT_EQ(talk(), 2);
  expect_known(two);
}

TEST_F(Registration, AnAnswerThatDoesNotComeIsAskedForAgain) {
  registration.want(two);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(registration.next(now).value());
    registration.unanswered();
  }
  EXPECT_EQ(talk(), 2);
  expect_known(two);
}

TEST_F(Registration, EveryMessageHasATransactionOfItsOwn) {
  registration.want(two);
  uint16_t last = registration.transaction();
  for (int i = 0; i < 70000; ++i) {
    ASSERT_TRUE(registration.next(now).value());
    ASSERT_NE(registration.transaction(), last);
    last = registration.transaction();
    registration.unanswered();
  }
}

/// Whatever changes when, and whatever is lost: in the end the server knows what there is.
TEST_F(Registration, ConvergesThroughEveryKindOfTrouble) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    server = {};
    IsnsRegistration one("tidemark:test", 300s);
    IsnsEntity wanted;
    for (int step = 0; step < 40; ++step) {
      if (random() % 3 == 0) {
        wanted = {};
        for (const char* name : {"iqn.a", "iqn.b", "iqn.c"})
          if (random() % 2) wanted.targets.push_back(name);
        for (uint8_t last = 1; last < 4; ++last)
          if (random() % 2)
            wanted.portals.push_back(portal(last, static_cast<uint16_t>(random() % 3)));
        one.want(wanted);
      }
      now += std::chrono::seconds(random() % 1000);
      const auto message = one.next(now);
      ASSERT_TRUE(message);
      if (!message.value()) continue;
      switch (random() % 6) {
        case 0:  // never arrives
          one.unanswered();
          break;
        case 1:  // the answer never arrives
          server.answer(*message.value());
          one.unanswered();
          break;
        case 2: {  // is refused
          server.status = 11;
          const auto response = server.answer(*message.value());
          server.status = 0;
          (void)one.answer(ConstBytes(response).subspan(kIsnsHeaderSize), now);
          break;
        }
        default: {
          const auto response = server.answer(*message.value());
          EXPECT_TRUE(one.answer(ConstBytes(response).subspan(kIsnsHeaderSize), now));
        }
      }
    }
    now += 2h;  // a refresh, whatever was
    EXPECT_GE(talk(one), 0);
    if (!wanted.empty()) {
      expect_known(wanted);
    } else {
      EXPECT_TRUE(server.entity.empty());
    }
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace tidemark::target
