#include "target/output_queue.h"

#include <algorithm>

namespace tidemark::target {
namespace {

/// RFC 7143 clause 11.4.5.1: how the bytes a command moves differ from what was expected.
struct Residual {
  uint8_t flag = 0;
  uint32_t count = 0;
};

Residual residual_of(const Exchange& exchange) {
  const scsi::Task& task = exchange.task;
  uint64_t moves = 0;
  if (task.direction == scsi::DataDirection::in && !exchange.against) moves = task.data_in_length;
  if (task.direction == scsi::DataDirection::out) moves = task.data_out_length;
  const uint64_t expected = exchange.expected;
  if (moves < expected) return {kResidualUnderflow, static_cast<uint32_t>(expected - moves)};
  if (moves > expected)
    return {kResidualOverflow,
            static_cast<uint32_t>(std::min<uint64_t>(moves - expected, UINT32_MAX))};
  return {};
}

}  // namespace

ControlPdu& OutputQueue::make() {
  if (free_.empty()) {
    all_.push_back(std::make_unique<ControlPdu>());
    free_.push_back(all_.back().get());
    free_.reserve(all_.size());
  }
  ControlPdu& pdu = *free_.back();
  free_.pop_back();
  pdu.data.clear();
  pdu.stat_sn = ControlPdu::StatSn::consumed;
  pdu.after = ControlPdu::After::nothing;
  return pdu;
}

void OutputQueue::push(ControlPdu& pdu) {
  control_bytes_ += kBhsSize + pdu.data.size();
  if (pdu.stat_sn == ControlPdu::StatSn::consumed) ++statuses_;
  queue_.push(pdu);
}

void OutputQueue::fill(PduWriter& writer) {
  while (!queue_.empty() && !writer.full() && !close_) {
    Outgoing& front = *queue_.front();
    if (front.kind == Outgoing::Kind::exchange) {
      if (!fill_one(static_cast<Exchange&>(front), writer)) return;
    } else {
      auto& pdu = static_cast<ControlPdu&>(front);
      stamp(pdu.bhs, pdu.stat_sn == ControlPdu::StatSn::consumed);
      writer.add(pdu.bhs, {reinterpret_cast<const uint8_t*>(pdu.data.data()), pdu.data.size()});
      close_ = pdu.after == ControlPdu::After::close;
    }
    queue_.pop();
    leaving_.push(front);
  }
}

bool OutputQueue::sent() {
  while (Outgoing* outgoing = leaving_.pop()) {
    if (outgoing->kind == Outgoing::Kind::exchange) {
      owner_->exchange_sent(static_cast<Exchange&>(*outgoing));
      continue;
    }
    auto& pdu = static_cast<ControlPdu&>(*outgoing);
    control_bytes_ -= kBhsSize + pdu.data.size();
    free_.push_back(&pdu);
  }
  return close_;
}

bool OutputQueue::fill_one(Exchange& exchange, PduWriter& writer) {
  // Status travels with the last data only if it is GOOD (RFC 7143 clause 11.7.3).
  const bool phase_collapse = exchange.task.status == scsi::Status::good;
  while (exchange.sent < exchange.send_length) {
    if (writer.full()) return false;
    add_data_in(exchange, writer, phase_collapse);
  }
  if (exchange.send_length > 0 && phase_collapse) return true;
  if (writer.full()) return false;
  add_response(exchange, writer);
  return true;
}

void OutputQueue::add_data_in(Exchange& exchange, PduWriter& writer, bool with_status) {
  const uint32_t max_burst = parameters_.get(Key::max_burst_length);
  const uint32_t left_in_burst = max_burst - exchange.sent % max_burst;
  const uint32_t left = exchange.send_length - exchange.sent;
  const uint32_t length =
      std::min({left, left_in_burst, parameters_.get(Key::max_recv_data_segment_length)});
  const bool last = length == left;

  DataIn pdu;
  if (last || length == left_in_burst) pdu.start.flags = kFinal;
  pdu.itt = exchange.itt;
  pdu.data_sn = exchange.data_sn++;
  pdu.buffer_offset = exchange.sent;
  Bhs bhs;
  if (last && with_status) {
    owner_->status_leaves(exchange);
    const Residual residual = residual_of(exchange);
    pdu.start.flags = static_cast<uint8_t>(kFinal | DataIn::kStatus | residual.flag);
    pdu.start.byte3 = static_cast<uint8_t>(exchange.task.status);
    pdu.residual = residual.count;
    bhs = bhs_of(pdu);
    stamp(bhs, true);
  } else {
    bhs = bhs_of(pdu);
    stamp(bhs, false);
    store_be32(&bhs[kStatSnAt], 0);  // reserved unless S=1
  }
  writer.add(bhs, exchange.task.data_in, exchange.sent, length);
  exchange.sent += length;
  bytes_read_ += length;
}

void OutputQueue::add_response(Exchange& exchange, PduWriter& writer) {
  owner_->status_leaves(exchange);
  const Residual residual = residual_of(exchange);
  ScsiResponse pdu;
  pdu.start.flags = static_cast<uint8_t>(kFinal | residual.flag);
  pdu.start.byte2 = ScsiResponse::kCompleted;
  pdu.start.byte3 = static_cast<uint8_t>(exchange.task.status);
  pdu.itt = exchange.itt;
  pdu.residual = residual.count;
  if (exchange.bidirectional_read > 0) {
    pdu.start.flags |= kBidirectionalReadUnderflow;
    pdu.bidi_read_residual = exchange.bidirectional_read;
  }
  pdu.exp_data_sn = exchange.data_sn + exchange.write.asks_sent();
  Bhs bhs = bhs_of(pdu);
  stamp(bhs, true);
  size_t length = 0;
  // With GOOD there is some, too, if the command asked for it (SPC-4 6.4.3: G_SENSE).
  if (exchange.task.status == scsi::Status::check_condition ||
      exchange.task.sense.key == scsi::SenseKey::completed) {
    length = exchange.task.encode_sense(std::span(exchange.sense).subspan<2, scsi::kSenseMax>());
    store_be16(exchange.sense.data(), static_cast<uint16_t>(length));
    length += 2;
  }
  writer.add(bhs, ConstBytes(exchange.sense.data(), length));
}

void OutputQueue::stamp(Bhs& bhs, bool consumes) {
  store_be32(&bhs[kStatSnAt], stat_sn_);
  if (consumes) {
    ++stat_sn_;
    --statuses_;
  }
  store_be32(&bhs[kExpCmdSnAt], window_.exp_cmd_sn());
  store_be32(&bhs[kMaxCmdSnAt], window_.max_cmd_sn());
}

}  // namespace tidemark::target
