// Asymmetric access: what each state of a target port group lets through, for every command of the
// table, against the lists of SPC-4 5.16.2.4 and 5.16.2.5; and how states come to change.
#include <set>

#include "tests/scsi/copy_fixture.h"
#include "tests/scsi/device_fixture.h"
#include "tests/scsi/memory_unit_store.h"
#include "tests/scsi/no_images.h"

namespace tidemark::scsi {
namespace {

/// The lists of the standard, by opcode and, where it matters, service action. Of READ BUFFER and
/// WRITE BUFFER, only the echo buffer is there.
constexpr int kAny = -1;
using Commands = std::set<std::pair<int, int>>;
const Commands kInTransition = {{0x12, kAny}, {0xa0, kAny}, {0xa3, 0x0a},
                                {0x03, kAny}, {0x3b, kAny}, {0x3c, kAny}};
const Commands kUnavailableToo = {{0xa4, 0x0a}};
const Commands kStandbyToo = {{0x4c, kAny}, {0x4d, kAny}, {0x15, kAny}, {0x55, kAny}, {0x1a, kAny},
                              {0x5a, kAny}, {0x1c, kAny}, {0x1d, kAny}, {0x5e, kAny}, {0x5f, kAny}};

bool listed(const Commands& commands, const CommandRow& row) {
  return commands.contains({row.opcode, kAny}) ||
         (row.service_action && commands.contains({row.opcode, *row.service_action}));
}

bool is_served(AccessState state, const CommandRow& row) {
  if (is_active(state) || listed(kInTransition, row)) return true;
  if (state == AccessState::transitioning) return false;
  if (listed(kUnavailableToo, row)) return true;
  return state == AccessState::standby && listed(kStandbyToo, row);
}

Asc refusal(AccessState state) {
  if (state == AccessState::standby) return 0x040b;
  return state == AccessState::unavailable ? 0x040c : 0x040a;
}

constexpr AccessState kStates[] = {AccessState::optimized, AccessState::non_optimized,
                                   AccessState::standby, AccessState::unavailable,
                                   AccessState::transitioning};

class AccessByRow : public ::testing::TestWithParam<CommandRow> {};
INSTANTIATE_TEST_SUITE_P(Access, AccessByRow,
                         ::testing::ValuesIn(command_rows().begin(), command_rows().end()),
                         [](const auto& one) { return test_name(one.param); });

TEST_P(AccessByRow, IsAsTheStandardsListsSay) {
  ScriptedCopies copies;
  for (const AccessState state : kStates) {
    TestTarget target(UnitOptions{.copies = &copies});
    UnusedTokens tokens(target.executor_);
    copies.rod_tokens = &tokens.tokens;
    MemoryUnitStore store;
    target.unit_->keep_in(store, {});
    ItNexus& host = target.host();
    static_cast<Nexus&>(host).enter(*target.unit_, state);
    const Sent& sent = target.begin(host, CdbBuilder(GetParam()));
    const bool refused = sent.failed(SenseKey::not_ready, refusal(state));
    EXPECT_EQ(refused, !is_served(state, GetParam())) << "state " << static_cast<int>(state);
    target.manage(host, TaskManagementFunction::abort_task_set);
  }
}

/// A unit behind two portal groups, a host through each.
class TwoGroups : public ::testing::Test {
 protected:
  TwoGroups() { target_.unit_->add_port({target_.device_.name(), 7}); }

  Data report(ItNexus& host, bool extended = false) {
    const Data cdb = CdbBuilder(0xa3, 0x0a)
                         .set(FieldRole::parameter_data_format, extended ? 1 : 0)
                         .set(FieldRole::allocation_length, 255);
    return target_.send_to(host, cdb).data;
  }
  const Sent& set_states(ItNexus& host, const std::vector<std::pair<uint8_t, uint16_t>>& states) {
    Data list(4);
    for (const auto& [state, tag] : states) {
      list.resize(list.size() + 4);
      list[list.size() - 4] = state;
      store_be16(&list[list.size() - 2], tag);
    }
    return send_list(host, list);
  }
  const Sent& send_list(ItNexus& host, const Data& list) {
    const Data cdb = CdbBuilder(0xa4, 0x0a).set(FieldRole::parameter_list_length, list.size());
    return target_.send_to(host, cdb, list);
  }
  void manage(PortGroups::Change change) {
    target_.executor_.as(1, [&] {
      target_.unit_->port_groups().change(
          {.changes = {change}, .core = 1, .ended = [this](bool done) {
             ++(done ? managed_ : refused_);
           }});
    });
    target_.settle();
  }

