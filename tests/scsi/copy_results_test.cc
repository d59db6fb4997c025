// RECEIVE COPY STATUS, OPERATING PARAMETERS and FAILURE DETAILS, the Third-party Copy VPD page, and
// how long an outcome is kept (SPC-4 clauses 6.22, 6.23, 6.25, 7.8.17).
#include "scsi/copy_results.h"

#include <gtest/gtest.h>

#include "scsi/command_table.h"
#include "scsi/copy_manager.h"
#include "scsi/xcopy_list.h"
#include "tests/scsi/copy_fixture.h"
#include "tests/scsi/xcopy_bytes.h"

namespace tidemark::scsi {
namespace {

class CopyResults : public CopyFixture {
 protected:
  Sent& copy(uint8_t list_id, ItNexus* nexus = nullptr, uint16_t lun = 0) {
    XcopyBytes bytes;
    bytes.list_id = list_id;
    bytes.add_naa(naa("source"));
    bytes.add_naa(naa("copy"));
    bytes.add_blocks(0, 1, 0, 0, 8);
    bytes.add_blocks(0, 1, 8, 8, 8);
    return extended_copy(nexus ? *nexus : host_, bytes.build(), lun);
  }
  Sent& failing_copy(uint8_t list_id) {
    copies_.at_once = false;
    Sent& sent = copy(list_id);
    const size_t number = copies_.ranges.size() - 1;
    copies_.accept(number);
    CopyReport report = ScriptedCopies::in_state(CopyState::failed);
    report.error = storage::Errc::medium_read;
    report.failed_range = 1;
    report.bytes_copied = 4096;
    copies_.end(number, report);
    return sent;
  }
  std::vector<uint8_t> page_of_unit() const { return encode_third_party_copy_page(*units_->at(0)); }
  static constexpr uint8_t kStatus = 0x00;
  static constexpr uint8_t kParameters = 0x03;
  static constexpr uint8_t kDetails = 0x04;

