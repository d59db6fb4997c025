// Every command of the table under every reservation, against the tables of the standards: SPC-4
// table 65, SBC-4 table 13, and SPC-4 table 66 for PERSISTENT RESERVE OUT. The expectations are
// those tables, written down anew: they do not come from the rows they are held against.
#include "scsi/copy_records.h"
#include "tests/scsi/copy_fixture.h"
#include "tests/scsi/memory_unit_store.h"
#include "tests/scsi/no_images.h"
#include "tests/scsi/reservation_fixture.h"

namespace tidemark::scsi {
namespace {

/// A: allowed, C: conflict. The columns of the tables: write exclusive and exclusive access held by
/// another; registered, with registrants only or all registrants; not registered with those, write
/// exclusive and exclusive access.
constexpr const char* kAllowed = "AAAAA";
constexpr const char* kReads = "ACAAC";
constexpr const char* kWrites = "CCACC";

struct Expectation {
  uint8_t opcode;
  int service_action;  // -1: all of them
  const char* columns;
  FieldRole field = FieldRole::none;  // which is set to `value`
  uint64_t value = 0;
};

constexpr Expectation kStandard[] = {
    // SPC-4 table 65
    {0x00, -1, kAllowed},  // TEST UNIT READY
    {0x03, -1, kAllowed},  // REQUEST SENSE
    {0x12, -1, kAllowed},  // INQUIRY
    {0x15, -1, kWrites},   // MODE SELECT
    {0x1a, -1, kReads},    // MODE SENSE
    {0x1c, -1, kReads},    // RECEIVE DIAGNOSTIC RESULTS
    {0x1d, -1, kWrites},   // SEND DIAGNOSTIC
    {0x3b, -1, kWrites},   // WRITE BUFFER
    {0x3c, -1, kReads},    // READ BUFFER
    {0x4c, -1, kWrites},   // LOG SELECT
    {0x4d, -1, kAllowed},  // LOG SENSE
    {0x55, -1, kWrites},   // MODE SELECT
    {0x5a, -1, kReads},    // MODE SENSE
    {0x5e, -1, kAllowed},  // PERSISTENT RESERVE IN
    {0x83, 0x10, kReads},  // POPULATE TOKEN (SBC-4)
    {0x83, -1, kWrites},   // EXTENDED COPY, COPY OPERATION ABORT, WRITE USING TOKEN
    {0x84, -1, kAllowed},  // RECEIVE COPY ..., RECEIVE ROD TOKEN INFORMATION, REPORT ALL ROD TOKENS
    {0xa0, -1, kAllowed},  // REPORT LUNS
    {0xa3, 0x05, kAllowed},  // REPORT IDENTIFYING INFORMATION
    {0xa3, 0x0a, kAllowed},  // REPORT TARGET PORT GROUPS
    {0xa3, 0x0c, kReads},    // REPORT SUPPORTED OPERATION CODES
    {0xa3, 0x0d, kReads},    // REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS
    {0xa3, 0x0f, kAllowed},  // REPORT TIMESTAMP
    {0xa4, -1, kWrites},     // SET IDENTIFYING INFORMATION, TARGET PORT GROUPS, TIMESTAMP
    // SBC-4 table 13
    {0x04, -1, kWrites},  // FORMAT UNIT
    {0x08, -1, kReads},   // READ
    {0x0a, -1, kWrites},  // WRITE
    {0x1b, -1, kAllowed, FieldRole::start, 1},
    {0x1b, -1, kWrites, FieldRole::start, 0},
    {0x1b, -1, kWrites, FieldRole::power_condition, 1},
    {0x1e, -1, kAllowed, FieldRole::prevent, 0},
    {0x1e, -1, kWrites, FieldRole::prevent, 1},
    {0x25, -1, kAllowed},  // READ CAPACITY
    {0x28, -1, kReads},
    {0x2a, -1, kWrites},
    {0x2e, -1, kWrites},
    {0x2f, -1, kReads},    // VERIFY
    {0x34, -1, kReads},    // PRE-FETCH
    {0x35, -1, kWrites},   // SYNCHRONIZE CACHE
    {0x37, -1, kReads},    // READ DEFECT DATA
    {0x41, -1, kWrites},   // WRITE SAME
    {0x42, -1, kWrites},   // UNMAP
    {0x48, -1, kWrites},   // SANITIZE
    {0x7f, 0x09, kReads},  // READ(32)
    {0x7f, 0x0a, kReads},  // VERIFY(32)
    {0x7f, 0x12, kReads},  // GET LBA STATUS(32)
    {0x7f, -1, kWrites},
    {0x88, -1, kReads},
    {0x89, -1, kWrites},  // COMPARE AND WRITE
    {0x8a, -1, kWrites},
    {0x8b, -1, kWrites},  // ORWRITE
    {0x8e, -1, kWrites},
    {0x8f, -1, kReads},
    {0x90, -1, kReads},
    {0x91, -1, kWrites},
    {0x93, -1, kWrites},
    {0x9c, -1, kWrites},     // WRITE ATOMIC
    {0x9e, 0x10, kAllowed},  // READ CAPACITY
    {0x9e, 0x12, kReads},    // GET LBA STATUS
    {0xa8, -1, kReads},
    {0xaa, -1, kWrites},
    {0xab, 0x01, kAllowed},  // READ MEDIA SERIAL NUMBER (SPC-4)
    {0xae, -1, kWrites},
    {0xaf, -1, kReads},
    {0xb7, -1, kReads},
    // Ours: what begins or ends a copy is like EXTENDED COPY, what looks at one like a read.
    {0xc8, -1, kWrites},
    {0xc9, -1, kReads},
};

/// What the standards say of a row: all lines of its opcode that name its service action, or else
/// those that name none.
std::vector<Expectation> expectations_of(const CommandRow& row) {
  std::vector<Expectation> named, general;
  for (const Expectation& one : kStandard) {
    if (one.opcode != row.opcode) continue;
    if (one.service_action < 0) general.push_back(one);
    if (row.service_action && one.service_action == *row.service_action) named.push_back(one);
  }
  return named.empty() ? general : named;
}

bool decided_by_rules(const CommandRow& row) {
  return row.reservation == ReservationClass::by_rules;
}

bool is_write_exclusive(Type type) {
  return type == Type::write_exclusive || type == Type::write_exclusive_registrants_only ||
         type == Type::write_exclusive_all_registrants;
}

/// Index into the columns, for one who does not hold the reservation.
size_t column(Type type, bool registered) {
  if (!admits_registrants(type)) return is_write_exclusive(type) ? 0 : 1;
  if (registered) return 2;
  return is_write_exclusive(type) ? 3 : 4;
}

constexpr Type kTypes[] = {Type::write_exclusive,
                           Type::exclusive_access,
                           Type::write_exclusive_registrants_only,
                           Type::exclusive_access_registrants_only,
                           Type::write_exclusive_all_registrants,
                           Type::exclusive_access_all_registrants};

/// One unit with all features, reserved by one host and used by another.
class Reserved {
 public:
  Reserved(Type type, bool registered) {
    NexusName holder = static_cast<Nexus&>(holder_).name();
    ReservationState state;
    state.type = type;
    state.registrations = {{holder, 0xa1, !is_for_all_registrants(type)}};
    if (registered)
      state.registrations.push_back({static_cast<Nexus&>(other_).name(), 0xb2, false});
    target_.unit_->keep_in(unit_store_, {});
    copies_.rod_tokens = &tokens_.tokens;
    target_.unit_->reservations().keep_in(store_, state);
    for (ItNexus* nexus : {&holder_, &other_})
      static_cast<Nexus*>(nexus)->restrict(
          *target_.unit_, restriction_of(state, static_cast<Nexus*>(nexus)->name()));
  }

