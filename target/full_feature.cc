#include "target/full_feature.h"

#include <algorithm>
#include <utility>

#include "target/serial.h"

namespace tidemark::target {
namespace {

uint16_t in_seconds(Duration duration) {
  return static_cast<uint16_t>(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

}  // namespace

FullFeature::FullFeature(Start start, std::shared_ptr<Session> session,
                         const TargetDirectory& targets, const Limits& limits, BufferPool& pool,
                         PduReader& reader, ConnectionHost& host)
    : parameters_(std::move(start.parameters)),
      session_(std::move(session)),
      limits_(limits),
      reader_(reader),
      host_(host),
      cid_(start.cid),
      output_(parameters_, session_->window(), start.stat_sn),
      text_(targets, parameters_, limits),
      acknowledged_stat_sn_(start.stat_sn) {
  if (session_->port())
    flow_ = std::make_unique<CommandFlow>(*session_->port(), pool, start.core, parameters_, limits_,
                                          session_->window(), output_, reader_, host_);
}

bool FullFeature::header_complete(TimePoint now) {
  now_ = now;
  if (flow_ && flow_->awaits_memory())
    return flow_->retry_memory() != CommandFlow::Place::no_memory;
  const Opcode opcode = opcode_of(reader_.bhs());
  acknowledge(exp_stat_sn_of(reader_.bhs()));
  early_ = Early::no;
  skip_ = false;
  reject_.reset();
  if (logging_out_ || session_->ending()) {
    skip_ = true;  // nothing after a Logout Request counts
  } else if (carries_cmd_sn(opcode) && !is_immediate(reader_.bhs()) && !may_deliver(now)) {
    return false;
  }
  if (skip_) {
    reader_.data_nowhere();
    return true;
  }
  return place_data(opcode, now);
}

/// Looks at the CmdSN of the request. False: it has to wait for its turn.
bool FullFeature::may_deliver(TimePoint now) {
  switch (session_->window().judge(cmd_sn_of(reader_.bhs()))) {
    case CommandWindow::Verdict::deliver:
      return true;
    case CommandWindow::Verdict::ignore:
      skip_ = true;
      return true;
    case CommandWindow::Verdict::early:
      break;
  }
  if (session_->single()) {
    // On one connection nothing can come in between any more.
    skip_ = true;
    host_.hang_up("commands are missing before CmdSN");
    return true;
  }
  early_ = Early::waits;
  session_->note_early(now);
  return false;
}

void FullFeature::header_again() {
  if (early_ != Early::waits) return;
  early_ = Early::offered;
  host_.header_wanted();
}

void FullFeature::acknowledge(uint32_t exp_stat_sn) {
  const bool news = serial_less(acknowledged_stat_sn_, exp_stat_sn) &&
                    serial_less_equal(exp_stat_sn, output_.stat_sn());
  if (!news) return;
  acknowledged_stat_sn_ = exp_stat_sn;
  if (session_->management().fenced()) session_->management().acknowledged();
}

bool FullFeature::place_data(Opcode opcode, TimePoint now) {
  switch (opcode) {
    case Opcode::scsi_command: {
      if (!flow_) break;
      if (session_->find(itt_of(reader_.bhs()))) {
        reject_ = RejectReason::task_in_progress;
        break;
      }
      const CommandFlow::Place place = flow_->command_header(now);
      if (place == CommandFlow::Place::rejected) reject_ = flow_->reason();
      session_->window_moved();
      return place != CommandFlow::Place::no_memory;
    }
    case Opcode::data_out:
      if (!flow_) break;
      flow_->data_out_header(now);
      return true;
    case Opcode::nop_out:
    case Opcode::text_request:
      reader_.data_here();
      return true;
    default:
      break;
  }
  reader_.data_nowhere();
  return true;
}

void FullFeature::pdu_complete() {
  if (skip_) return;
  const Opcode opcode = opcode_of(reader_.bhs());
  if (reject_) return reject(*reject_);
  if (flow_ && (opcode == Opcode::scsi_command || opcode == Opcode::data_out)) {
    if (!reader_.data_digest_ok()) reject(RejectReason::data_digest_error);
    return flow_->pdu_complete();
  }
  // Not received, as far as CmdSN goes.
  if (!reader_.data_digest_ok()) return reject(RejectReason::data_digest_error);
  if (carries_cmd_sn(opcode) && opcode != Opcode::login_request && !is_immediate(reader_.bhs())) {
    // Another connection may have brought the same number while this PDU was coming in.
    CommandWindow& window = session_->window();
    if (window.judge(cmd_sn_of(reader_.bhs())) != CommandWindow::Verdict::deliver) return;
    window.take();
    window.release();
    session_->window_moved();
  }
  handle(opcode);
}

void FullFeature::handle(Opcode opcode) {
  switch (opcode) {
    case Opcode::nop_out:
      return nop_out();
    case Opcode::text_request:
      return text_request();
    case Opcode::logout_request:
      return logout();
    case Opcode::task_management_request:
      if (flow_) return task_management();
      break;
    case Opcode::scsi_command:
    case Opcode::data_out:
      break;  // in a discovery session
    case Opcode::login_request:
      reject(RejectReason::protocol_error);
      return host_.hang_up("Login Request in full feature phase");
    case Opcode::snack:
      return reject(RejectReason::snack_reject);
    default:
      if (static_cast<uint8_t>(opcode) >= static_cast<uint8_t>(Opcode::nop_in)) {
        reject(RejectReason::protocol_error);
        return host_.hang_up("PDU that only targets send");
      }
      return reject(RejectReason::command_not_supported);
  }
  reject(RejectReason::protocol_error);
}

void FullFeature::nop_out() {
  const auto request = as<NopOut>(reader_.bhs());
  if (request.itt == kNoTag) return;  // the answer to our ping, or a mere acknowledgement
  NopIn reply;
  reply.lun = request.lun;
  reply.itt = request.itt;
  ControlPdu& pdu = output_.make(reply);
  const size_t most = parameters_.get(Key::max_recv_data_segment_length);
  const ConstBytes data = reader_.data().first(std::min(most, reader_.data().size()));
  pdu.data.assign(data.begin(), data.end());
  output_.push(pdu);
  host_.work_ready();
}

void FullFeature::ping() {
  NopIn ping;
  if (++ping_tag_ == kNoTag) ping_tag_ = 1;
  ping.ttt = ping_tag_;
  ControlPdu& pdu = output_.make(ping);
  pdu.stat_sn = ControlPdu::StatSn::shown;
  output_.push(pdu);
  host_.work_ready();
}

void FullFeature::report_window() {
  ControlPdu& pdu = output_.make(NopIn{});
  pdu.stat_sn = ControlPdu::StatSn::shown;
  output_.push(pdu);
  host_.work_ready();
}

void FullFeature::ask_logout(Duration grace) {
  AsyncMessage message;
  message.event = AsyncMessage::kLogoutRequested;
  message.parameter3 = in_seconds(grace);
  output_.push(output_.make(message));
  host_.work_ready();
}

void FullFeature::drop(const std::string& reason) {
  announce_drop();
  host_.hang_up(reason);
}

void FullFeature::announce_drop() {
  AsyncMessage message;
  message.event = AsyncMessage::kConnectionDropped;
  message.parameter1 = cid_;
  message.parameter2 = static_cast<uint16_t>(parameters_.get(Key::default_time2wait));
  // Nothing is retained at ErrorRecoveryLevel 0.
  message.parameter3 = 0;
  output_.push(output_.make(message));
}

void FullFeature::text_request() {
  auto reply = text_.request(reader_.bhs(), reader_.data());
  if (!reply) return reject(text_.reason());
  ControlPdu& pdu = output_.make(reply->pdu);
  pdu.data = std::move(reply->data);
  output_.push(pdu);
  host_.work_ready();
}

void FullFeature::task_management() {
  const auto request = as<TaskManagementRequest>(reader_.bhs());
  TaskManagement& management = session_->management();
  // One that advances CmdSN has been received and needs its response.
  if (management.full() && is_immediate(reader_.bhs()))
    return reject(RejectReason::too_many_immediate);
  management.request(*this, request);
  if (management.waiting()) session_->note_early(now_);
}

void FullFeature::answer_management(uint32_t itt, uint8_t response, uint32_t additional) {
  TaskManagementResponse reply;
  reply.start.byte2 = response;
  reply.additional = additional;
  reply.itt = itt;
  output_.push(output_.make(reply));
  host_.work_ready();
}

void FullFeature::logout() {
  const auto request = as<LogoutRequest>(reader_.bhs());
  switch (request.start.flags & 0x7f) {
    case LogoutRequest::kCloseSession:
      return log_out_session(request.itt);
    case LogoutRequest::kCloseConnection:
      return log_out_connection(request.itt, request.cid);
    case LogoutRequest::kRemoveForRecovery:
      return answer_logout(request.itt, LogoutResponse::kRecoveryNotSupported);
    default:
      return reject(RejectReason::invalid_field);
  }
}

/// Answered once the commands under way have really ended.
void FullFeature::log_out_session(uint32_t itt) {
  logging_out_ = true;
  for (FullFeature* other : session_->connections())
    if (other != this) other->hang_up("the session is logged out");
  session_->detach([self = weak_from_this(), itt] {
    if (const auto alive = self.lock()) alive->answer_logout(itt, LogoutResponse::kClosed);
  });
}

void FullFeature::log_out_connection(uint32_t itt, uint16_t cid) {
  FullFeature* leaving = session_->connection(cid);
  if (leaving == nullptr) return answer_logout(itt, LogoutResponse::kCidNotFound);
  if (session_->single()) return log_out_session(itt);
  leaving->logging_out_ = true;
  leaving->abort_tasks([self = weak_from_this(), gone = leaving->weak_from_this(), itt] {
    if (const auto alive = self.lock()) alive->answer_logout(itt, LogoutResponse::kClosed);
    const auto other = gone.lock();
    if (other && other != self.lock()) other->hang_up("logged out through another connection");
  });
}

void FullFeature::answer_logout(uint32_t itt, uint8_t response) {
  LogoutResponse reply;
  reply.start.byte2 = response;
  reply.itt = itt;
  reply.time2wait = static_cast<uint16_t>(parameters_.get(Key::default_time2wait));
  ControlPdu& pdu = output_.make(reply);
  if (response == LogoutResponse::kClosed && logging_out_) pdu.after = ControlPdu::After::close;
  output_.push(pdu);
  host_.work_ready();
}

void FullFeature::reject(RejectReason reason) {
  Reject reply;
  reply.start.byte2 = static_cast<uint8_t>(reason);
  ControlPdu& pdu = output_.make(reply);
  const Bhs& bhs = reader_.bhs();
  pdu.data.assign(bhs.begin(), bhs.end());
  pdu.data.append(reader_.ahs().begin(), reader_.ahs().end());
  output_.push(pdu);
  host_.work_ready();
}

void FullFeature::work() {
  if (flow_ && !session_->ending()) flow_->work();
}

void FullFeature::abort_tasks(std::function<void()> ended) {
  if (!flow_) return ended();
  flow_->abort_all(std::move(ended));
}

}  // namespace tidemark::target
