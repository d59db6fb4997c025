#include "target/session.h"

#include <algorithm>
#include <utility>

#include "target/serial.h"

namespace tidemark::target {

Session::Session(Start start, std::unique_ptr<ScsiPort> port, const TargetDirectory& targets,
                 const Limits& limits, BufferPool& pool, PduReader& reader, SessionHost& host)
    : parameters_(std::move(start.parameters)),
      limits_(limits),
      reader_(reader),
      host_(host),
      cid_(start.cid),
      window_(start.cmd_sn, limits.window_depth),
      output_(parameters_, window_, start.stat_sn),
      text_(targets, parameters_, limits, std::move(start.local_address)),
      port_(std::move(port)) {
  if (port_)
    flow_ = std::make_unique<CommandFlow>(*port_, pool, start.core, parameters_, limits_, window_,
                                          output_, reader_, host_);
}

bool Session::header_complete(TimePoint now) {
  if (flow_ && flow_->awaits_memory())
    return flow_->retry_memory() != CommandFlow::Place::no_memory;
  const Opcode opcode = opcode_of(reader_.bhs());
  skip_ = false;
  reject_.reset();
  if (logging_out_) skip_ = true;  // nothing after a Logout Request counts
  if (!skip_ && carries_cmd_sn(opcode) && !is_immediate(reader_.bhs())) {
    switch (window_.judge(cmd_sn_of(reader_.bhs()))) {
      case CommandWindow::Verdict::deliver:
        break;
      case CommandWindow::Verdict::ignore:
        skip_ = true;
        break;
      case CommandWindow::Verdict::hole:
        // On one connection nothing can come in between any more.
        skip_ = true;
        host_.hang_up("commands are missing before CmdSN");
        break;
    }
  }
  if (skip_) {
    reader_.data_nowhere();
    return true;
  }
  return place_data(opcode, now);
}

bool Session::place_data(Opcode opcode, TimePoint now) {
  switch (opcode) {
    case Opcode::scsi_command:
      if (!flow_) break;
      switch (flow_->command_header(now)) {
        case CommandFlow::Place::no_memory:
          return false;
        case CommandFlow::Place::rejected:
          reject_ = flow_->reason();
          break;
        case CommandFlow::Place::done:
          break;
      }
      return true;
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

void Session::pdu_complete() {
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
    window_.take();
    window_.release();
  }
  handle(opcode);
}

void Session::handle(Opcode opcode) {
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

void Session::nop_out() {
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

void Session::ping() {
  NopIn ping;
  if (++ping_tag_ == kNoTag) ping_tag_ = 1;
  ping.ttt = ping_tag_;
  ControlPdu& pdu = output_.make(ping);
  pdu.stat_sn = ControlPdu::StatSn::shown;
  output_.push(pdu);
  host_.work_ready();
}

void Session::ask_logout() {
  AsyncMessage message;
  message.event = AsyncMessage::kLogoutRequested;
  message.parameter3 =
      static_cast<uint16_t>(std::chrono::ceil<std::chrono::seconds>(limits_.stop_grace).count());
  output_.push(output_.make(message));
  host_.work_ready();
}

void Session::text_request() {
  auto reply = text_.request(reader_.bhs(), reader_.data());
  if (!reply) return reject(text_.reason());
  ControlPdu& pdu = output_.make(reply->pdu);
  pdu.data = std::move(reply->data);
  output_.push(pdu);
  host_.work_ready();
}

void Session::logout() {
  const auto request = as<LogoutRequest>(reader_.bhs());
  const uint8_t reason = request.start.flags & 0x7f;
  constexpr uint8_t kCloseSession = 0;
  constexpr uint8_t kCloseConnection = 1;
  constexpr uint8_t kRemoveForRecovery = 2;
  constexpr uint8_t kCidNotFound = 1;
  constexpr uint8_t kRecoveryNotSupported = 2;
  if (reason == kRemoveForRecovery) return answer_logout(request.itt, kRecoveryNotSupported);
  if (reason == kCloseConnection && request.cid != cid_)
    return answer_logout(request.itt, kCidNotFound);
  if (reason != kCloseSession && reason != kCloseConnection)
    return reject(RejectReason::invalid_field);
  // Answered once the commands under way have really ended.
  logging_out_ = true;
  detach([self = weak_from_this(), itt = uint32_t{request.itt}] {
    if (const auto session = self.lock()) session->answer_logout(itt, 0);
  });
}

void Session::answer_logout(uint32_t itt, uint8_t response) {
  LogoutResponse reply;
  reply.start.byte2 = response;
  reply.itt = itt;
  reply.time2wait = static_cast<uint16_t>(parameters_.get(Key::default_time2wait));
  ControlPdu& pdu = output_.make(reply);
  if (response == 0) pdu.after = ControlPdu::After::close;
  output_.push(pdu);
  host_.work_ready();
}

void Session::reject(RejectReason reason) {
  Reject reply;
  reply.start.byte2 = static_cast<uint8_t>(reason);
  ControlPdu& pdu = output_.make(reply);
  const Bhs& bhs = reader_.bhs();
  pdu.data.assign(bhs.begin(), bhs.end());
  pdu.data.append(reader_.ahs().begin(), reader_.ahs().end());
  output_.push(pdu);
  host_.work_ready();
}

void Session::work() {
  if (flow_ && !detaching_) flow_->work();
}

void Session::detach(std::function<void()> ended) {
  if (!port_ || detached_) return ended();
  on_detached_.push_back(std::move(ended));
  if (detaching_) return;
  detaching_ = true;
  port_->detach([self = shared_from_this()] {
    self->detached_ = true;
    for (auto& call : std::exchange(self->on_detached_, {})) call();
  });
}

}  // namespace tidemark::target
