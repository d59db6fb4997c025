#include "target/write_transfer.h"

#include <algorithm>

#include "target/pdu.h"

namespace tidemark::target {
namespace {

constexpr scsi::Asc kUnexpectedUnsolicitedData = 0x0c0c;
constexpr scsi::Asc kIncorrectAmountOfData = 0x0c0d;
constexpr scsi::Asc kProtocolServiceCrcError = 0x4705;

}  // namespace

void WriteTransfer::begin(const WriteRules& rules, uint32_t expected, uint64_t wanted,
                          uint32_t immediate, bool final) {
  *this = WriteTransfer();
  rules_ = rules;
  rules_.outstanding_r2t = std::min<uint32_t>(rules.outstanding_r2t, kR2tMax);
  wanted_ = static_cast<uint32_t>(std::min<uint64_t>(expected, wanted));
  first_limit_ = std::min(rules.first_burst, expected);
  if (immediate > 0 && (!rules.immediate_data || immediate > first_limit_))
    fail(Fault::unexpected_unsolicited);
  next_offset_ = std::min(immediate, first_limit_);
  unsolicited_open_ = !final && immediate < expected;
  if (unsolicited_open_ && rules.initial_r2t) fail(Fault::unexpected_unsolicited);
}

bool WriteTransfer::data_out(uint32_t ttt, uint32_t data_sn, uint32_t offset, uint32_t length,
                             bool final) {
  if (ttt == kNoTag) return unsolicited(data_sn, offset, length, final);
  for (Burst& burst : bursts_)
    if (burst.open && burst.ttt == ttt) return solicited(burst, data_sn, offset, length, final);
  fail(Fault::sequence);
  return false;
}

bool WriteTransfer::unsolicited(uint32_t data_sn, uint32_t offset, uint32_t length, bool final) {
  if (!unsolicited_open_) {
    fail(Fault::unexpected_unsolicited);
    return false;
  }
  if (final) unsolicited_open_ = false;
  if (fault_ != Fault::none) return false;
  if (data_sn != unsolicited_sn_ || offset != next_offset_) {
    fail(Fault::sequence);
    return false;
  }
  ++unsolicited_sn_;
  if (length > first_limit_ - next_offset_) {
    fail(Fault::unexpected_unsolicited);
    return false;
  }
  next_offset_ += length;
  // Who sends unsolicited Data-Out sends all of the first burst (RFC 7143 clause 11.4.7.2).
  if (final && next_offset_ < first_limit_) fail(Fault::wrong_amount);
  return true;
}

bool WriteTransfer::solicited(Burst& burst, uint32_t data_sn, uint32_t offset, uint32_t length,
                              bool final) {
  if (final) {
    burst.open = false;
    --open_count_;
  }
  if (fault_ != Fault::none) return false;
  const bool in_line = data_sn == burst.next_data_sn && offset == burst.offset + burst.received &&
                       length <= burst.length - burst.received;
  if (!in_line) {
    fail(Fault::sequence);
    return false;
  }
  ++burst.next_data_sn;
  burst.received += length;
  // The final bit stands on the PDU that completes the burst, and on no other.
  const bool complete = burst.received == burst.length;
  if (final && !complete) fail(Fault::wrong_amount);
  if (!final && complete) fail(Fault::sequence);
  return true;
}

std::optional<WriteTransfer::Ask> WriteTransfer::next_ask(uint32_t ttt) {
  if (unsolicited_open_ || stopped_ || fault_ != Fault::none || next_offset_ >= wanted_ ||
      open_count_ >= rules_.outstanding_r2t)
    return std::nullopt;
  Burst& burst = *std::find_if(bursts_.begin(), bursts_.end(), [](auto& b) { return !b.open; });
  burst = {ttt, next_offset_, std::min(rules_.max_burst, wanted_ - next_offset_), 0, 0, true};
  ++open_count_;
  next_offset_ += burst.length;
  return Ask{ttt, next_r2t_sn_++, burst.offset, burst.length};
}

scsi::SenseData WriteTransfer::sense() const {
  switch (fault_) {
    case Fault::unexpected_unsolicited:
      return scsi::sense::aborted(kUnexpectedUnsolicitedData);
    case Fault::wrong_amount:
      return scsi::sense::aborted(kIncorrectAmountOfData);
    case Fault::none:
    case Fault::sequence:
    case Fault::digest:
      break;
  }
  return scsi::sense::aborted(kProtocolServiceCrcError);
}

}  // namespace tidemark::target
