// POPULATE TOKEN, WRITE USING TOKEN, RECEIVE ROD TOKEN INFORMATION and REPORT ALL ROD TOKENS from
// their CDBs to their status (SBC-4 5.12, 5.25, 5.59; SPC-4 5.17.6, 6.26, 6.31).
#include "scsi/copy_manager.h"
#include "scsi/copy_records.h"
#include "scsi/copy_results.h"
#include "scsi/copy_sense.h"
#include "tests/scsi/token_fixture.h"

namespace tidemark::scsi {
namespace {

class TokenCommands : public TokenFixture {};

TEST_F(TokenCommands, PopulateMakesAnImageOfTheRanges) {
  EXPECT_TRUE(populate({{10, 4}, {100, 8}}).good());
  ASSERT_EQ(images_.images.size(), 1u);
  EXPECT_EQ(images_.images[0].volume, "source");
  EXPECT_EQ(images_.images[0].ranges,
            (std::vector<storage::Extent>{{10 * 512, 4 * 512}, {100 * 512, 8 * 512}}));
}

TEST_F(TokenCommands, InformationHoldsTheToken) {
  populate({{10, 4}, {100, 8}});
  const auto data = information(1).data;
  ASSERT_EQ(data.size(), 550u);
  EXPECT_EQ(load_be32(&data[0]), 546u);
  EXPECT_EQ(data[4], 0x10);
  EXPECT_EQ(data[5], 0x01);
  EXPECT_EQ(load_be32(&data[8]), 0xfffffffeu);
  EXPECT_EQ(data[12], 0);
  EXPECT_EQ(data[15], 0xf1);
  EXPECT_EQ(load_be64(&data[16]), 12u);  // blocks
  EXPECT_EQ(load_be16(&data[24]), 0);
  EXPECT_EQ(load_be32(&data[32]), 514u);
  const uint8_t* token = &data[38];
  EXPECT_EQ(load_be32(token), kPointInTimePersistent);
  EXPECT_EQ(load_be16(token + 6), 0x01f8);
  EXPECT_EQ(token[16], 0xe4);
  EXPECT_TRUE(std::ranges::equal(std::span(token + 24, 8), naa("source")));
  EXPECT_EQ(load_be64(token + 56), 12u * 512);
  EXPECT_EQ(load_be32(token + 96), 512u);
}

TEST_F(TokenCommands, TheTokenIsFetchedOnce) {
  token_of({{0, 8}});
  const auto data = information(1).data;
  ASSERT_EQ(data.size(), 36u);
  EXPECT_EQ(load_be32(&data[32]), 0u);
}

TEST_F(TokenCommands, ATokenThatDidNotFitIsKept) {
  populate({{0, 8}});
  EXPECT_EQ(information(1, 0, 100).data.size(), 100u);
  EXPECT_EQ(information(1).data.size(), 550u);
}

TEST_F(TokenCommands, AllocationLengthZeroDiscardsTheToken) {
  populate({{0, 8}});
  information(1, 0, 0);
  EXPECT_EQ(information(1).data.size(), 36u);
}

TEST_F(TokenCommands, NothingToPopulateIsGoodAndGivesNoToken) {
  EXPECT_TRUE(populate({{5, 0}, {6, 0}}).good());
  EXPECT_TRUE(images_.images.empty());
  EXPECT_EQ(information(1).data.size(), 36u);
}

TEST_F(TokenCommands, ParameterListLengthZeroIsGood) {
  EXPECT_TRUE(send(host_, 0, cdb_of(0x83, 0x10, 0)).good());
  EXPECT_TRUE(send(host_, 0, cdb_of(0x83, 0x11, 0)).good());
}

TEST_F(TokenCommands, WriteCopiesFromTheImage) {
  const RodToken token = token_of({{10, 16}});
  EXPECT_TRUE(write(token, {{200, 8}, {300, 8}}).good());
  ASSERT_EQ(images_.copies.size(), 1u);
  const ImageCopyOrder& order = images_.copies[0].order;
  EXPECT_EQ(order.image, 1u);
  EXPECT_EQ(order.offset, 0u);
  EXPECT_EQ(order.destination, "copy");
  EXPECT_EQ(order.to, (std::vector<storage::Extent>{{200 * 512, 4096}, {300 * 512, 4096}}));
  const auto data = information(2, 1).data;
  EXPECT_EQ(data.at(4), 0x11);
  EXPECT_EQ(data[5], 0x01);
  EXPECT_EQ(load_be64(&data[16]), 16u);
}

TEST_F(TokenCommands, AnOffsetIsInBlocksOfTheDestination) {
  unit(2, "large", {.block_size = 4096});
  ItNexus& host = attach();
  const RodToken token = token_of({{0, 64}});
  EXPECT_TRUE(token_command(host, 2, 0x11, 2, write_list(token, {{3, 2}}, 1)).good());
  EXPECT_EQ(images_.copies.at(0).order.offset, 4096u);
  EXPECT_EQ(images_.copies[0].order.to, (std::vector<storage::Extent>{{3 * 4096, 2 * 4096}}));
}

TEST_F(TokenCommands, LessThanTheTokenStandsForIsPartialUse) {
  const RodToken token = token_of({{0, 16}});
  write(token, {{0, 8}});
  EXPECT_EQ(information(2, 1).data.at(5), 0x03);
  write(token, {{8, 8}}, 8, 0, 3);
  EXPECT_EQ(information(3, 1).data.at(5), 0x01);
}

TEST_F(TokenCommands, MoreThanTheTokenStandsForIsAnUnderrun) {
  const RodToken token = token_of({{0, 8}});
  const Sent& sent = write(token, {{0, 16}});
  EXPECT_TRUE(sent.failed(SenseKey::copy_aborted, 0x0d04));
  EXPECT_EQ(sent.task.sense.information, 8u);
  EXPECT_EQ(images_.copies.at(0).order.to, (std::vector<storage::Extent>{{0, 4096}}));
  EXPECT_EQ(load_be64(&information(2, 1).data[16]), 8u);
}

TEST_F(TokenCommands, TheRestOfTheLastBlockIsZeroes) {
  unit(2, "large", {.block_size = 4096});
  ItNexus& host = attach();
  const RodToken token = token_of({{0, 9}});
  EXPECT_TRUE(token_command(host, 2, 0x11, 2, write_list(token, {{0, 2}}))
                  .failed(SenseKey::copy_aborted, 0x0d04));
  EXPECT_EQ(images_.copies.at(0).order.zeroes_after, 9u * 512);
  EXPECT_EQ(images_.copies[0].order.to, (std::vector<storage::Extent>{{0, 2 * 4096}}));
}

TEST_F(TokenCommands, AnOffsetBeyondTheTokenIsAnInvalidField) {
  const RodToken token = token_of({{0, 8}});
  EXPECT_TRUE(write(token, {{0, 8}}, 8).failed(SenseKey::illegal_request, 0x2600, 8));
  EXPECT_TRUE(write(token, {{0, 8}}, UINT64_MAX).failed(SenseKey::illegal_request, 0x2600, 8));
  EXPECT_TRUE(images_.copies.empty());
}

TEST_F(TokenCommands, TheZeroTokenNeedsNoImage) {
  EXPECT_TRUE(write(zero_token(), {{0, 8}}).good());
  EXPECT_EQ(images_.copies.at(0).order.image, 0u);
  EXPECT_EQ(information(2, 1).data.at(5), 0x01);
}

TEST_F(TokenCommands, OutOfPatienceTellsHowFarItCame) {
  images_.at_once = false;
  const RodToken token = token_of({{0, 1024}});
  const Sent& sent = write(token, {{0, 1024}}, 0, 0x02);
  EXPECT_GT(images_.copies.at(0).order.patience, Duration{0});
  EXPECT_LT(images_.copies[0].order.patience, std::chrono::seconds(4));
  images_.end(1, {.bytes = 100 * 512, .out_of_patience = true});
  EXPECT_TRUE(sent.good());
  const auto data = information(2, 1).data;
  EXPECT_EQ(data.at(5), 0x04);
  EXPECT_EQ(load_be64(&data[16]), 100u);
  // The rest is written with the same token, though it was to be deleted.
  write(token, {{100, 924}}, 100, 0x02, 3);
  images_.end(2, {.bytes = 924 * 512});
  EXPECT_EQ(information(3, 1).data.at(5), 0x01);
}

TEST_F(TokenCommands, AFailureIsToldWithWhatWasWritten) {
  images_.at_once = false;
  const RodToken token = token_of({{0, 16}});
  const Sent& sent = write(token, {{0, 16}});
  images_.end(
      1, {.bytes = 8 * 512, .error = storage::Errc::medium_write, .error_on_destination = true});
  EXPECT_TRUE(sent.failed(SenseKey::copy_aborted, 0x0d01));
  EXPECT_EQ(sent.task.sense.information, 8u);
  ASSERT_TRUE(sent.task.sense.forwarded);
  EXPECT_EQ(sent.task.sense.forwarded->asc, 0x0c00);
  const auto data = information(2, 1).data;
  EXPECT_EQ(data.at(5), 0x02);
  EXPECT_EQ(load_be64(&data[16]), 8u);
}

TEST_F(TokenCommands, AnImageLostMeanwhileCancelsTheToken) {
  images_.at_once = false;
  const RodToken token = token_of({{0, 16}});
  const Sent& sent = write(token, {{0, 16}});
  images_.end(1, {.error = storage::Errc::gone});
  EXPECT_TRUE(sent.failed(SenseKey::illegal_request, copy_sense::kTokenCancelled));
}

TEST_F(TokenCommands, ImmediateEndsAtOnce) {
  images_.at_once = false;
  EXPECT_TRUE(populate({{0, 16}}, 1, kImmed).good());
  EXPECT_EQ(information(1).data.size(), 550u);
  const RodToken token = token_of({{0, 16}}, 9);
  EXPECT_TRUE(write(token, {{0, 16}}, 0, kImmed).good());
  EXPECT_EQ(images_.copies.at(0).order.patience, Duration{0});
  images_.copies[0].progress(8 * 512);
  auto data = information(2, 1).data;
  EXPECT_EQ(data.at(5), 0x12);
  EXPECT_EQ(load_be64(&data[16]), 8u);
  images_.end(1, {.bytes = 16 * 512});
  EXPECT_EQ(information(2, 1).data.at(5), 0x01);
}

TEST_F(TokenCommands, StatusIsThatOfTheCopyOperation) {
  const RodToken token = token_of({{0, 16}});
  write(token, {{0, 16}});
  const auto data = receive(host_, 0x05, 2, 1).data;
  ASSERT_EQ(data.size(), 32u);
  EXPECT_EQ(data[4], 0x11);
  EXPECT_EQ(data[5], 0x01);
}

TEST_F(TokenCommands, AnIdentifierInUseIsRefused) {
  images_.at_once = false;
  const RodToken token = token_of({{0, 16}});
  write(token, {{0, 16}}, 0, 0, 7);
  EXPECT_TRUE(write(token, {{16, 16}}, 0, 0, 7).failed(SenseKey::illegal_request, 0x0016));
  images_.end(1, {.bytes = 16 * 512});
  EXPECT_FALSE(write(token, {{16, 16}}, 0, 0, 7).done);
  images_.end(2, {.bytes = 16 * 512});
}

TEST_F(TokenCommands, UnknownIdentifiersHaveNoInformation) {
  EXPECT_TRUE(information(77).failed(SenseKey::illegal_request, 0x2400, 2));
}

TEST_F(TokenCommands, AbortStopsTheWriteAndWaitsForItsEnd) {
  images_.at_once = false;
  const RodToken token = token_of({{0, 16}});
  const Sent& sent = write(token, {{0, 16}});
  abort(host_, sent);
  EXPECT_EQ(images_.stopped, std::vector<uint64_t>{1});
  EXPECT_FALSE(sent.done);
  images_.end(1, {.bytes = 512, .stopped = true});
  settle();
  EXPECT_TRUE(sent.task.aborted);
  EXPECT_EQ(aborts_answered_, 1);
}

TEST_F(TokenCommands, CopyOperationAbortStopsTheWrite) {
  images_.at_once = false;
  const RodToken token = token_of({{0, 16}});
  const Sent& sent = write(token, {{0, 16}});
  std::vector<uint8_t> cdb(16);
  cdb[0] = 0x83;
  cdb[1] = 0x1c;
  store_be32(&cdb[2], 2);
  const Sent& stop = send(host_, 1, cdb);
  EXPECT_FALSE(stop.done);
  images_.end(1, {.bytes = 512, .stopped = true});
  EXPECT_TRUE(stop.good());
  EXPECT_TRUE(sent.failed(SenseKey::copy_aborted, 0x2f02));
}

TEST_F(TokenCommands, ADestinationOfARunningCopyIsNoSource) {
  gates_[0]->protect(true, 0, [] {});
  settle();
  send(host_, 0, {0x00}, {}, 6);  // what it is told of that
  EXPECT_TRUE(populate({{0, 8}}).failed(SenseKey::copy_aborted, 0x0d01));
  EXPECT_TRUE(images_.images.empty());
}

TEST_F(TokenCommands, AWriteProtectedDestinationRefusesTheWrite) {
  const RodToken token = token_of({{0, 8}});
  gates_[1]->protect(true, 0, [] {});
  settle();
  send(host_, 1, {0x00}, {}, 6);  // what it is told of that
  EXPECT_TRUE(write(token, {{0, 8}}).failed(SenseKey::data_protect, 0x2700));
}

TEST_F(TokenCommands, NoRoomForAnImageIsNoRoomForAToken) {
  images_.refuse = CopyRefusal::exhausted;
  EXPECT_TRUE(populate({{0, 8}}).failed(SenseKey::illegal_request, 0x550d));
}

TEST_F(TokenCommands, ReportsTheTokensOfTheUnit) {
  const RodToken first = token_of({{0, 8}}, 1);
  const RodToken second = token_of({{8, 8}}, 2);
  const auto data = receive(host_, 0x08, 0).data;
  ASSERT_EQ(data.size(), 8u + 2 * 96);
  EXPECT_EQ(load_be32(&data[0]), 4u + 2 * 96);
  EXPECT_TRUE(std::equal(first.begin(), first.begin() + 96, data.begin() + 8));
  EXPECT_TRUE(std::equal(second.begin(), second.begin() + 96, data.begin() + 8 + 96));
  EXPECT_EQ(receive(host_, 0x08, 0, 1).data.size(), 8u) << "made of another unit";
}

TEST_F(TokenCommands, TheVpdPageHasTheLimitsOfTokens) {
  const auto page = encode_third_party_copy_page(*units_->at(0));
  EXPECT_EQ(load_be16(&page[4]), 0x0000);
  EXPECT_EQ(load_be16(&page[6]), 0x0020);
  EXPECT_EQ(load_be16(&page[14]), kMaxTokenRanges);
  EXPECT_EQ(load_be32(&page[16]), tokens_.limits().inactivity_most);
  EXPECT_EQ(load_be32(&page[20]), tokens_.limits().inactivity);
  EXPECT_EQ(load_be64(&page[24]), kMaxTokenBytes / 512);
  EXPECT_EQ(load_be64(&page[32]), kOptimalTokenBytes / 512);
  size_t found = 0;
  for (size_t at = 4; at < page.size(); at += 4u + load_be16(&page[at + 2])) {
    const uint16_t type = load_be16(&page[at]);
    if (type == 0x0106 || type == 0x0108) ++found;
    if (type == 0x0106) {
      EXPECT_EQ(load_be32(&page[at + 16]), tokens_.limits().lifetime);
      EXPECT_EQ(load_be32(&page[at + 20]), tokens_.limits().lifetime);
      EXPECT_EQ(load_be32(&page[at + 24]), tokens_.limits().inactivity_most);
    }
  }
  EXPECT_EQ(found, 2u);
  EXPECT_LE(page.size(), kThirdPartyCopyPageMax);
}

TEST_F(TokenCommands, TheVpdPageTellsOfEachTypeWhatIsDoneWithIt) {
  const auto page = encode_third_party_copy_page(*units_->at(0));
  size_t at = 4;
  while (load_be16(&page[at]) != 0x0108) at += 4u + load_be16(&page[at + 2]);
  const size_t end = at + 8 + load_be16(&page[at + 6]);
  EXPECT_EQ(end, at + 4 + load_be16(&page[at + 2]));
  uint32_t preferences = 0;
  uint32_t previous = 0;
  for (size_t entry = at + 8; entry < end; entry += 64) {
    const uint32_t type = load_be32(&page[entry]);
    EXPECT_GT(type, previous);
    previous = type;
    preferences += load_be16(&page[entry + 6]);
    const bool out = (page[entry + 4] & 0x01) != 0;
    const bool in = (page[entry + 4] & 0x02) != 0;
    const auto list = populate_list({{0, 8}}, 0x02, 0, type);
    const Sent& made = token_command(host_, 0, 0x10, 1, list);
    EXPECT_EQ(made.good(), out) << std::hex << type;
    RodToken token = zero_token();
    if (out) {
      const auto data = information(1).data;
      ASSERT_EQ(data.size(), 550u);
      std::copy(data.begin() + 38, data.end(), token.begin());
      EXPECT_EQ(type_of(token), type == kPointInTimeAny ? kPointInTimePersistent : type);
    }
    if (in || out) {
      EXPECT_TRUE(write(token, {{0, 8}}).good()) << std::hex << type;
    }
  }
  EXPECT_EQ(preferences, 0xffffu);
}

TEST_F(TokenCommands, AVulnerableTokenHasAnImageThatKeepsNothing) {
  EXPECT_TRUE(
      token_command(host_, 0, 0x10, 1, populate_list({{0, 8}}, 0x02, 0, kPointInTimeVulnerable))
          .good());
  EXPECT_TRUE(token_command(host_, 0, 0x10, 2, populate_list({{0, 8}})).good());
  ASSERT_EQ(images_.images.size(), 2u);
  EXPECT_TRUE(images_.images[0].vulnerable);
  EXPECT_FALSE(images_.images[1].vulnerable);
}

TEST_F(TokenCommands, UnitsWithoutImagesHaveNoTokens) {
  copies_.rod_tokens = nullptr;
  const auto list = populate_list({{0, 8}});
  auto cdb = cdb_of(0x83, 0x10, static_cast<uint32_t>(list.size()));
  EXPECT_TRUE(send(host_, 0, cdb, list).failed(SenseKey::illegal_request, 0x2400, 1));
}

}  // namespace
}  // namespace tidemark::scsi
