#include "target/text_exchange.h"

#include <algorithm>

namespace tidemark::target {

std::optional<TextExchange::Reply> TextExchange::reject(RejectReason reason) {
  reason_ = reason;
  open_ = false;
  return std::nullopt;
}

void TextExchange::start_over(uint32_t itt) {
  open_ = true;
  itt_ = itt;
  if (++ttt_ == kNoTag) ttt_ = 1;
  text_.clear();
  reply_.clear();
  replied_ = 0;
  pdus_ = 0;
  negotiation_.forget_seen();
}

std::optional<TextExchange::Reply> TextExchange::request(const Bhs& bhs, ConstBytes data) {
  const auto request = as<TextRequest>(bhs);
  const bool final = request.start.flags & kFinal;
  const bool more = request.start.flags & kContinue;
  if (request.itt == kNoTag || (final && more)) return reject(RejectReason::invalid_field);
  if (request.ttt == kNoTag)
    start_over(request.itt);
  else if (!open_ || request.ttt != ttt_ || request.itt != itt_)
    return reject(RejectReason::invalid_field);
  // An empty request only fetches the rest of an answer, which ends by itself.
  const bool counts = more || !data.empty();
  if (counts && ++pdus_ > limits_.text_pdus) return reject(RejectReason::out_of_resources);
  if (data.size() > limits_.text_bytes - std::min(text_.size(), limits_.text_bytes))
    return reject(RejectReason::out_of_resources);
  text_.append(reinterpret_cast<const char*>(data.data()), data.size());
  if (more) {
    Reply reply;
    reply.pdu.lun = request.lun;
    reply.pdu.itt = itt_;
    reply.pdu.ttt = ttt_;
    return reply;
  }
  if (replied_ < reply_.size() && !text_.empty()) return reject(RejectReason::protocol_error);
  if (!take_text()) return reject(RejectReason::protocol_error);
  return next_part(request);
}

bool TextExchange::take_text() {
  std::vector<KeyValue> pairs;
  if (parse_text(text_, limits_.text_keys, pairs) != TextFault::none) return false;
  for (const KeyValue& pair : pairs) {
    const bool asks = pair.key == row_of(Key::send_targets).name;
    const KeyFault fault = negotiation_.take(pair, NegotiationStage::full_feature, reply_);
    if (fault != KeyFault::none) return false;
    if (asks) send_targets(pair.value);
  }
  text_.clear();
  return true;
}

void TextExchange::send_targets(std::string_view which) {
  const bool discovery = parameters_.session_type() == SessionType::discovery;
  if (which == "All" && !discovery)
    return append_pair(reply_, row_of(Key::send_targets).name, "Reject");
  // Empty means the target one is logged in to (RFC 7143 appendix C).
  if (which.empty()) which = parameters_.target_name;
  for (const TargetRecord& target : targets_.visible_to(parameters_.initiator_name)) {
    if (which != "All" && which != target.name) continue;
    append_pair(reply_, row_of(Key::target_name).name, target.name);
    for (const std::string& address : target.addresses)
      append_pair(reply_, row_of(Key::target_address).name, address);
  }
}

TextExchange::Reply TextExchange::next_part(const TextRequest& request) {
  const size_t most = parameters_.get(Key::max_recv_data_segment_length);
  const size_t length = std::min(most, reply_.size() - replied_);
  const bool last = replied_ + length == reply_.size();
  Reply reply;
  reply.pdu.lun = request.lun;
  reply.pdu.itt = itt_;
  reply.data = reply_.substr(replied_, length);
  replied_ += length;
  if (!last) {
    reply.pdu.start.flags = kContinue;
  } else if (request.start.flags & kFinal) {
    reply.pdu.start.flags = kFinal;
  }
  if (reply.pdu.start.flags == kFinal)
    open_ = false;
  else
    reply.pdu.ttt = ttt_;
  return reply;
}

}  // namespace tidemark::target
