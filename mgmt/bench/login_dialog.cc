#include "mgmt/bench/login_dialog.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "target/text.h"

namespace tidemark::mgmt::bench {

using namespace tidemark::target;

namespace {

constexpr uint8_t kOperational = 1;
constexpr uint8_t kFullFeature = 3;
constexpr uint32_t kFirstBurst = 256 * 1024;
constexpr uint32_t kMaxBurst = 0xffffff & ~511u;
constexpr unsigned kRoundsMax = 16;
constexpr size_t kTextMax = 64 * 1024;
constexpr size_t kKeysMax = 128;

Error broken(std::string message) {
  return {ErrorKind::io, "login: " + std::move(message), ""};
}

Result<uint32_t> number(std::string_view key, std::string_view value) {
  const auto read = parse_number(value);
  if (!read || *read < 512 || *read > target::kSegmentMax)
    return broken(fmt::format("{} is '{}'", key, printable(value)));
  return static_cast<uint32_t>(*read);
}

}  // namespace

LoginDialog::LoginDialog(Who who) : who_(std::move(who)) {
  const std::string digest = who_.digests ? "CRC32C" : "None";
  append_pair(text_, "InitiatorName", who_.initiator);
  append_pair(text_, "TargetName", who_.target);
  append_pair(text_, "SessionType", "Normal");
  append_pair(text_, "HeaderDigest", digest);
  append_pair(text_, "DataDigest", digest);
  append_pair(text_, "MaxConnections", "1");
  append_pair(text_, "InitialR2T", "No");
  append_pair(text_, "ImmediateData", "Yes");
  append_pair(text_, "MaxRecvDataSegmentLength", std::to_string(kSegmentMax));
  append_pair(text_, "MaxBurstLength", std::to_string(kMaxBurst));
  append_pair(text_, "FirstBurstLength", std::to_string(kFirstBurst));
  append_pair(text_, "MaxOutstandingR2T", "1");
  append_pair(text_, "DataPDUInOrder", "Yes");
  append_pair(text_, "DataSequenceInOrder", "Yes");
  append_pair(text_, "DefaultTime2Wait", "2");
  append_pair(text_, "DefaultTime2Retain", "0");
  append_pair(text_, "ErrorRecoveryLevel", "0");
  agreement_.first_burst = kFirstBurst;
  agreement_.max_burst = kMaxBurst;
}

Bhs LoginDialog::request() const {
  LoginRequest pdu;
  pdu.start.opcode |= kImmediate;
  pdu.start.flags = kOperational << 2;
  if (ask_on_) pdu.start.flags |= kTransit | kFullFeature;
  pdu.isid = who_.isid;
  pdu.tsih = tsih_;
  pdu.cmd_sn = 1;
  pdu.exp_stat_sn = exp_stat_sn_;
  return bhs_of(pdu);
}

Result<bool> LoginDialog::response(const Bhs& bhs, const std::string& text) {
  if (opcode_of(bhs) != Opcode::login_response)
    return broken(fmt::format("a PDU of opcode {:02x}h instead of a Login Response", bhs[0]));
  const auto pdu = as<LoginResponse>(bhs);
  if (pdu.status != 0)
    return broken(fmt::format("refused with status {:04x}h", uint16_t{pdu.status}));
  if (++rounds_ > kRoundsMax) return broken("it does not come to an end");
  exp_stat_sn_ = pdu.stat_sn + 1;
  gathered_ += text;
  text_.clear();
  if (gathered_.size() > kTextMax) return broken("too much text");
  ask_on_ = (pdu.start.flags & kContinue) == 0;
  if (!ask_on_) return false;

  std::vector<KeyValue> pairs;
  if (parse_text(gathered_, kKeysMax, pairs) != TextFault::none) return broken("malformed text");
  for (const KeyValue& pair : pairs)
    if (auto taken = take(pair.key, pair.value); !taken) return taken;
  gathered_.clear();
  if (agreement_.digests != who_.digests) return broken("the target does no digests");
  return (pdu.start.flags & kTransit) != 0 && nsg_of(pdu.start.flags) == kFullFeature;
}

/// All keys are of our own offer, or declared, so none wants an answer.
Result<bool> LoginDialog::take(std::string_view key, std::string_view value) {
  if (key == "HeaderDigest" || key == "DataDigest") {
    if ((value == "CRC32C") != who_.digests)
      return broken(fmt::format("{}={} is not what was asked for", key, printable(value)));
    agreement_.digests = who_.digests;
  } else if (key == "InitialR2T") {
    agreement_.initial_r2t = value != "No";
  } else if (key == "ImmediateData") {
    agreement_.immediate_data = value == "Yes";
  } else if (key == "MaxRecvDataSegmentLength" || key == "FirstBurstLength" ||
             key == "MaxBurstLength") {
    const auto read = number(key, value);
    if (!read) return read.error();
    uint32_t& to = key == "FirstBurstLength" ? agreement_.first_burst
                   : key == "MaxBurstLength" ? agreement_.max_burst
                                             : agreement_.target_segment_max;
    to = read.value();
  }
  return true;
}

}  // namespace tidemark::mgmt::bench