  TestTarget target_{UnitOptions{.cores = 2}};
  ItNexus& one_ = target_.attach(0);
  ItNexus& seven_ = target_.attach(1, false, 7);
  int managed_ = 0;
  int refused_ = 0;
};

TEST_F(TwoGroups, AreReportedWithTheirPortsInBothFormats) {
  const Data data = report(one_);
  EXPECT_EQ(data, (Data{0,    0,    0, 24,                          //
                        0x00, 0x8f, 0, 1,  0, 0, 0, 1, 0, 0, 0, 1,  // group 1: port 1
                        0x00, 0x8f, 0, 7,  0, 0, 0, 1, 0, 0, 0, 2}));
  const Data extended = report(seven_, true);
  EXPECT_EQ(extended[4], 0x10);
  EXPECT_EQ(extended.size(), data.size() + 4);
  EXPECT_TRUE(std::equal(data.begin() + 4, data.end(), extended.begin() + 8));
}

TEST_F(TwoGroups, ChangeByCommandAndAllOthersAreTold) {
  EXPECT_TRUE(set_states(one_, {{2, 7}}).good());
  EXPECT_TRUE(target_.send_to(one_, {0x00}).good());
  EXPECT_TRUE(target_.send_to(seven_, {0x00}).attention(attention::kAccessStateChanged));
  EXPECT_TRUE(target_.send_to(seven_, {0x00}).failed(SenseKey::not_ready, 0x040b));
  EXPECT_TRUE(target_.send_to(one_, CdbBuilder(0x88).range(0, 1)).good());
  const Data data = report(seven_);
  EXPECT_EQ(data[16], 0x02);
  EXPECT_EQ(data[16 + 5], 1) << "by SET TARGET PORT GROUPS";
  EXPECT_TRUE(set_states(seven_, {{0, 7}, {1, 1}}).good()) << "also through the port in standby";
  EXPECT_TRUE(target_.send_to(one_, {0x00}).attention(attention::kAccessStateChanged));
  EXPECT_TRUE(target_.send_to(one_, {0x00}).good()) << "non-optimized serves all";
}

TEST_F(TwoGroups, ChangeByManagementAndAllAreTold) {
  manage({.tag = 7, .state = AccessState::unavailable, .preferred = true});
  EXPECT_EQ(managed_, 1);
  for (ItNexus* host : {&one_, &seven_})
    EXPECT_TRUE(target_.send_to(*host, {0x00}).attention(attention::kAccessStateChanged));
  EXPECT_TRUE(target_.send_to(seven_, {0x00}).failed(SenseKey::not_ready, 0x040c));
  EXPECT_EQ(target_.send_to(seven_, {0x12, 0, 0, 0, 96, 0}).data[0], 0x20);
  EXPECT_EQ(target_.send_to(one_, {0x12, 0, 0, 0, 96, 0}).data[0], 0x00);
  const Data data = report(one_);
  EXPECT_EQ(data[16], 0x83);
  EXPECT_EQ(data[16 + 5], 2) << "implicitly";
}

TEST_F(TwoGroups, WhatIsNoChangeIsNotTold) {
  EXPECT_TRUE(set_states(one_, {{0, 7}}).good());
  manage({.tag = 7, .preferred = true});
  EXPECT_TRUE(target_.send_to(seven_, {0x00}).good());
}

TEST_F(TwoGroups, ANexusThatComesLaterMeetsTheState) {
  manage({.tag = 7, .state = AccessState::standby});
  EXPECT_TRUE(
      target_.send_to(target_.attach(0, false, 7), {0x00}).failed(SenseKey::not_ready, 0x040b));
}

TEST_F(TwoGroups, AreKeptBeforeAnybodyIsTold) {
  MemoryUnitStore store;
  target_.unit_->keep_in(store, {});
  store.holds = true;
  manage({.tag = 7, .state = AccessState::standby, .preferred = true});
  EXPECT_EQ(managed_, 0);
  EXPECT_TRUE(target_.send_to(seven_, {0x00}).good());
  store.let_go();
  target_.settle();
  EXPECT_EQ(managed_, 1);
  EXPECT_TRUE(target_.send_to(seven_, {0x00}).attention(attention::kAccessStateChanged));
  const auto& kept = store.records.begin()->second.port_groups;
  EXPECT_EQ(kept, (std::map<uint16_t, KeptPortGroup>{{7, {AccessState::standby, true}}}));
}

TEST_F(TwoGroups, WhatCannotBeKeptIsNotChanged) {
  MemoryUnitStore store;
  target_.unit_->keep_in(store, {});
  store.fails = true;
  EXPECT_TRUE(set_states(one_, {{2, 7}}).failed(SenseKey::hardware_error, 0x670a));
  manage({.tag = 7, .state = AccessState::standby});
  EXPECT_EQ(refused_, 1);
  EXPECT_TRUE(target_.send_to(seven_, {0x00}).good());
  EXPECT_EQ(report(one_)[16], 0x00);
  store.fails = false;
  EXPECT_TRUE(set_states(one_, {{2, 7}}).good());
}

TEST_F(TwoGroups, BeginAsTheyWereKept) {
  MemoryUnitStore store;
  target_.unit_->keep_in(store, {.port_groups = {{7, {AccessState::standby, true}}}});
  ItNexus& later = target_.attach(1, false, 7);
  EXPECT_TRUE(target_.send_to(later, {0x00}).failed(SenseKey::not_ready, 0x040b));
  const Data data = report(one_);
  EXPECT_EQ(data[16], 0x82);
  EXPECT_EQ(data[16 + 5], 0) << "by nobody who is known";
}

TEST_F(TwoGroups, ThatAreTakenAwayLeaveTheirNumber) {
  const std::string& name = target_.device_.name();
  target_.unit_->set_ports({{name, 1}});
  EXPECT_EQ(report(one_)[3], 12);
  EXPECT_TRUE(set_states(one_, {{2, 7}}).invalid_in_list(6));
  target_.unit_->set_ports({{name, 1}, {name, 9}});
  EXPECT_EQ(target_.unit_->port_number({name, 9}), 3);
  EXPECT_EQ(target_.unit_->port(2), std::nullopt);
  target_.unit_->set_ports({{name, 7}, {name, 9}});
  EXPECT_EQ(target_.unit_->port_number({name, 7}), 2);
  EXPECT_EQ(target_.unit_->port_number({name, 1}), 1) << "its sessions may not have left yet";
  EXPECT_EQ(target_.unit_->port_number({name, 8}), 0) << "never was there";
}

TEST_F(TwoGroups, WrongListsChangeNothing) {
  EXPECT_TRUE(send_list(one_, {}).good());
  EXPECT_TRUE(send_list(one_, Data(3)).invalid_field(6));
  EXPECT_TRUE(send_list(one_, Data(10)).invalid_field(6));
  EXPECT_TRUE(set_states(one_, {{2, 7}, {2, 3}}).invalid_in_list(10)) << "there is no group 3";
  for (const uint8_t state : {uint8_t{0x4}, uint8_t{0x5}, uint8_t{0xe}, uint8_t{0xf}})
    EXPECT_TRUE(set_states(one_, {{2, 7}, {state, 1}}).invalid_in_list(8));
  EXPECT_EQ(report(one_)[16], 0x00);
}

TEST_F(TwoGroups, DesignatorsNameThePortOneCameThrough) {
  const Data page = target_.send_to(seven_, {0x12, 0x01, 0x83, 0, 255, 0}).data;
  std::map<int, Data> ports;  // designators of the port, by type
  for (size_t at = 4; at + 4 <= page.size(); at += 4u + page[at + 3]) {
    const auto from = page.begin() + static_cast<ptrdiff_t>(at) + 4;
    if ((page[at + 1] & 0x30) == 0x10) ports[page[at + 1] & 0x0f] = Data(from, from + page[at + 3]);
  }
  EXPECT_EQ(ports[4], (Data{0, 0, 0, 2})) << "relative target port";
  EXPECT_EQ(ports[5], (Data{0, 0, 0, 7})) << "target port group";
  const std::string name(ports[8].begin(), ports[8].end());
  EXPECT_EQ(name.substr(0, name.find('\0')), target_.device_.name() + ",t,0x0007");
}

TEST_F(TwoGroups, AreAnnouncedAsExplicitAndImplicit) {
  EXPECT_EQ(target_.send_to(one_, {0x12, 0, 0, 0, 96, 0}).data[5] & 0x30, 0x30);
}

}  // namespace
}  // namespace tidemark::scsi
