// Persistent reservations through commands: who may do what, who is told, what is reported.
#include "tests/scsi/reservation_fixture.h"

namespace tidemark::scsi {
namespace {

using Registering = ReservationTest;
using Reserving = ReservationTest;
using Releasing = ReservationTest;
using Preempting = ReservationTest;
using Moving = ReservationTest;

TEST_F(Registering, NeedsTheKeyOneHas) {
  EXPECT_TRUE(conflicts(out(a_, Out::register_key, {.key = 7, .action_key = kA})));
  EXPECT_TRUE(out(a_, Out::register_key, {.action_key = kA}).good());
  EXPECT_TRUE(conflicts(out(a_, Out::register_key, {.action_key = kB})));
  EXPECT_TRUE(out(a_, Out::register_key, {.key = kA, .action_key = kB}).good());
  EXPECT_EQ(keys(), std::vector<uint64_t>{kB});
  EXPECT_EQ(generation(), 2u);
  EXPECT_TRUE(out(a_, Out::register_key, {.key = kB}).good());
  EXPECT_TRUE(keys().empty());
}

TEST_F(Registering, NothingWithNoKeyIsNothing) {
  EXPECT_TRUE(out(a_, Out::register_key, {}).good());
  EXPECT_TRUE(out(a_, Out::register_and_ignore, {}).good());
  EXPECT_EQ(generation(), 0u);
}

TEST_F(Registering, IsRequiredForAllElse) {
  for (const Out action :
       {Out::reserve, Out::release, Out::clear, Out::preempt, Out::preempt_and_abort})
    EXPECT_TRUE(conflicts(out(a_, action, {.action_key = 1, .type = Type::exclusive_access})));
}

TEST_F(Registering, WrongListLengthIsRefused) {
  EXPECT_TRUE(send_list(a_, Out::register_key, Data(23)).failed(SenseKey::illegal_request, 0x1a00));
  EXPECT_TRUE(send_list(a_, Out::register_key, Data(25)).failed(SenseKey::illegal_request, 0x1a00));
  EXPECT_TRUE(send_list(a_, Out::register_key, {}).failed(SenseKey::illegal_request, 0x1a00));
}

TEST_F(Registering, BeyondTheLimitIsInsufficientResources) {
  Data ids(4);
  for (size_t i = 0; i < ReservationState::kRegistrationsMax; ++i) {
    const Data id = encode_transport_id({"iqn.absent", i});
    ids.insert(ids.end(), id.begin(), id.end());
  }
  store_be32(ids.data(), static_cast<uint32_t>(ids.size() - 4));
  EXPECT_TRUE(out(a_, Out::register_key, {.action_key = kA, .flags = 0x08, .more = ids})
                  .failed(SenseKey::illegal_request, 0x5504));
  EXPECT_TRUE(keys().empty()) << "all or nothing";
}

TEST_F(Registering, OtherPortsByTransportId) {
  Data more(4);
  const Data id = encode_transport_id({"iqn.host", 1});  // b_
  more.insert(more.end(), id.begin(), id.end());
  store_be32(more.data(), static_cast<uint32_t>(id.size()));
  EXPECT_TRUE(out(a_, Out::register_key, {.action_key = kA, .flags = 0x08, .more = more}).good());
  EXPECT_EQ(keys(), (std::vector<uint64_t>{kA, kA}));
  reserve(b_, kA, Type::exclusive_access);
  EXPECT_FALSE(may_read(c_));
  EXPECT_TRUE(out(a_, Out::register_key, {.key = kA, .action_key = kA, .flags = 0x08, .more = more})
                  .invalid_in_list(20));
}

TEST_F(Registering, OneWhoIsRegisteredAlreadyCannotBeNamed) {
  enrol(b_, kB);
  Data more(4);
  const Data id = encode_transport_id({"iqn.host", 1});  // b_
  more.insert(more.end(), id.begin(), id.end());
  store_be32(more.data(), static_cast<uint32_t>(id.size()));
  EXPECT_TRUE(out(a_, Out::register_key, {.action_key = kA, .flags = 0x08, .more = more})
                  .invalid_in_list(28));
  EXPECT_EQ(keys(), std::vector<uint64_t>{kB}) << "all or nothing";
}

TEST_F(Registering, AllKnownPortsOfAnInitiatorByItsName) {
  Data more(4);
  const Data id = encode_transport_id({"iqn.host"});
  more.insert(more.end(), id.begin(), id.end());
  store_be32(more.data(), static_cast<uint32_t>(id.size()));
  EXPECT_TRUE(out(a_, Out::register_key, {.action_key = kA, .flags = 0x08, .more = more}).good());
  EXPECT_EQ(keys().size(), 3u);
}

TEST_F(Registering, TransportIdsThatAreCutOrAlienAreRefused) {
  Data more(4 + 24);
  store_be32(more.data(), 25);
  EXPECT_TRUE(out(a_, Out::register_key, {.action_key = kA, .flags = 0x08, .more = more})
                  .failed(SenseKey::illegal_request, 0x1a00));
  store_be32(more.data(), 24);
  EXPECT_TRUE(out(a_, Out::register_key, {.action_key = kA, .flags = 0x08, .more = more})
                  .invalid_in_list(28));
  EXPECT_TRUE(
      out(a_, Out::register_and_ignore, {.action_key = kA, .flags = 0x08}).invalid_in_list(20));
}

TEST_F(Registering, ThroughAllPortsCoversEveryTargetOfTheUnit) {
  target_.unit_->add_port({"iqn.2026-11.dev.tidemark:second"});
  EXPECT_TRUE(out(a_, Out::register_key, {.action_key = kA, .flags = 0x04}).good());
  const Data status = in(a_, 0x03);
  EXPECT_EQ(keys().size(), 2u);
  EXPECT_EQ(load_be16(&status[8 + 18]), 1);
  const size_t next = 8 + 24 + load_be32(&status[8 + 20]);
  EXPECT_EQ(load_be16(&status[next + 18]), 2);
}

TEST_F(Reserving, RepeatedIsGoodAndOtherwiseAConflict) {
  enrol(a_, kA);
  enrol(b_, kB);
  reserve(a_, kA, Type::write_exclusive);
  reserve(a_, kA, Type::write_exclusive);
  EXPECT_TRUE(conflicts(out(a_, Out::reserve, {.key = kA, .type = Type::exclusive_access})));
  EXPECT_TRUE(conflicts(out(b_, Out::reserve, {.key = kB, .type = Type::write_exclusive})));
  EXPECT_EQ(generation(), 2u) << "reserving does not count";
}

TEST_F(Reserving, UnknownTypeAndScopeAreInvalidFields) {
  enrol(a_, kA);
  for (const int type : {0, 2, 4, 9, 15})
    EXPECT_TRUE(
        out(a_, Out::reserve, {.key = kA, .type = static_cast<Type>(type)}).invalid_field(2, 3));
  EXPECT_TRUE(out(a_, Out::reserve, {.key = kA, .type = Type::write_exclusive, .scope = 1})
                  .invalid_field(2, 7));
}

struct Access {
  Type type;
  bool registered_writes, registered_reads, other_writes, other_reads;
};
class AccessByType : public ReservationTest, public ::testing::WithParamInterface<Access> {};
INSTANTIATE_TEST_SUITE_P(
    Reserving, AccessByType,
    ::testing::Values(Access{Type::write_exclusive, false, true, false, true},
                      Access{Type::exclusive_access, false, false, false, false},
                      Access{Type::write_exclusive_registrants_only, true, true, false, true},
                      Access{Type::exclusive_access_registrants_only, true, true, false, false},
                      Access{Type::write_exclusive_all_registrants, true, true, false, true},
                      Access{Type::exclusive_access_all_registrants, true, true, false, false}),
    [](const auto& one) { return "Type" + std::to_string(static_cast<int>(one.param.type)); });

TEST_P(AccessByType, IsAsTheStandardSaysOnEveryCore) {
  enrol(a_, kA);
  enrol(b_, kB);
  reserve(a_, kA, GetParam().type);
  EXPECT_TRUE(may_write(a_));
  EXPECT_TRUE(may_read(a_));
  EXPECT_EQ(may_write(b_), GetParam().registered_writes);
  EXPECT_EQ(may_read(b_), GetParam().registered_reads);
  EXPECT_EQ(may_write(c_), GetParam().other_writes);
  EXPECT_EQ(may_read(c_), GetParam().other_reads);
  ItNexus& late = target_.attach(1);
  EXPECT_EQ(may_write(late), GetParam().other_writes) << "a nexus that comes later, too";
  EXPECT_EQ(may_read(late), GetParam().other_reads);
}

TEST_P(AccessByType, UnregisteringTheHolderReleasesUnlessAllHold) {
  enrol(a_, kA);
  enrol(b_, kB);
  reserve(a_, kA, GetParam().type);
  EXPECT_TRUE(out(a_, Out::register_key, {.key = kA}).good());
  const bool all = is_for_all_registrants(GetParam().type);
  EXPECT_EQ(held_type(), all ? GetParam().type : Type::none);
  const bool tells = admits_registrants(GetParam().type) && !all;
  EXPECT_EQ(told(b_), tells ? attention::kReservationsReleased : 0);
  EXPECT_EQ(told(c_), 0);
  EXPECT_TRUE(out(b_, Out::register_key, {.key = kB}).good());
  EXPECT_EQ(held_type(), Type::none) << "the last registrant takes it along";
}

TEST_P(AccessByType, ReleaseNeedsItsTypeAndTellsRegistrantsWhoLoseIt) {
  enrol(a_, kA);
  enrol(b_, kB);
  reserve(a_, kA, GetParam().type);
  const Type other =
      GetParam().type == Type::write_exclusive ? Type::exclusive_access : Type::write_exclusive;
  EXPECT_TRUE(
      out(a_, Out::release, {.key = kA, .type = other}).failed(SenseKey::illegal_request, 0x2604));
  EXPECT_TRUE(out(a_, Out::release, {.key = kA, .type = GetParam().type}).good());
  EXPECT_EQ(held_type(), Type::none);
  EXPECT_EQ(told(b_), admits_registrants(GetParam().type) ? attention::kReservationsReleased : 0);
  EXPECT_EQ(told(a_), 0);
  EXPECT_TRUE(may_write(c_));
}

TEST_F(Releasing, ByOneWhoDoesNotHoldItDoesNothing) {
  enrol(a_, kA);
  enrol(b_, kB);
  EXPECT_TRUE(out(b_, Out::release, {.key = kB, .type = Type::write_exclusive}).good());
  reserve(a_, kA, Type::write_exclusive);
  EXPECT_TRUE(out(b_, Out::release, {.key = kB, .type = Type::write_exclusive}).good());
  EXPECT_EQ(held_type(), Type::write_exclusive);
}

TEST_F(Releasing, ClearRemovesAllAndTellsTheOthers) {
  enrol(a_, kA);
  enrol(b_, kB);
  reserve(a_, kA, Type::exclusive_access);
  EXPECT_TRUE(out(b_, Out::clear, {.key = kB}).good());
  EXPECT_TRUE(keys().empty() || told(a_) == attention::kReservationsPreempted);
  EXPECT_TRUE(keys().empty());
  EXPECT_EQ(held_type(), Type::none);
  EXPECT_EQ(told(b_), 0);
  EXPECT_EQ(told(c_), 0);
}

TEST_F(Preempting, TheHolderMovesTheReservationWithTheTypeAsked) {
  enrol(a_, kA);
  enrol(b_, kB);
  enrol(c_, kC);
  reserve(a_, kA, Type::write_exclusive);
  EXPECT_TRUE(out(b_, Out::preempt,
                  {.key = kB, .action_key = kA, .type = Type::exclusive_access_registrants_only})
                  .good());
  EXPECT_EQ(told(a_), attention::kRegistrationsPreempted);
  EXPECT_EQ(told(b_), 0);
  EXPECT_EQ(told(c_), attention::kReservationsReleased) << "the type has changed";
  EXPECT_EQ(keys(), (std::vector<uint64_t>{kB, kC}));
  EXPECT_EQ(held_type(), Type::exclusive_access_registrants_only);
  EXPECT_FALSE(may_write(a_));
}

TEST_F(Preempting, WithoutChangeOfTypeTheOthersAreNotTold) {
  enrol(a_, kA);
  enrol(b_, kB);
  enrol(c_, kC);
  reserve(a_, kA, Type::write_exclusive);
  EXPECT_TRUE(
      out(b_, Out::preempt, {.key = kB, .action_key = kA, .type = Type::write_exclusive}).good());
  EXPECT_EQ(told(c_), 0);
}

TEST_F(Preempting, OneWhoDoesNotHoldRemovesTheRegistrationOnly) {
  enrol(a_, kA);
  enrol(b_, kB);
  enrol(c_, kC);
  reserve(a_, kA, Type::write_exclusive_registrants_only);
  EXPECT_TRUE(out(b_, Out::preempt, {.key = kB, .action_key = kC}).good());
  EXPECT_EQ(keys(), (std::vector<uint64_t>{kA, kB}));
  EXPECT_EQ(held_type(), Type::write_exclusive_registrants_only);
  EXPECT_EQ(told(c_), attention::kRegistrationsPreempted);
  EXPECT_TRUE(conflicts(out(b_, Out::preempt, {.key = kB, .action_key = 0x99})));
}

TEST_F(Preempting, ZeroIsForAllRegistrantsAlone) {
  enrol(a_, kA);
  enrol(b_, kB);
  EXPECT_TRUE(out(b_, Out::preempt, {.key = kB, .type = Type::write_exclusive}).invalid_in_list(8));
  reserve(a_, kA, Type::write_exclusive_all_registrants);
  EXPECT_TRUE(out(b_, Out::preempt, {.key = kB, .type = Type::exclusive_access}).good());
  EXPECT_EQ(told(a_), attention::kRegistrationsPreempted);
  EXPECT_EQ(keys(), std::vector<uint64_t>{kB});
  EXPECT_EQ(held_type(), Type::exclusive_access);
}

TEST_F(Preempting, OneselfKeepsTheRegistration) {
  enrol(a_, kA);
  reserve(a_, kA, Type::write_exclusive);
  EXPECT_TRUE(
      out(a_, Out::preempt, {.key = kA, .action_key = kA, .type = Type::exclusive_access}).good());
  EXPECT_EQ(keys(), std::vector<uint64_t>{kA});
  EXPECT_EQ(held_type(), Type::exclusive_access);
}

TEST_F(Preempting, AndAbortEndsTheVictimsHeldWriteAndNoOthers) {
  enrol(a_, kA);
  enrol(b_, kB);
  storage::Closure closed;
  closed.extent = {0, 512};
  closed.excludes = storage::Closure::Excludes::all;
  closed.on_closed = [] {};
  target_.executor_.as(0, [&] { target_.gate_.close(closed); });
  target_.settle();
  Sent& victim = target_.begin(b_, CdbBuilder(0x8a).range(0, 1));
  target_.execute(victim, blocks_of(0xbb, 1));
  Sent& bystander = target_.begin(c_, CdbBuilder(0x8a).range(0, 1));
  target_.execute(bystander, blocks_of(0xcc, 1));
  target_.settle();
  ASSERT_FALSE(victim.done);
  EXPECT_TRUE(out(a_, Out::preempt_and_abort, {.key = kA, .action_key = kB}).good());
  EXPECT_TRUE(victim.done && victim.aborted);
  EXPECT_FALSE(bystander.done);
  target_.executor_.as(0, [&] { target_.gate_.open(closed); });
  target_.settle();
  EXPECT_TRUE(bystander.good());
  EXPECT_EQ(target_.send(CdbBuilder(0x88).range(0, 1)).data, blocks_of(0xcc, 1));
}

TEST_F(Preempting, AndAbortEndsWhatElseTheCallerHasUnderThatKey) {
  enrol(a_, kA);
  reserve(a_, kA, Type::write_exclusive);
  target_.volume_.hold();
  Sent& own = target_.begin(a_, CdbBuilder(0x8a).range(0, 1));
  target_.execute(own, blocks_of(0xaa, 1));
  ASSERT_FALSE(own.done);
  EXPECT_TRUE(
      out(a_, Out::preempt_and_abort, {.key = kA, .action_key = kA, .type = Type::write_exclusive})
          .good());
  EXPECT_TRUE(own.done && own.aborted);
  EXPECT_EQ(held_type(), Type::write_exclusive);
  EXPECT_EQ(told(a_), 0);
}

TEST_F(Preempting, AndAbortDoesNotAbortItself) {
  enrol(a_, kA);
  EXPECT_TRUE(out(a_, Out::preempt_and_abort, {.key = kA, .action_key = kA}).good());
  EXPECT_TRUE(keys().empty());
}

TEST_F(Preempting, EachOtherAtOnceLeavesOneWinner) {
  enrol(a_, kA);
  enrol(b_, kB);
  Data list_a(24), list_b(24);
  store_be64(&list_a[0], kA);
  store_be64(&list_a[8], kB);
  store_be64(&list_b[0], kB);
  store_be64(&list_b[8], kA);
  const Data cdb = CdbBuilder(0x5f, 5).set(FieldRole::parameter_list_length, 24);
  Sent& one = target_.begin(a_, cdb);
  Sent& two = target_.begin(b_, cdb);
  target_.execute(one, list_a);
  target_.execute(two, list_b);
  target_.settle();
  ASSERT_TRUE(one.done && two.done);
  EXPECT_NE(one.good(), two.good());
  EXPECT_EQ(target_.unit_->reservations().state(0).registrations.size(), 1u);
}

Data move_list(uint64_t key, uint64_t action_key, bool unregister, uint16_t port, const Data& id) {
  Data list(24);
  store_be64(&list[0], key);
  store_be64(&list[8], action_key);
  list[17] = unregister ? 0x02 : 0;
  store_be16(&list[18], port);
  store_be32(&list[20], static_cast<uint32_t>(id.size()));
  list.insert(list.end(), id.begin(), id.end());
  return list;
}

TEST_F(Moving, RegistersTheOtherAndHandsOver) {
  enrol(a_, kA);
  reserve(a_, kA, Type::exclusive_access);
  const Data id = encode_transport_id({"iqn.host", 1});
  EXPECT_TRUE(send_list(a_, Out::register_and_move, move_list(kA, kB, true, 1, id)).good());
  EXPECT_EQ(target_.unit_->reservations().state(0).registrations.size(), 1u);
  EXPECT_TRUE(may_read(b_));
  EXPECT_FALSE(may_read(a_));
}

TEST_F(Moving, NeedsTheHolderAPortAndAnotherPlace) {
  enrol(a_, kA);
  enrol(b_, kB);
  const Data id = encode_transport_id({"iqn.host", 1});
  EXPECT_TRUE(send_list(a_, Out::register_and_move, move_list(kA, kB, false, 1, id))
                  .failed(SenseKey::illegal_request, 0x2400));
  reserve(a_, kA, Type::write_exclusive);
  EXPECT_TRUE(conflicts(send_list(b_, Out::register_and_move, move_list(kB, kB, false, 1, id))));
  EXPECT_TRUE(
      send_list(a_, Out::register_and_move, move_list(kA, kB, false, 9, id)).invalid_in_list(18));
  EXPECT_TRUE(
      send_list(a_, Out::register_and_move, move_list(kA, 0, false, 1, id)).invalid_in_list(8));
  const Data self = encode_transport_id({"iqn.host", 0});
  EXPECT_TRUE(
      send_list(a_, Out::register_and_move, move_list(kA, kB, false, 1, self)).invalid_in_list(24));
}

TEST_F(Moving, TheSameInitiatorPortIsNoOther) {
  target_.unit_->add_port({"iqn.2026-11.dev.tidemark:second"});
  enrol(a_, kA);
  reserve(a_, kA, Type::write_exclusive);
  const Data self = encode_transport_id({"iqn.host", 0});
  EXPECT_TRUE(
      send_list(a_, Out::register_and_move, move_list(kA, kB, false, 2, self)).invalid_in_list(24))
      << "by whatever target port";
}

TEST_F(Reserving, FullStatusNamesEveryRegistrantAndTheHolder) {
  enrol(a_, kA);
  enrol(b_, kB);
  reserve(b_, kB, Type::write_exclusive_registrants_only);
  const Data status = in(c_, 0x03);
  EXPECT_EQ(load_be64(&status[8]), kA);
  EXPECT_EQ(status[8 + 12], 0);
  const auto first = parse_transport_id(ConstBytes(status).subspan(8 + 24));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->id, (TransportId{"iqn.host", 0}));
  const size_t next = 8 + 24 + first->length;
  EXPECT_EQ(load_be64(&status[next]), kB);
  EXPECT_EQ(status[next + 12], 0x01);
  EXPECT_EQ(status[next + 13], 0x05);
}

TEST_F(Reserving, CapabilitiesSayWhatIsThere) {
  const Data data = in(a_, 0x02);
  EXPECT_EQ(data, (Data{0, 8, 0x1c, 0x80, 0xea, 0x01, 0, 0}));
}

TEST_F(Reserving, SurvivesResetsAndNexusLoss) {
  enrol(a_, kA);
  reserve(a_, kA, Type::exclusive_access);
  target_.manage(b_, TaskManagementFunction::logical_unit_reset);
  for (ItNexus* nexus : {&a_, &b_, &c_}) told(*nexus);
  EXPECT_FALSE(may_read(b_));
  EXPECT_TRUE(may_read(a_));
}

}  // namespace
}  // namespace tidemark::scsi
