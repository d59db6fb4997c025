// ROD tokens: whose they are, how long they live, how many there may be, and that nobody can make
// one up (SPC-4 5.17.6).
#include "scsi/rod_tokens.h"

#include <set>

#include "scsi/copy_sense.h"
#include "tests/scsi/token_fixture.h"

namespace tidemark::scsi {
namespace {

class RodTokenTest : public TokenFixture {
 protected:
  static constexpr Asc kUnknown = copy_sense::kTokenUnknown;

  bool refused(const RodToken& token, Asc why, ItNexus* nexus = nullptr) {
    return token_command(nexus ? *nexus : host_, 1, 0x11, ++list_id_, write_list(token, {{0, 8}}))
        .failed(SenseKey::illegal_request, why);
  }
  bool good(const RodToken& token, ItNexus* nexus = nullptr, uint16_t lun = 1) {
    return token_command(nexus ? *nexus : host_, lun, 0x11, ++list_id_, write_list(token, {{0, 8}}))
        .good();
  }
  RodToken made(uint32_t inactivity = 0) {
    const uint32_t id = ++list_id_;
    EXPECT_TRUE(token_command(host_, 0, 0x10, id, populate_list({{0, 8}}, 0, inactivity)).good());
    const auto data = information(id).data;
    RodToken token{};
    EXPECT_EQ(data.size(), 550u);
    if (data.size() == 550) std::copy(data.begin() + 38, data.end(), token.begin());
    return token;
  }
  uint32_t list_id_ = 100;
};

TEST_F(RodTokenTest, NoBitOfATokenMayBeChanged) {
  const RodToken token = made();
  for (size_t bit = 0; bit < token.size() * 8; bit += 7) {
    if (bit / 8 == 6 || bit / 8 == 7) continue;  // its length: another refusal
    RodToken changed = token;
    changed[bit / 8] = static_cast<uint8_t>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_TRUE(refused(changed, kUnknown)) << "bit " << bit;
  }
  EXPECT_TRUE(good(token));
}

TEST_F(RodTokenTest, AreNotAlike) {
  std::set<std::vector<uint8_t>> secrets;
  std::set<uint64_t> identifiers;
  for (int i = 0; i < 32; ++i) {
    const RodToken token = made();
    secrets.insert({token.begin() + 128, token.begin() + 176});
    identifiers.insert(identifier_of(token));
  }
  EXPECT_EQ(secrets.size(), 32u);
  EXPECT_EQ(identifiers.size(), 32u);
}

TEST_F(RodTokenTest, WhatReportAllRodTokensShowsIsNotEnoughToUseOne) {
  const RodToken token = made();
  RodToken shown{};
  std::copy_n(token.begin(), kManagementTokenBytes, shown.begin());
  EXPECT_TRUE(refused(shown, kUnknown));
}

TEST_F(RodTokenTest, AStolenTokenIsUnknown) {
  const RodToken token = made();
  ItNexus& thief = attach("iqn.2026-11.test:thief");
  EXPECT_TRUE(refused(token, kUnknown, &thief));
  EXPECT_TRUE(images_.copies.empty());
  EXPECT_TRUE(good(token)) << "and is still its maker's";
}

TEST_F(RodTokenTest, AnotherSessionOfTheSameInitiatorMayUseIt) {
  const RodToken token = made();
  ItNexus& again = attach();
  EXPECT_TRUE(good(token, &again));
}

TEST_F(RodTokenTest, OutlivesTheSessionItWasMadeIn) {
  ItNexus& first = attach();
  token_command(first, 0, 0x10, 1, populate_list({{0, 8}}));
  const auto data = receive(first, 0x07, 1).data;
  ASSERT_EQ(data.size(), 550u);
  RodToken token{};
  std::copy(data.begin() + 38, data.end(), token.begin());
  device_.detach(first, [] {});
  settle();
  nexuses_.pop_back();
  EXPECT_TRUE(good(token));
}

TEST_F(RodTokenTest, WithoutTheUnitItWasMadeOfItIsUnknown) {
  const RodToken token = made();
  TargetDevice other(executor_, "iqn.2026-11.dev.tidemark:other");
  const auto map = std::make_shared<LunMap>();
  (*map)[1] = units_->at(1);
  const auto nexus = other.attach("iqn.2026-11.test:host", 1, map);
  send(*nexus, 1, {0x00}, {}, 6);
  Sent& sent = sent_.emplace_back();
  // By way of the other target, which has the destination and not the source.
  const auto list = write_list(token, {{0, 8}});
  Task& task = sent.task;
  task.nexus = nexus.get();
  task.lun_field = uint64_t{1} << 48;
  task.tag = 4711;
  const auto cdb = cdb_of(0x83, 0x11, static_cast<uint32_t>(list.size()));
  std::copy(cdb.begin(), cdb.end(), task.cdb.begin());
  task.cdb_length = 16;
  task.pool = &pool_;
  task.owner = &sent;
  task.done = [](Task& ended) noexcept { static_cast<Sent*>(ended.owner)->done = true; };
  bool begun = other.begin(task);
  if (!begun) begun = other.begin(task);  // its unit attention is told first
  ASSERT_TRUE(begun);
  task.data_out = pool_.acquire(list.size());
  task.data_out.copy_in(0, list);
  task.data_out_received = list.size();
  other.execute(task);
  settle();
  EXPECT_TRUE(sent.failed(SenseKey::illegal_request, kUnknown));
  EXPECT_TRUE(images_.copies.empty());
  nexus->copy_records.reset();
}

TEST_F(RodTokenTest, AReservationThatForbidsReadingTheUnitForbidsTheToken) {
  const RodToken token = made();
  ForgetfulStore store;
  units_->at(0)->reservations().keep_in(store,
                                        reserved_by_another(ReservationType::exclusive_access));
  EXPECT_TRUE(refused(token, kUnknown));
}

TEST_F(RodTokenTest, IsDeletedWithItsLastUseIfAskedTo) {
  const RodToken token = made();
  EXPECT_TRUE(token_command(host_, 1, 0x11, 1, write_list(token, {{0, 8}}, 0, 0x02)).good());
  settle();
  EXPECT_TRUE(refused(token, copy_sense::kTokenDeleted));
  EXPECT_EQ(images_.dropped, std::vector<uint64_t>{1});
}

TEST_F(RodTokenTest, ExpiresWhenItIsNotUsed) {
  const RodToken token = made(5);
  pass(std::chrono::seconds(4));
  EXPECT_TRUE(good(token));
  pass(std::chrono::seconds(4));
  EXPECT_TRUE(good(token)) << "each use begins the time anew";
  pass(std::chrono::seconds(6));
  EXPECT_TRUE(refused(token, copy_sense::kTokenExpired));
  EXPECT_EQ(images_.dropped.size(), 1u);
}

TEST_F(RodTokenTest, DoesNotExpireWhileItIsUsed) {
  images_.at_once = false;
  const RodToken token = made(5);
  const Sent& sent = token_command(host_, 1, 0x11, 1, write_list(token, {{0, 8}}));
  pass(std::chrono::seconds(20));
  EXPECT_TRUE(images_.dropped.empty());
  images_.end(1, {.bytes = 4096});
  EXPECT_TRUE(sent.good());
  pass(std::chrono::seconds(6));
  EXPECT_EQ(images_.dropped.size(), 1u);
}

TEST_F(RodTokenTest, ExpiresWithItsLifetimeHoweverOftenItIsUsed) {
  const RodToken token = made(600);
  const TimePoint end = executor_.now() + std::chrono::seconds(tokens_.limits().lifetime);
  while (executor_.now() + std::chrono::seconds(500) < end) {
    pass(std::chrono::seconds(500));
    EXPECT_TRUE(good(token));
  }
  EXPECT_TRUE(images_.dropped.empty());
  pass(end - executor_.now());
  EXPECT_EQ(images_.dropped.size(), 1u);
  EXPECT_TRUE(refused(token, copy_sense::kTokenExpired));
}

TEST_F(RodTokenTest, WhatIsUnderWayWhenTheLifetimeEndsIsDoneYet) {
  const RodToken token = made(600);
  while (images_.dropped.empty() && images_.copies.size() < 7) {
    EXPECT_TRUE(good(token));
    pass(std::chrono::seconds(500));
  }
  images_.at_once = false;
  const Sent& sent = token_command(host_, 1, 0x11, 1, write_list(token, {{0, 8}}));
  pass(std::chrono::seconds(200));
  EXPECT_TRUE(refused(token, copy_sense::kTokenExpired)) << "nothing new is begun";
  EXPECT_TRUE(images_.dropped.empty());
  images_.end(images_.copies.size(), {.bytes = 4096});
  settle();
  EXPECT_TRUE(sent.good());
  EXPECT_EQ(images_.dropped.size(), 1u);
}

TEST_F(RodTokenTest, ZeroSecondsOfInactivityAreTheDefault) {
  const RodToken token = made();
  pass(std::chrono::seconds(tokens_.limits().inactivity - 1));
  EXPECT_TRUE(good(token));
  pass(std::chrono::seconds(tokens_.limits().inactivity + 1));
  EXPECT_TRUE(refused(token, copy_sense::kTokenExpired));
}

TEST_F(RodTokenTest, HowItEndedIsForgottenInTheEnd) {
  const RodToken token = made(5);
  pass(std::chrono::seconds(6));
  EXPECT_TRUE(refused(token, copy_sense::kTokenExpired));
  pass(std::chrono::seconds(2 * tokens_.limits().lifetime - 10));
  made(1);
  pass(std::chrono::seconds(2));
  EXPECT_TRUE(refused(token, copy_sense::kTokenExpired));
  pass(std::chrono::seconds(10));
  made(1);
  pass(std::chrono::seconds(2));
  EXPECT_TRUE(refused(token, kUnknown));
}

TEST_F(RodTokenTest, HowItEndedIsToldToNobodyElse) {
  const RodToken token = made(5);
  pass(std::chrono::seconds(6));
  ItNexus& thief = attach("iqn.2026-11.test:thief");
  EXPECT_TRUE(refused(token, kUnknown, &thief));
}

TEST_F(RodTokenTest, IsCancelledWhenItsImageIsLost) {
  const RodToken token = made();
  images_.lost(1);
  EXPECT_TRUE(refused(token, copy_sense::kTokenCancelled));
}

TEST_F(RodTokenTest, TheOneNotUsedForLongestMakesRoom) {
  std::vector<RodToken> tokens;
  for (size_t i = 0; i < RodTokens::kPerInitiatorMax; ++i) {
    tokens.push_back(made(600));
    pass(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(good(tokens[0]));
  const RodToken newest = made(600);
  EXPECT_TRUE(refused(tokens[1], copy_sense::kTokenCancelled));
  EXPECT_TRUE(good(tokens[0]));
  EXPECT_TRUE(good(tokens[2]));
  EXPECT_TRUE(good(newest));
}

TEST_F(RodTokenTest, OneInitiatorsTokensMakeNoRoomForAnothers) {
  const RodToken token = made(600);
  ItNexus& greedy = attach("iqn.2026-11.test:greedy");
  for (size_t i = 0; i < 2 * RodTokens::kPerInitiatorMax; ++i)
    EXPECT_TRUE(token_command(greedy, 0, 0x10, 1, populate_list({{0, 8}}, 0, 600)).good());
  EXPECT_TRUE(good(token));
}

TEST_F(RodTokenTest, TokensInUseMakeNoRoom) {
  images_.at_once = false;
  std::vector<RodToken> tokens;
  for (size_t i = 0; i < RodTokens::kPerInitiatorMax; ++i) tokens.push_back(made(600));
  for (size_t i = 0; i < 4; ++i) {  // more sessions: each runs a few copies
    ItNexus& nexus = attach();
    for (size_t j = 0; j < 16; ++j)
      token_command(nexus, 1, 0x11, static_cast<uint32_t>(j),
                    write_list(tokens[i * 16 + j], {{0, 8}}));
  }
  EXPECT_TRUE(token_command(host_, 0, 0x10, 1, populate_list({{0, 8}}))
                  .failed(SenseKey::illegal_request, 0x550d));
  for (size_t number = 1; number <= images_.copies.size(); ++number)
    images_.end(number, {.bytes = 4096});
  settle();
}

TEST_F(RodTokenTest, AreReportedToTheirMakerAlone) {
  made();
  ItNexus& other = attach("iqn.2026-11.test:other");
  EXPECT_EQ(receive(other, 0x08, 0).data.size(), 8u);
  EXPECT_EQ(receive(host_, 0x08, 0).data.size(), 8u + 96);
}

TEST(RodTokenBytes, TheLayoutIsThatOfTheStandard) {
  std::array<uint8_t, 48> secret{};
  secret.fill(0x5a);
  const RodToken token = encode_rod_token({.type = kPointInTimeDefault,
                                           .identifier = 0x0102030405060708,
                                           .creator = {0x3a, 1, 2, 3, 4, 5, 6, 7},
                                           .bytes = 0x100000,
                                           .block_size = 4096,
                                           .thin = true,
                                           .lowest_aligned_lba = 7},
                                          secret);
  EXPECT_EQ(load_be32(&token[0]), kPointInTimeDefault);
  EXPECT_EQ(load_be16(&token[6]), 0x01f8);
  EXPECT_EQ(load_be64(&token[8]), 0x0102030405060708u);
  EXPECT_EQ(token[16], 0xe4);
  EXPECT_EQ(token[20], 0x01);
  EXPECT_EQ(token[21], 0x03);
  EXPECT_EQ(token[23], 8);
  EXPECT_EQ(token[24], 0x3a);
  EXPECT_EQ(load_be64(&token[48]), 0u);
  EXPECT_EQ(load_be64(&token[56]), 0x100000u);
  EXPECT_EQ(load_be32(&token[96]), 4096u);
  EXPECT_EQ(load_be16(&token[102]), 0xc007);
  EXPECT_EQ(token[128], 0x5a);
  EXPECT_EQ(token[175], 0x5a);
  EXPECT_EQ(token[176], 0);
}

}  // namespace
}  // namespace tidemark::scsi
