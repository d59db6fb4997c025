// Reservations that outlive a restart (APTPL), and those of RESERVE(6) and (10).
#include "tests/scsi/reservation_fixture.h"

namespace tidemark::scsi {
namespace {

using Keeping = ReservationTest;
using LegacyReserve = ReservationTest;

/// Keeps what it is given, or refuses.
struct FakeStore final : ReservationStore {
  void save(const std::string& unit, const ReservationState& state,
            std::function<void(bool)> done) override {
    if (works) kept[unit] = state;
    done(works);
  }
  std::map<std::string, ReservationState> kept;
  bool works = true;
};

TEST_F(Keeping, NeedsAStore) {
  EXPECT_TRUE(out(a_, Out::register_key, {.action_key = kA, .flags = 0x01}).invalid_in_list(20));
}

TEST_F(Keeping, SavesBeforeGoodWhateverChangesWhileItLasts) {
  FakeStore store;
  target_.unit_->reservations().keep_in(store, {});
  const std::string serial = target_.unit_->identity().serial;
  EXPECT_EQ(in(a_, 0x02)[2] & 0x01, 0x01);
  enrol(b_, kB);
  EXPECT_TRUE(store.kept.empty()) << "APTPL is 0";
  EXPECT_TRUE(out(a_, Out::register_key, {.action_key = kA, .flags = 0x01}).good());
  EXPECT_EQ(store.kept[serial].registrations.size(), 2u);
  reserve(a_, kA, Type::write_exclusive);
  EXPECT_EQ(store.kept[serial].type, Type::write_exclusive);
  EXPECT_EQ(in(a_, 0x02)[3] & 0x01, 0x01);
  enrol(b_, kC);
  EXPECT_FALSE(store.kept[serial].persistent) << "the last APTPL decides";
}

TEST_F(Keeping, FailureToSaveChangesNothing) {
  FakeStore store;
  target_.unit_->reservations().keep_in(store, {});
  store.works = false;
  EXPECT_TRUE(out(a_, Out::register_key, {.action_key = kA, .flags = 0x01})
                  .failed(SenseKey::hardware_error, 0x4400));
  EXPECT_TRUE(keys().empty());
}

TEST_F(Keeping, WhatWasFoundIsInForceFromTheStart) {
  TestTarget later{UnitOptions{.cores = 2}};
  FakeStore store;
  ReservationState found;
  found.registrations = {{{"iqn.gone", 7, {"iqn.2026-11.dev.tidemark:test"}}, kA, true}};
  found.type = Type::exclusive_access;
  later.unit_->reservations().keep_in(store, found);
  EXPECT_TRUE(conflicts(later.send_to(later.attach(1), CdbBuilder(0x88).range(0, 1))));
}

TEST_F(LegacyReserve, KeepsOthersOutUntilReleased) {
  EXPECT_TRUE(target_.send_to(a_, {0x16}).good());
  EXPECT_TRUE(target_.send_to(a_, {0x16}).good());
  EXPECT_TRUE(conflicts(target_.send_to(b_, {0x16})));
  EXPECT_TRUE(conflicts(target_.send_to(b_, {0x00})));
  EXPECT_TRUE(target_.send_to(b_, {0x12}).good());
  EXPECT_TRUE(target_.send_to(b_, {0x17}).good()) << "without effect";
  EXPECT_FALSE(may_read(b_));
  EXPECT_TRUE(may_write(a_));
  EXPECT_TRUE(target_.send_to(a_, {0x57}).good());
  EXPECT_TRUE(may_write(b_));
}

TEST_F(LegacyReserve, EndsWithAResetAndWithItsNexus) {
  for (const bool by_loss : {false, true}) {
    ItNexus& holder = target_.attach(1);
    EXPECT_TRUE(target_.send_to(holder, {0x56}).good());
    EXPECT_FALSE(may_read(a_));
    if (by_loss) {
      target_.executor_.as(1, [&] { target_.device_.detach(holder, [] {}); });
      target_.settle();
    } else {
      target_.manage(c_, TaskManagementFunction::logical_unit_reset);
      told(a_);
    }
    EXPECT_TRUE(may_read(a_));
  }
}

TEST_F(LegacyReserve, ConflictsWithRegistrationsButForTheirHolder) {
  enrol(a_, kA);
  EXPECT_TRUE(conflicts(target_.send_to(a_, {0x16})));
  reserve(a_, kA, Type::write_exclusive);
  EXPECT_TRUE(target_.send_to(a_, {0x16}).good());
  EXPECT_TRUE(target_.send_to(a_, {0x17}).good());
  EXPECT_EQ(held_type(), Type::write_exclusive);
  EXPECT_TRUE(conflicts(target_.send_to(b_, {0x16})));
}

}  // namespace
}  // namespace tidemark::scsi