  /// Whether the command conflicts, sent by the holder or by the other.
  bool conflicts(bool by_holder, const Data& cdb) {
    const Sent& sent = target_.begin(by_holder ? holder_ : other_, cdb);
    if (!sent.begun) return sent.status == Status::reservation_conflict;
    target_.manage(by_holder ? holder_ : other_, TaskManagementFunction::abort_task_set);
    return false;
  }

 private:
  ScriptedCopies copies_;
  ForgetfulStore store_;
  MemoryUnitStore unit_store_;
  TestTarget target_{UnitOptions{.copies = &copies_}};
  UnusedTokens tokens_{target_.executor_};
  ItNexus& holder_ = target_.attach();
  ItNexus& other_ = target_.attach();
};

class ConflictByRow : public ::testing::TestWithParam<CommandRow> {};
INSTANTIATE_TEST_SUITE_P(Reserving, ConflictByRow,
                         ::testing::ValuesIn(command_rows().begin(), command_rows().end()),
                         [](const auto& one) { return test_name(one.param); });

TEST_P(ConflictByRow, IsAsTheStandardsTablesSay) {
  const CommandRow& row = GetParam();
  if (decided_by_rules(row)) return;
  const auto expectations = expectations_of(row);
  ASSERT_FALSE(expectations.empty()) << "what does the standard say of " << row.name << "?";
  for (const Type type : kTypes) {
    for (const bool registered : {false, true}) {
      Reserved reserved(type, registered);
      for (const Expectation& one : expectations) {
        CdbBuilder cdb(row);
        if (one.field != FieldRole::none) cdb.set(one.field, one.value);
        EXPECT_EQ(reserved.conflicts(false, cdb), one.columns[column(type, registered)] == 'C')
            << "type " << static_cast<int>(type) << (registered ? ", registered" : "");
        EXPECT_FALSE(reserved.conflicts(true, cdb)) << "the holder";
      }
    }
  }
}

TEST(PreemptAndAbort, EndsTheCopiesThatTheVictimBeganAndNoOthers) {
  ScriptedCopies copies;
  ForgetfulStore store;
  TestTarget target(UnitOptions{.copies = &copies});
  ItNexus& caller = target.attach();
  ItNexus& victim = target.attach();
  for (ItNexus* nexus : {&caller, &victim}) nexus->copy_records = std::make_shared<CopyRecords>();
  for (const uint64_t copy : {5, 6})
    victim.copy_records->remember_snapshot(target.unit_.get(), copy);
  caller.copy_records->remember_snapshot(target.unit_.get(), 7);
  ReservationState state;
  state.registrations = {{static_cast<Nexus&>(caller).name(), 1, false},
                         {static_cast<Nexus&>(victim).name(), 2, false}};
  target.unit_->reservations().keep_in(store, state);
  Data list(24);
  store_be64(&list[0], 1);
  store_be64(&list[8], 2);
  const Data cdb = CdbBuilder(0x5f, 0x05).set(FieldRole::parameter_list_length, list.size());
  EXPECT_TRUE(target.send_to(caller, cdb, list).good());
  EXPECT_EQ(copies.cancelled, (std::vector<uint64_t>{5, 6}));
}

/// SPC-4 table 66: which service actions pass while another holds a reservation.
struct OutRow {
  Out action;
  bool registered_allowed;
  bool unregistered_allowed;
};
class OutConflicts : public ReservationTest, public ::testing::WithParamInterface<OutRow> {};
INSTANTIATE_TEST_SUITE_P(
    Reserving, OutConflicts,
    ::testing::Values(OutRow{Out::clear, true, false}, OutRow{Out::preempt, true, false},
                      OutRow{Out::preempt_and_abort, true, false},
                      OutRow{Out::register_key, true, true},
                      OutRow{Out::register_and_ignore, true, true},
                      OutRow{Out::register_and_move, false, false},
                      OutRow{Out::release, true, false}, OutRow{Out::reserve, false, false}),
    [](const auto& one) { return "Action" + std::to_string(static_cast<int>(one.param.action)); });

TEST_P(OutConflicts, AreThoseOfTheStandardsTable) {
  for (const Type type : kTypes) {
    for (const bool registered : {true, false}) {
      enrol(a_, kA);
      reserve(a_, kA, type);
      if (registered) enrol(b_, kB);
      const bool moves = GetParam().action == Out::register_and_move;
      const bool registers =
          GetParam().action == Out::register_key || GetParam().action == Out::register_and_ignore;
      Data id;
      if (moves) id = encode_transport_id({"iqn.host", 2});
      Data list(24);
      store_be64(&list[0], registered ? kB : 0);
      store_be64(&list[8], registers || moves ? kC : kA);
      if (moves) store_be16(&list[18], 1);
      if (moves) store_be32(&list[20], static_cast<uint32_t>(id.size()));
      list.insert(list.end(), id.begin(), id.end());
      const Sent& sent = send_list(b_, GetParam().action, list, {.type = type});
      // For all registrants a registrant is a holder: RESERVE of what there is, is good.
      const bool holds = registered && is_for_all_registrants(type);
      const bool allowed =
          registered ? GetParam().registered_allowed || (holds && GetParam().action == Out::reserve)
                     : GetParam().unregistered_allowed;
      EXPECT_EQ(conflicts(sent), !allowed)
          << "type " << static_cast<int>(type) << (registered ? ", registered" : "");
      for (ItNexus* nexus : {&a_, &b_, &c_}) told(*nexus);
      enrol(c_, kC);
      EXPECT_TRUE(out(c_, Out::clear, {.key = kC}).good());
      for (ItNexus* nexus : {&a_, &b_, &c_}) told(*nexus);
    }
  }
}

}  // namespace
}  // namespace tidemark::scsi
