#include "target/command_flow.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/invariant.h"
#include "target/additional_segments.h"

namespace tidemark::target {
namespace {

/// INVALID FIELD IN COMMAND INFORMATION UNIT: the R and W bits contradict the command.
constexpr scsi::Asc kInvalidFieldInCommandInformation = 0x0e03;

scsi::SenseData wrong_direction() {
  scsi::SenseData sense;
  sense.key = scsi::SenseKey::illegal_request;
  sense.asc = kInvalidFieldInCommandInformation;
  return sense;
}

scsi::TaskAttribute attribute_of(uint8_t code) {
  switch (code) {
    case 2:
      return scsi::TaskAttribute::ordered;
    case 3:
      return scsi::TaskAttribute::head_of_queue;
    case 4:
      return scsi::TaskAttribute::aca;
    case 1:
      return scsi::TaskAttribute::simple;
    default:
      return scsi::TaskAttribute::untagged;
  }
}

}  // namespace

CommandFlow::CommandFlow(ScsiPort& port, BufferPool& pool, CoreId core,
                         const Parameters& parameters, const Limits& limits, CommandWindow& window,
                         OutputQueue& output, PduReader& reader, ConnectionHost& host)
    : port_(port),
      pool_(pool),
      core_(core),
      parameters_(parameters),
      limits_(limits),
      window_(window),
      output_(output),
      reader_(reader),
      host_(host),
      write_share_(pool, limits.write_bytes, limits.connections),
      read_share_(pool, limits.output_bytes, limits.connections) {
  output_.set_owner(*this);
}

CommandFlow::Place CommandFlow::reject(RejectReason reason) {
  reason_ = reason;
  reader_.data_nowhere();
  return Place::rejected;
}

CommandFlow::Place CommandFlow::command_header(TimePoint now) {
  now_ = now;
  const auto command = as<ScsiCommand>(reader_.bhs());
  const bool immediate = is_immediate(reader_.bhs());
  if (command.itt == kNoTag) return reject(RejectReason::invalid_field);
  if (immediate && immediate_count_ >= limits_.immediate_commands)
    return reject(RejectReason::too_many_immediate);

  Exchange& exchange = table_.open(command.itt);
  if (!fill_task(exchange, command)) {
    table_.close(exchange);
    return reject(RejectReason::invalid_field);
  }
  exchange.stage = Exchange::Stage::receiving;
  exchange.cmd_sn = command.cmd_sn;
  exchange.immediate = immediate;
  exchange.progress = now;
  exchange.under_way = true;
  if (immediate)
    ++immediate_count_;
  else
    window_.take();
  ++commands_;
  incoming_ = &exchange;
  begin_task(exchange, command);
  return retry_memory();
}

bool CommandFlow::fill_task(Exchange& exchange, const ScsiCommand& command) {
  AdditionalSegments more;
  if (!parse_additional_segments(reader_.ahs(), more)) return false;
  if (command.cdb.size() + more.extended_cdb.size() > scsi::kCdbMax) return false;
  scsi::Task& task = exchange.task;
  task.nexus = port_.nexus();
  task.lun_field = command.lun;
  task.tag = command.itt;
  task.attribute = attribute_of(command.start.flags & ScsiCommand::kAttributeMask);
  std::copy(command.cdb.begin(), command.cdb.end(), task.cdb.begin());
  std::copy(more.extended_cdb.begin(), more.extended_cdb.end(),
            task.cdb.begin() + command.cdb.size());
  task.cdb_length = static_cast<uint8_t>(command.cdb.size() + more.extended_cdb.size());
  task.pool = &pool_;
  task.core = core_;
  task.done = &CommandFlow::task_done;
  task.owner = this;
  if (more.bidirectional) {
    exchange.refusal = wrong_direction();
    exchange.bidirectional_read = more.read_length;
  }
  return true;
}

void CommandFlow::begin_task(Exchange& exchange, const ScsiCommand& command) {
  scsi::Task& task = exchange.task;
  const bool reads = command.start.flags & ScsiCommand::kRead;
  const bool writes = command.start.flags & ScsiCommand::kWrite;
  const uint32_t expected = command.expected_length;
  task.data_in_limit = reads ? expected : 0;
  task.data_out_offered = writes ? expected : 0;
  exchange.begun = port_.begin(task);

  using Direction = scsi::DataDirection;
  // A write flag on a command that reads: its data is swallowed, and the residual tells. A read
  // flag on a command that writes would change the medium with data that never came.
  exchange.against = task.direction == Direction::in && writes && !reads;
  const bool read_flag = expected > 0 && task.direction == Direction::out && reads;
  if ((reads && writes) || read_flag) exchange.refusal = wrong_direction();
  exchange.expected = reads || writes ? expected : 0;

  const bool moves_out =
      exchange.begun && !exchange.refusal && task.direction == Direction::out && writes;
  WriteRules rules;
  rules.initial_r2t = parameters_.yes(Key::initial_r2t);
  rules.immediate_data = parameters_.yes(Key::immediate_data);
  rules.first_burst = parameters_.first_burst();
  rules.max_burst = parameters_.get(Key::max_burst_length);
  rules.outstanding_r2t = parameters_.get(Key::max_outstanding_r2t);
  exchange.write.begin(rules, writes ? expected : 0, moves_out ? task.data_out_length : 0,
                       reader_.segment_length(), !writes || is_final(reader_.bhs()));
}

CommandFlow::Place CommandFlow::retry_memory() {
  stalled_ = false;
  if (incoming_ == nullptr) return Place::done;  // aborted meanwhile
  Exchange& exchange = *incoming_;
  const size_t segment = reader_.segment_length();
  const uint32_t wanted = exchange.write.wanted();
  const bool unsolicited = segment > 0 || exchange.write.bursts_open();
  if (wanted > 0 && unsolicited && exchange.write.fault() == WriteTransfer::Fault::none &&
      !reserve(exchange)) {
    if (!others_gather(exchange) && wanted <= pool_.budget() / 2) {
      stalled_ = true;
      host_.memory_wanted();
      return Place::no_memory;
    }
    exchange.busy = true;
    exchange.write.stop();
  }
  if (exchange.task.data_out.empty())
    reader_.data_nowhere();
  else
    reader_.data_to(exchange.task.data_out, 0, wanted);
  return Place::done;
}

/// Memory for its data, if there is any for this connection now.
bool CommandFlow::reserve(Exchange& exchange) {
  const uint64_t wanted = exchange.write.wanted();
  if (!write_share_.may_have(wanted)) return false;
  const size_t before = pool_.in_use();
  exchange.task.data_out = pool_.acquire(wanted);
  if (exchange.task.data_out.empty()) return false;
  exchange.write_charge = pool_.in_use() - before;  // chunks are larger than what is in them
  write_share_.take(exchange.write_charge);
  return true;
}

void CommandFlow::give_back(Exchange& exchange) {
  write_share_.give_back(std::exchange(exchange.write_charge, 0));
  exchange.task.data_out.reset();  // the pool tells those that wait
}

bool CommandFlow::others_gather(const Exchange& but) {
  bool found = false;
  table_.for_each([&](Exchange& exchange) {
    if (&exchange != &but && exchange.stage == Exchange::Stage::gathering &&
        exchange.write.bursts_open())
      found = true;
  });
  return found;
}

void CommandFlow::data_out_header(TimePoint now) {
  now_ = now;
  const auto pdu = as<DataOut>(reader_.bhs());
  Exchange* exchange = table_.find(pdu.itt);
  // Data for a task that was aborted or never was: swallowed.
  if (exchange == nullptr || exchange->stage != Exchange::Stage::gathering)
    return reader_.data_nowhere();
  incoming_ = exchange;
  exchange->progress = now;
  const bool fits = exchange->write.data_out(pdu.ttt, pdu.data_sn, pdu.buffer_offset,
                                             reader_.segment_length(), is_final(reader_.bhs()));
  const size_t room = exchange->write.room_at(pdu.buffer_offset);
  if (fits && room > 0 && !exchange->task.data_out.empty())
    reader_.data_to(exchange->task.data_out, pdu.buffer_offset, room);
  else
    reader_.data_nowhere();
}

void CommandFlow::pdu_complete() {
  if (incoming_ == nullptr) return;
  Exchange& exchange = *std::exchange(incoming_, nullptr);
  bytes_written_ += reader_.segment_length();
  if (!reader_.data_digest_ok()) exchange.write.fail(WriteTransfer::Fault::digest);
  exchange.stage = Exchange::Stage::gathering;
  advance(exchange);
}

void CommandFlow::advance(Exchange& exchange) {
  WriteTransfer& write = exchange.write;
  if (write.over()) return complete(exchange);
  if (write.bursts_open() || !exchange.task.data_out.empty()) return send_asks(exchange);
  memory_waiting_.push(exchange);
  host_.work_ready();
}

void CommandFlow::send_asks(Exchange& exchange) {
  while (const auto ask = exchange.write.next_ask(next_ttt_)) {
    if (++next_ttt_ == kNoTag) next_ttt_ = 1;
    R2t pdu;
    pdu.lun = exchange.task.lun_field;
    pdu.itt = exchange.itt;
    pdu.ttt = ask->ttt;
    pdu.r2t_sn = ask->r2t_sn;
    pdu.buffer_offset = ask->offset;
    pdu.desired_length = ask->length;
    ControlPdu& control = output_.make(pdu);
    control.stat_sn = ControlPdu::StatSn::shown;
    output_.push(control);
    host_.work_ready();
  }
}

void CommandFlow::complete(Exchange& exchange) {
  scsi::Task& task = exchange.task;
  if (exchange.refusal) {
    task.status = scsi::Status::check_condition;
    task.sense = *exchange.refusal;
  } else if (exchange.write.fault() != WriteTransfer::Fault::none) {
    task.status = scsi::Status::check_condition;
    task.sense = exchange.write.sense();
  } else if (exchange.busy) {
    task.status = scsi::Status::busy;
  } else if (exchange.begun) {
    task.data_out_received = exchange.write.wanted();
    exchange.stage = Exchange::Stage::waiting;
    waiting_.push(exchange);
    return host_.work_ready();
  }
  if (exchange.begun) return task.finish();
  answer(exchange);
}

void CommandFlow::work() {
  serve_memory();
  execute_waiting();
}

void CommandFlow::serve_memory() {
  while (Exchange* exchange = memory_waiting_.front()) {
    if (!reserve(*exchange)) {
      if (exchange->write.wanted() <= pool_.budget() / 2) return host_.memory_wanted();
      exchange->busy = true;
      exchange->write.stop();
    }
    memory_waiting_.pop();
    exchange->progress = now_;
    advance(*exchange);
  }
}

void CommandFlow::execute_waiting() {
  const uint64_t most = std::min<uint64_t>(limits_.output_bytes, pool_.budget() / 2);
  while (Exchange* exchange = waiting_.front()) {
    const bool reads = exchange->task.direction == scsi::DataDirection::in;
    const uint64_t charge = reads ? std::min<uint64_t>(exchange->expected, most) : 0;
    if (charge > 0 && !read_share_.may_have(charge)) {
      // What is held comes back by and by, and brings us here again.
      if (read_share_.held() == 0) host_.memory_wanted();
      return;
    }
    waiting_.pop();
    exchange->output_charge = charge;
    read_share_.take(charge);
    exchange->stage = Exchange::Stage::executing;
    port_.execute(exchange->task);  // done() may run inside: `exchange` is not looked at again
  }
}

void CommandFlow::task_done(scsi::Task& task) noexcept {
  auto& flow = *static_cast<CommandFlow*>(task.owner);
  Exchange* exchange = flow.table_.find(static_cast<uint32_t>(task.tag));
  INVARIANT(exchange != nullptr && &exchange->task == &task);
  flow.ended(*exchange);
}

void CommandFlow::ended(Exchange& exchange) {
  if (exchange.stage == Exchange::Stage::waiting) waiting_.remove(exchange);
  if (exchange.stage == Exchange::Stage::gathering) memory_waiting_.remove(exchange);
  if (incoming_ == &exchange) {
    incoming_ = nullptr;
    reader_.data_nowhere();
    reader_.forget_buffer();
  }
  if (!exchange.task.aborted) return answer(exchange);
  // Ended by task management: no status. If the window was closed, the initiator must hear that it
  // is open again.
  const bool was_closed = window_.closed();
  release_window(exchange);
  close(exchange);
  if (was_closed) {
    ControlPdu& update = output_.make(NopIn{});
    update.stat_sn = ControlPdu::StatSn::shown;
    output_.push(update);
  }
  host_.work_ready();
}

void CommandFlow::answer(Exchange& exchange) {
  scsi::Task& task = exchange.task;
  give_back(exchange);
  exchange.send_length = 0;
  if (task.direction == scsi::DataDirection::in)
    exchange.send_length = static_cast<uint32_t>(std::min<uint64_t>(
        {exchange.expected, task.data_in_limit, task.data_in_length, task.data_in.size()}));
  exchange.stage = Exchange::Stage::answering;
  output_.push(exchange);
  host_.work_ready();
}

void CommandFlow::status_leaves(Exchange& exchange) {
  release_window(exchange);
  // From here on the initiator may use the tag again.
  table_.forget_tag(exchange);
}

void CommandFlow::release_window(Exchange& exchange) {
  if (!std::exchange(exchange.under_way, false)) return;
  if (exchange.immediate)
    --immediate_count_;
  else
    window_.release();
}

void CommandFlow::exchange_sent(Exchange& exchange) {
  close(exchange);
}

void CommandFlow::close(Exchange& exchange) {
  give_back(exchange);
  read_share_.give_back(exchange.output_charge);
  table_.close(exchange);
}

void CommandFlow::abort_refused(std::optional<uint64_t> lun, std::optional<uint32_t> itt) {
  table_.for_each([&](Exchange& exchange) {
    if (exchange.begun || exchange.stage == Exchange::Stage::answering) return;
    if ((lun && exchange.task.lun_field != *lun) || (itt && exchange.itt != *itt)) return;
    exchange.task.aborted = true;
    ended(exchange);
  });
}

void CommandFlow::abort_all(std::function<void()> ended) {
  const auto left = std::make_shared<size_t>(1);
  const auto one_ended = [this, left, ended = std::move(ended)] {
    if (--*left > 0) return;
    // Those the device server never had, or has no more.
    table_.for_each([this](Exchange& exchange) { release_window(exchange); });
    ended();
  };
  struct Name {
    uint64_t lun, tag;
  };
  std::vector<Name> running;
  table_.for_each([&](const Exchange& exchange) {
    if (exchange.begun && exchange.stage != Exchange::Stage::answering)
      running.push_back({exchange.task.lun_field, exchange.task.tag});
  });
  *left += running.size();
  for (const Name& name : running)
    port_.manage(scsi::TaskManagementFunction::abort_task, name.lun, name.tag,
                 [one_ended](scsi::TaskManagementResponse) { one_ended(); });
  one_ended();
}

bool CommandFlow::overdue(TimePoint deadline) {
  bool found = false;
  table_.for_each([&](Exchange& exchange) {
    if (exchange.stage == Exchange::Stage::gathering && exchange.write.bursts_open() &&
        exchange.progress < deadline)
      found = true;
  });
  return found;
}

}  // namespace tidemark::target