  bool unknown(uint8_t service_action, uint8_t list_id) {
    return receive_copy(host_, service_action, list_id)
        .failed(SenseKey::illegal_request, 0x2400, 2);
  }
  ItNexus& host_ = attach();
};

TEST_F(CopyResults, StatusOfACompletedCopy) {
  ASSERT_TRUE(copy(5).good());
  const Sent& sent = receive_copy(host_, kStatus, 5);
  ASSERT_EQ(sent.data.size(), 12u);
  EXPECT_EQ(load_be32(&sent.data[0]), 8u);
  EXPECT_EQ(sent.data[4], 1);
  EXPECT_EQ(load_be16(&sent.data[5]), 2);
  EXPECT_EQ(sent.data[7], 0);
  EXPECT_EQ(load_be32(&sent.data[8]), 8192u);
}

TEST_F(CopyResults, AreDiscardedByAResetOfTheUnit) {
  ASSERT_TRUE(copy(5).good());
  device_.manage(attach("iqn.2026-11.test:other"), TaskManagementFunction::logical_unit_reset, 0, 0,
                 [](TaskManagementResponse) {});
  EXPECT_EQ(host_.copy_records->kept(), 0u);
}

TEST_F(CopyResults, StatusOfARunningCopyTellsItsProgress) {
  copies_.at_once = false;
  copy(5);
  const Sent& before = receive_copy(host_, kStatus, 5);
  EXPECT_EQ(before.data[4], 0);
  copies_.accept(0);
  copies_.reports[ScriptedCopies::id_of(0)].bytes_copied = 1234;
  for (int i = 0; i < 2; ++i) {  // asking does not end it
    const Sent& sent = receive_copy(host_, kStatus, 5);
    ASSERT_TRUE(sent.good());
    EXPECT_EQ(sent.data[4], 0);
    EXPECT_EQ(load_be32(&sent.data[8]), 1234u);
  }
  copies_.end(0, ScriptedCopies::in_state(CopyState::completed));
}

TEST_F(CopyResults, StatusOfAFailedCopy) {
  failing_copy(5);
  const Sent& sent = receive_copy(host_, kStatus, 5);
  EXPECT_EQ(sent.data.at(4), 2);
  EXPECT_EQ(load_be16(&sent.data[5]), 2);
  EXPECT_EQ(load_be32(&sent.data[8]), 4096u);
}

TEST_F(CopyResults, StatusCountsInTheUnitThatFits) {
  CopyRecord record;
  EXPECT_EQ(encode_copy_status(record, UINT32_MAX)[7], 0);
  const auto kib = encode_copy_status(record, uint64_t{1} << 32);
  EXPECT_EQ(kib[7], 1);
  EXPECT_EQ(load_be32(&kib[8]), 1u << 22);
  const auto most = encode_copy_status(record, UINT64_MAX);
  EXPECT_EQ(most[7], 4);
  EXPECT_EQ(load_be32(&most[8]), (1u << 24) - 1);
}

TEST_F(CopyResults, UnknownIdentifierIsAnInvalidField) {
  copy(5);
  EXPECT_TRUE(unknown(kStatus, 6));
  EXPECT_TRUE(unknown(kDetails, 6));
}

TEST_F(CopyResults, StatusIsToldOnce) {
  copy(5);
  EXPECT_TRUE(receive_copy(host_, kStatus, 5).good());
  EXPECT_TRUE(unknown(kStatus, 5));
  EXPECT_EQ(host_.copy_records->kept(), 0u);
}

TEST_F(CopyResults, StatusThatDidNotFitIsKept) {
  copy(5);
  const Sent& cut = receive_copy(host_, kStatus, 5, 11);
  EXPECT_EQ(cut.data.size(), 11u);
  EXPECT_EQ(load_be32(&cut.data[0]), 8u);  // not altered by the allocation length
  EXPECT_TRUE(receive_copy(host_, kStatus, 5, 0).good());
  EXPECT_TRUE(receive_copy(host_, kStatus, 5).good());
}

TEST_F(CopyResults, DetailsHoldTheStatusAndTheSenseData) {
  const Sent& failed = failing_copy(5);
  const Sent& sent = receive_copy(host_, kDetails, 5);
  std::array<uint8_t, kSenseMax> sense{};
  const size_t length = failed.task.sense.encode(false, sense);
  ASSERT_EQ(sent.data.size(), 60 + length);
  EXPECT_EQ(load_be32(&sent.data[0]), 56 + length);
  EXPECT_EQ(sent.data[56], 0x02);
  EXPECT_EQ(load_be16(&sent.data[58]), length);
  EXPECT_TRUE(std::equal(sense.begin(), sense.begin() + length, sent.data.begin() + 60));
  EXPECT_EQ(sent.data[60 + 2], 0x0a);                 // COPY ABORTED
  EXPECT_EQ(load_be16(&sent.data[60 + 10]), 1);       // segment
  EXPECT_EQ(load_be16(&sent.data[60 + 12]), 0x0d01);  // THIRD PARTY DEVICE FAILURE
}

TEST_F(CopyResults, DetailsAreToldOnce) {
  failing_copy(5);
  EXPECT_EQ(receive_copy(host_, kDetails, 5, 59).data.size(), 59u);
  EXPECT_GT(receive_copy(host_, kDetails, 5).data.size(), 60u);
  EXPECT_EQ(receive_copy(host_, kDetails, 5).data, std::vector<uint8_t>(4));
  EXPECT_TRUE(receive_copy(host_, kStatus, 5).good());
  EXPECT_TRUE(unknown(kDetails, 5));
}

TEST_F(CopyResults, DetailsAreDroppedByAllocationLengthZero) {
  failing_copy(5);
  receive_copy(host_, kDetails, 5, 0);
  EXPECT_EQ(receive_copy(host_, kDetails, 5).data, std::vector<uint8_t>(4));
}

TEST_F(CopyResults, DetailsOfACopyThatWentWellAreEmpty) {
  copy(5);
  EXPECT_EQ(receive_copy(host_, kDetails, 5).data, std::vector<uint8_t>(4));
}

TEST_F(CopyResults, DetailsOfARunningCopyAreRefused) {
  copies_.at_once = false;
  copy(5);
  EXPECT_TRUE(unknown(kDetails, 5));
  copies_.end(0, ScriptedCopies::in_state(CopyState::completed));
}

TEST_F(CopyResults, ASegmentRefusedBeforeTheCopyBeganHasDetailsToo) {
  XcopyBytes bytes;
  bytes.list_id = 5;
  bytes.add_naa(naa("nobody"));
  bytes.add_blocks(0, 0, 0, 8, 8);
  EXPECT_TRUE(extended_copy(host_, bytes.build()).failed(SenseKey::copy_aborted, 0x0d02, 16));
  const Sent& sent = receive_copy(host_, kDetails, 5);
  ASSERT_GT(sent.data.size(), 60u);
  EXPECT_EQ(load_be16(&sent.data[60 + 12]), 0x0d02);
}

TEST_F(CopyResults, AnAbortedCopyHasEnded) {
  copies_.at_once = false;
  const Sent& sent = copy(5);
  copies_.accept(0);
  abort(host_, sent);
  copies_.end(0, ScriptedCopies::in_state(CopyState::cancelled));
  EXPECT_EQ(receive_copy(host_, kStatus, 5).data.at(4), 2);
  const Sent& details = receive_copy(host_, kDetails, 5);
  EXPECT_EQ(details.data.size(), 60u);
  EXPECT_EQ(details.data.at(56), 0x40);  // TASK ABORTED
}

TEST_F(CopyResults, OutcomesAreKeptForAMinute) {
  copy(5);
  pass(std::chrono::seconds(59));
  copy(6);
  pass(std::chrono::seconds(2));
  EXPECT_TRUE(unknown(kStatus, 5));
  EXPECT_TRUE(receive_copy(host_, kStatus, 6).good());
}

TEST_F(CopyResults, AnIdentifierUsedAgainForgetsItsOutcome) {
  failing_copy(5);
  copies_.at_once = true;
  copy(5);
  EXPECT_EQ(receive_copy(host_, kStatus, 5).data.at(4), 1);
  EXPECT_TRUE(unknown(kDetails, 5));
}

TEST_F(CopyResults, OutcomesBelongToTheirNexus) {
  copy(5);
  ItNexus& other = attach("iqn.2026-11.test:other");
  EXPECT_TRUE(receive_copy(other, kStatus, 5).failed(SenseKey::illegal_request, 0x2400, 2));
  EXPECT_TRUE(receive_copy(host_, kStatus, 5).good());
}

TEST_F(CopyResults, IdentifiersBelongToTheirUnit) {
  copy(5, nullptr, 0);
  EXPECT_TRUE(
      receive_copy(host_, kStatus, 5, 1024, 1).failed(SenseKey::illegal_request, 0x2400, 2));
  EXPECT_TRUE(receive_copy(host_, kStatus, 5, 1024, 0).good());
}

TEST_F(CopyResults, OnlyTheNewestOutcomesAreKept) {
  for (int id = 0; id < 100; ++id) {
    copy(static_cast<uint8_t>(id));
    pass(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(host_.copy_records->kept(), CopyRecords::kEndedMax);
  EXPECT_TRUE(unknown(kStatus, 35));
  EXPECT_TRUE(receive_copy(host_, kStatus, 36).good());
  EXPECT_TRUE(receive_copy(host_, kStatus, 99).good());
}

TEST_F(CopyResults, OperatingParametersAreTheLimitsEnforced) {
  const Sent& sent = receive_copy(host_, kParameters, 0);
  const auto& data = sent.data;
  ASSERT_EQ(data.size(), 49u);
  EXPECT_EQ(load_be32(&data[0]), 45u);
  EXPECT_EQ(data[4], 1);
  EXPECT_EQ(load_be16(&data[8]), 64);
  EXPECT_EQ(load_be16(&data[10]), 256);
  EXPECT_EQ(load_be32(&data[12]), kMaxDescriptorBytes);
  EXPECT_EQ(load_be32(&data[16]), 256 * kMiB);
  EXPECT_EQ(load_be32(&data[20]), 0u);  // inline data
  EXPECT_EQ(load_be32(&data[24]), 0u);  // held data
  EXPECT_EQ(load_be32(&data[28]), 0u);  // streams
  EXPECT_GE(load_be16(&data[34]), data[36]);
  EXPECT_EQ(data[36], CopyRecords::kRunningMax);
  EXPECT_EQ(data[37], 9);
  EXPECT_EQ(data[43], 5);
  EXPECT_EQ((std::vector<uint8_t>{data.begin() + 44, data.end()}),
            (std::vector<uint8_t>{0x02, 0x07, 0x0a, 0x16, 0xe4}));
}

TEST_F(CopyResults, OperatingParametersAreCutAtTheAllocationLength) {
  const Sent& sent = receive_copy(host_, kParameters, 0, 20);
  ASSERT_EQ(sent.data.size(), 20u);
  EXPECT_EQ(load_be32(&sent.data[0]), 45u);
}

/// The parameters of one third-party copy descriptor of the page, empty if it is not there.
std::vector<uint8_t> descriptor(const std::vector<uint8_t>& page, uint16_t type) {
  int previous = -1;
  std::vector<uint8_t> found;
  for (size_t at = 4; at < page.size();) {
    const uint16_t here = load_be16(&page[at]);
    const size_t length = load_be16(&page[at + 2]);
    EXPECT_GT(here, previous) << "ascending";
    EXPECT_EQ(length % 4, 0u);
    EXPECT_LE(at + 4 + length, page.size());
    if (here == type) found.assign(page.begin() + at + 4, page.begin() + at + 4 + length);
    previous = here;
    at += 4 + length;
  }
  return found;
}

TEST_F(CopyResults, VpdPageListsTheCommands) {
  const auto commands = descriptor(page_of_unit(), 0x0001);
  ASSERT_EQ(commands.size() % 4, 0u);
  // As REPORT SUPPORTED OPERATION CODES has them: both are made of the command table.
  for (const CommandRow& row : command_rows()) {
    if (row.opcode != 0x83 && row.opcode != 0x84) continue;
    if (row.feature == Feature::rod_tokens) continue;  // this unit has none
    size_t at = 1;
    while (commands.at(at) != row.opcode) at += 2u + commands.at(at + 1);
    const auto first = commands.begin() + static_cast<ptrdiff_t>(at) + 2;
    EXPECT_EQ(std::count(first, first + commands[at + 1], *row.service_action), 1) << row.name;
  }
  EXPECT_EQ(commands[1], 0x83);
}

TEST_F(CopyResults, VpdPageAgreesWithTheOperatingParameters) {
  const auto page = page_of_unit();
  const auto parameters = encode_operating_parameters();
  const auto limits = descriptor(page, 0x0004);
  ASSERT_EQ(limits.size(), 0x1cu);
  EXPECT_TRUE(std::equal(limits.begin() + 4, limits.begin() + 12, parameters.begin() + 8));
  EXPECT_EQ(load_be32(&limits[12]), load_be32(&parameters[20]));
  const auto types = descriptor(page, 0x0008);
  ASSERT_EQ(types.size(), 8u);
  EXPECT_TRUE(std::equal(parameters.begin() + 43, parameters.end(), types.begin()));
  const auto general = descriptor(page, 0x8001);
  ASSERT_EQ(general.size(), 0x20u);
  EXPECT_EQ(load_be32(&general[0]), load_be16(&parameters[34]));
  EXPECT_EQ(load_be32(&general[4]), parameters[36]);
  EXPECT_EQ(load_be32(&general[8]), load_be32(&parameters[16]));
  EXPECT_EQ(general[12], parameters[37]);
}

TEST_F(CopyResults, NothingIsHeldNorTakenInlineAndAllThatTellsOfItSaysSo) {
  const auto parameters = encode_operating_parameters();
  for (const size_t at : {20u, 24u}) EXPECT_EQ(load_be32(&parameters[at]), 0u);
  for (const size_t at : {38u, 39u}) EXPECT_EQ(parameters[at], 0);
  const auto page = page_of_unit();
  EXPECT_EQ(load_be32(&descriptor(page, 0x0004)[12]), 0u);
  EXPECT_EQ(descriptor(page, 0x8001)[13], 0);
  EXPECT_TRUE(descriptor(page, 0xc001).empty());
  EXPECT_TRUE(descriptor(page, 0x9101).empty());
  // Segments with inline or embedded data, and those that hold what they copy.
  for (const auto type : std::to_array<uint8_t>({0x04, 0x05, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f})) {
    XcopyBytes bytes;
    bytes.add_naa(naa("source"));
    bytes.add_naa(naa("copy"));
    bytes.add_blocks(0, 1, 0, 0, 8)[0] = type;
    EXPECT_TRUE(
        extended_copy(host_, bytes.build()).failed(SenseKey::illegal_request, 0x2609, 16 + 64));
  }
}

TEST_F(CopyResults, VpdPageNamesTheSpecialCscdIds) {
  const auto ids = descriptor(page_of_unit(), 0x000c);
  EXPECT_EQ(ids, (std::vector<uint8_t>{0, 4, 0xc0, 0x00, 0xff, 0xff, 0, 0}));
}

TEST_F(CopyResults, VpdPageIsServedByInquiry) {
  const Sent& sent = send(host_, 0, {0x12, 0x01, 0x8f, 0x04, 0x00, 0x00}, {}, 6);
  EXPECT_TRUE(sent.good());
  const auto page = page_of_unit();
  EXPECT_EQ(sent.data, page);
  EXPECT_EQ(load_be16(&page[2]), page.size() - 4);
  EXPECT_LE(page.size(), kThirdPartyCopyPageMax);
}

TEST_F(CopyResults, PageThatDoesNotFitIsCut) {
  std::array<uint8_t, 16> small{};
  EXPECT_EQ(third_party_copy_page(*units_->at(0), small), small.size());
}

}  // namespace
}  // namespace tidemark::scsi
