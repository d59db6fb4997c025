#include "mgmt/bench/initiator.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/big_endian.h"
#include "mgmt/bench/test_data.h"

namespace tidemark::mgmt::bench {

using namespace tidemark::target;

namespace {

constexpr uint32_t kCapacityTag = 0x10000000;
constexpr uint32_t kLogoutTag = 0x10000001;
constexpr uint32_t kCapacityBytes = 32;
// Unit attentions of a new nexus come first.
constexpr unsigned kCapacityTriesMax = 8;
constexpr size_t kSmallDataMax = 64 * 1024;

constexpr uint8_t kGood = 0x00;
constexpr uint8_t kCheckCondition = 0x02;
constexpr uint8_t kBusy = 0x08;
constexpr uint8_t kTaskSetFull = 0x28;
constexpr uint8_t kUnitAttention = 0x06;
constexpr uint8_t kSimple = 0x01;

constexpr uint8_t kRead16 = 0x88;
constexpr uint8_t kWrite16 = 0x8a;
constexpr uint8_t kServiceActionIn = 0x9e;
constexpr uint8_t kReadCapacity16 = 0x10;

uint64_t lun_field(uint16_t lun) {
  const uint64_t flat = lun < 256 ? lun : 0x4000u | lun;
  return flat << 48;
}

bool is_after(uint32_t a, uint32_t b) {
  return static_cast<int32_t>(a - b) > 0;
}

}  // namespace

void Tally::add(const Tally& other) {
  reads += other.reads;
  writes += other.writes;
  busy += other.busy;
  latency.add(other.latency);
}

Initiator::Initiator(LoginDialog::Who who, uint16_t lun, const Load& load)
    : login_(std::move(who)), lun_(lun), load_(load), stream_(*this) {
  slots_.resize(load_.depth);
  for (uint32_t tag = load_.depth; tag-- > 0;) free_.push_back(tag);
  data_.resize(size_t{load_.depth} * load_.block_size);
  fill_test_data(data_, 0, load_.seed);
}

void Initiator::fail(std::string why) {
  if (phase_ == Phase::failed) return;
  phase_ = Phase::failed;
  error_ = std::move(why);
}

void Initiator::begin() {
  send_login();
}

void Initiator::send_login() {
  const std::string& text = login_.text();
  // The queue points to the text, which stays until the response is read.
  output_.add(login_.request(), {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

void Initiator::received(size_t bytes, uint64_t now) {
  now_ = now;
  if (!stream_.received(bytes))
    fail(stream_.fault() == PduStream::Fault::header_digest ? "wrong header digest"
                                                            : "wrong data digest");
  if (started_) issue(now);
}

void Initiator::start(uint64_t now) {
  started_ = true;
  issue(now);
}

void Initiator::stop() {
  stopped_ = true;
  log_out_if_done();
}

void Initiator::issue(uint64_t now) {
  if (phase_ != Phase::ready || stopped_ || output_.under_way()) return;
  while (!free_.empty() && !is_after(cmd_sn_, max_cmd_sn_)) {
    if (again_.empty() && load_.count > 0 && begun_ == load_.count) break;
    uint32_t tag = free_.back();
    if (again_.empty()) {
      free_.pop_back();
      slots_[tag].step = workload_->next();
      slots_[tag].begun = now;
      ++begun_;
    } else {
      tag = again_.back();
      again_.pop_back();
      std::erase(free_, tag);
    }
    send_command(tag);
  }
  if (load_.count > 0 && begun_ == load_.count && again_.empty() && in_flight() == 0) stop();
}

void Initiator::send_command(uint32_t tag) {
  Slot& slot = slots_[tag];
  slot.arrived = 0;
  slot.in_flight = true;
  const uint32_t size = load_.block_size;
  ScsiCommand pdu;
  pdu.lun = lun_field(lun_);
  pdu.itt = tag;
  pdu.expected_length = size;
  pdu.cmd_sn = cmd_sn_++;
  pdu.exp_stat_sn = exp_stat_sn_;
  pdu.cdb[0] = slot.step.write ? kWrite16 : kRead16;
  store_be64(&pdu.cdb[2], slot.step.offset / lba_size_);
  store_be32(&pdu.cdb[10], size / lba_size_);
  if (!slot.step.write) {
    pdu.start.flags = kFinal | ScsiCommand::kRead | kSimple;
    return output_.add(bhs_of(pdu));
  }
  const Agreement& agreed = login_.agreement();
  uint8_t* data = data_of(tag);
  if (load_.verify) fill_test_data({data, size}, slot.step.offset, load_.seed);
  const uint32_t first = std::min(size, agreed.first_burst);
  const uint32_t immediate = agreed.immediate_data ? std::min(first, agreed.target_segment_max) : 0;
  const uint32_t unsolicited = agreed.initial_r2t ? 0 : first - immediate;
  pdu.start.flags = ScsiCommand::kWrite | kSimple;
  if (unsolicited == 0) pdu.start.flags |= kFinal;
  output_.add(bhs_of(pdu), {data, immediate});
  if (unsolicited > 0) send_data_out(tag, kNoTag, immediate, unsolicited);
}

void Initiator::send_data_out(uint32_t tag, uint32_t ttt, uint32_t offset, uint32_t length) {
  const uint32_t most = login_.agreement().target_segment_max;
  const uint32_t end = offset + length;
  DataOut pdu;
  pdu.lun = lun_field(lun_);
  pdu.itt = tag;
  pdu.ttt = ttt;
  pdu.exp_stat_sn = exp_stat_sn_;
  for (uint32_t number = 0; offset < end; ++number) {
    const uint32_t take = std::min(most, end - offset);
    pdu.start.flags = offset + take == end ? kFinal : 0;
    pdu.data_sn = number;
    pdu.buffer_offset = offset;
    output_.add(bhs_of(pdu), {data_of(tag) + offset, take});
    offset += take;
  }
}

Initiator::Slot* Initiator::slot_of_pdu() {
  const uint32_t tag = itt_of(bhs_);
  return tag < slots_.size() ? &slots_[tag] : nullptr;
}

void Initiator::header(const Bhs& bhs) {
  bhs_ = bhs;
  small_data_.clear();
}

void Initiator::payload(ConstBytes data, uint32_t position) {
  if (opcode_of(bhs_) == Opcode::data_in) {
    if (Slot* slot = slot_of_pdu())
      return check_read(*slot, data, uint64_t{as<DataIn>(bhs_).buffer_offset} + position);
  }
  if (small_data_.size() + data.size() > kSmallDataMax) return fail("too much data in an answer");
  small_data_.insert(small_data_.end(), data.begin(), data.end());
}

void Initiator::check_read(Slot& slot, ConstBytes data, uint64_t at) {
  slot.arrived += static_cast<uint32_t>(data.size());
  if (!load_.verify) return;
  if (at + data.size() > load_.block_size) return fail("more data than was asked for");
  if (!is_test_data(data, slot.step.offset + at, load_.seed))
    fail(fmt::format("wrong data in the {} bytes at {}", data.size(), slot.step.offset + at));
}

void Initiator::complete() {
  const Opcode opcode = opcode_of(bhs_);
  if (phase_ == Phase::login) return login_answered();
  // Where these two stand in all PDUs of a target.
  const uint32_t max_cmd_sn = load_be32(&bhs_[kMaxCmdSnAt]);
  if (is_after(max_cmd_sn, max_cmd_sn_)) max_cmd_sn_ = max_cmd_sn;
  const uint32_t stat_sn = load_be32(&bhs_[kStatSnAt]);
  switch (opcode) {
    case Opcode::data_in:
      if ((bhs_[1] & DataIn::kStatus) == 0) return;
      exp_stat_sn_ = stat_sn + 1;
      return take_status(bhs_[3]);
    case Opcode::scsi_response:
      exp_stat_sn_ = stat_sn + 1;
      if (bhs_[2] != ScsiResponse::kCompleted) return fail("the target failed to do a command");
      return take_status(bhs_[3]);
    case Opcode::r2t:
      return answer_r2t();
    case Opcode::nop_in:
      return answer_ping();
    case Opcode::logout_response:
      phase_ = Phase::ended;
      return;
    case Opcode::reject:
      return fail(fmt::format("the target rejected a PDU for reason {:02x}h", bhs_[2]));
    default:
      return fail(fmt::format("a PDU of opcode {:02x}h", bhs_[0]));
  }
}

void Initiator::login_answered() {
  const std::string text(small_data_.begin(), small_data_.end());
  const Result<bool> over = login_.response(bhs_, text);
  if (!over) return fail(over.error().message);
  if (!over.value()) return send_login();
  const auto pdu = as<LoginResponse>(bhs_);
  exp_stat_sn_ = login_.exp_stat_sn();
  cmd_sn_ = pdu.exp_cmd_sn;
  max_cmd_sn_ = pdu.max_cmd_sn;
  stream_.set_digests(login_.agreement().digests);
  output_.set_digests(login_.agreement().digests);
  phase_ = Phase::capacity;
  ask_capacity();
}

void Initiator::ask_capacity() {
  ScsiCommand pdu;
  pdu.start.flags = kFinal | ScsiCommand::kRead | kSimple;
  pdu.lun = lun_field(lun_);
  pdu.itt = kCapacityTag;
  pdu.expected_length = kCapacityBytes;
  pdu.cmd_sn = cmd_sn_++;
  pdu.exp_stat_sn = exp_stat_sn_;
  pdu.cdb[0] = kServiceActionIn;
  pdu.cdb[1] = kReadCapacity16;
  store_be32(&pdu.cdb[10], kCapacityBytes);
  output_.add(bhs_of(pdu));
}

void Initiator::take_status(uint8_t status) {
  const uint32_t tag = itt_of(bhs_);
  if (tag == kCapacityTag && phase_ == Phase::capacity) return capacity_answered(status);
  if (tag >= slots_.size() || !slots_[tag].in_flight)
    return fail(fmt::format("an answer to no command, tag {:x}h", tag));
  finish_slot(status);
}

void Initiator::capacity_answered(uint8_t status) {
  if (status != kGood) {
    if (++capacity_tries_ < kCapacityTriesMax) return ask_capacity();
    return fail("READ CAPACITY (16) failed: " + sense_text());
  }
  // Data-In with status: the data is that of this very PDU or of one before it.
  if (small_data_.size() < 12) return fail("READ CAPACITY (16) brought no capacity");
  lba_size_ = load_be32(&small_data_[8]);
  const uint64_t last = load_be64(small_data_.data());
  if (lba_size_ == 0 || load_.block_size % lba_size_ != 0)
    return fail(
        fmt::format("the block size is no multiple of the logical block's {} bytes", lba_size_));
  capacity_ = (last + 1) * lba_size_;
  Workload::Shape shape;
  shape.pattern = load_.pattern;
  shape.blocks = capacity_ / load_.block_size;
  shape.block_size = load_.block_size;
  shape.read_percent = load_.read_percent;
  shape.seed = load_.order_seed;
  if (shape.blocks == 0) return fail("the volume is smaller than one block");
  shape.first_block = static_cast<uint64_t>(load_.first * static_cast<double>(shape.blocks));
  workload_.emplace(shape);
  phase_ = Phase::ready;
}

void Initiator::finish_slot(uint8_t status) {
  const uint32_t tag = itt_of(bhs_);
  Slot& slot = slots_[tag];
  if (status == kGood) {
    if (!slot.step.write && slot.arrived != load_.block_size)
      return fail(fmt::format("{} of {} bytes read", slot.arrived, load_.block_size));
    ++(slot.step.write ? tally_.writes : tally_.reads);
    tally_.latency.add(now_ - slot.begun);
    return free_slot(tag);
  }
  const bool attention = status == kCheckCondition && small_data_.size() > 4 &&
                         (small_data_[4] & 15) == kUnitAttention;
  if (status != kBusy && status != kTaskSetFull && !attention)
    return fail(fmt::format("{} at {} ended with status {:02x}h{}",
                            slot.step.write ? "a write" : "a read", slot.step.offset, status,
                            sense_text()));
  ++tally_.busy;
  again_.push_back(tag);
  free_slot(tag);
}

void Initiator::free_slot(uint32_t tag) {
  slots_[tag].in_flight = false;
  free_.push_back(tag);
  log_out_if_done();
}

void Initiator::log_out_if_done() {
  if (!stopped_ || logout_sent_ || in_flight() > 0 || phase_ != Phase::ready) return;
  logout_sent_ = true;
  LogoutRequest pdu;
  pdu.itt = kLogoutTag;
  pdu.cmd_sn = cmd_sn_++;
  pdu.exp_stat_sn = exp_stat_sn_;
  output_.add(bhs_of(pdu));
}

void Initiator::answer_ping() {
  const auto ping = as<NopIn>(bhs_);
  if (ping.ttt == kNoTag) return;
  NopOut pdu;
  pdu.start.opcode |= kImmediate;
  pdu.lun = ping.lun;
  pdu.itt = kNoTag;
  pdu.ttt = ping.ttt;
  pdu.cmd_sn = cmd_sn_;
  pdu.exp_stat_sn = exp_stat_sn_;
  output_.add(bhs_of(pdu));
}

void Initiator::answer_r2t() {
  const auto pdu = as<R2t>(bhs_);
  const uint64_t end = uint64_t{pdu.buffer_offset} + pdu.desired_length;
  const Slot* slot = slot_of_pdu();
  if (slot == nullptr || !slot->in_flight || !slot->step.write || end > load_.block_size)
    return fail("an R2T for no data");
  send_data_out(pdu.itt, pdu.ttt, pdu.buffer_offset, pdu.desired_length);
}

/// " (sense KKh, ASC AAh QQh)" of fixed-format sense data after its two bytes of length.
std::string Initiator::sense_text() const {
  if (small_data_.size() < 16) return "";
  return fmt::format(" (sense {:x}h, ASC {:02x}h {:02x}h)", small_data_[4] & 15, small_data_[14],
                     small_data_[15]);
}

}  // namespace tidemark::mgmt::bench
