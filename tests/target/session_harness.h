// A session without sockets: PDUs go in as bytes through real PduReaders, what it sends comes out
// through real PduWriters, and a fake device server ends commands when the test says so.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "target/full_feature.h"
#include "tests/target/fake_directory.h"

namespace tidemark::target {

/// Commands by first CDB byte: 28h reads, 2Ah writes `cdb[8]` blocks of 512 bytes, 0 moves
/// nothing, FFh is refused at begin. They stay with it until finish() or an abort.
class FakePort final : public ScsiPort {
 public:
  scsi::ItNexus* nexus() override { return nullptr; }
  bool begin(scsi::Task& task) override {
    const uint64_t bytes = task.cdb[8] * 512u;
    if (task.cdb[0] == 0xff) {
      task.status = scsi::Status::check_condition;
      task.sense = scsi::sense::invalid_opcode();
      return false;
    }
    if (task.cdb[0] == 0x28) task.direction = scsi::DataDirection::in;
    if (task.cdb[0] == 0x2a) {
      task.direction = scsi::DataDirection::out;
      task.data_out_length = bytes;
    }
    // However it ends, it is forgotten here first.
    done_ = std::exchange(task.done, &FakePort::ended);
    task.state = std::shared_ptr<void>(std::shared_ptr<void>(), this);
    begun.push_back(&task);
    return true;
  }
  void execute(scsi::Task& task) override {
    executed.push_back(&task);
    if (task.data_out.size() > 0) {
      written.resize(task.data_out.size());
      task.data_out.copy_out(0, written);
    }
    if (at_once) finish(task);
  }
  void manage(scsi::TaskManagementFunction function, uint64_t, uint64_t tag,
              std::function<void(scsi::TaskManagementResponse)> answer) override {
    functions.push_back(function);
    const bool one = function == scsi::TaskManagementFunction::abort_task;
    const bool query = function >= scsi::TaskManagementFunction::query_task;
    if (query) return answer(scsi::TaskManagementResponse::complete);
    if (hold_answers) {
      held_answer = std::move(answer);
      return;
    }
    for (scsi::Task* task : std::vector(begun))
      if (!one || task->tag == tag) abort(*task);
    answer(scsi::TaskManagementResponse::complete);
  }
  bool offered(const Admission&) override { return true; }
  scsi::TaskManagementResponse query_attention(uint64_t, uint32_t& additional) override {
    additional = 0x162903;
    return scsi::TaskManagementResponse::succeeded;
  }
  void detach(std::function<void()> ended) override {
    for (scsi::Task* task : std::vector(begun)) abort(*task);
    detached_ = std::move(ended);
    if (detach_at_once) let_go();
  }
  /// Nothing is left: tells who detached.
  void let_go() { std::exchange(detached_, {})(); }

  void finish(scsi::Task& task) {
    if (task.direction == scsi::DataDirection::in) {
      task.data_in_length = task.cdb[8] * 512u;
      const auto length = std::min<uint64_t>(task.data_in_length, task.data_in_limit);
      task.data_in = task.pool->acquire(length);
      task.data_in.fill(task.cdb[5]);
    }
    task.finish();
  }
  void fail(scsi::Task& task) { task.finish(scsi::sense::aborted(0x4400)); }
  void abort(scsi::Task& task) {
    task.aborted = true;
    task.finish();
  }

  bool at_once = true;
  bool hold_answers = false;  // of task management
  std::function<void(scsi::TaskManagementResponse)> held_answer;
  bool detach_at_once = true;
  std::vector<scsi::Task*> begun;
  std::vector<scsi::Task*> executed;
  std::vector<scsi::TaskManagementFunction> functions;
  std::vector<uint8_t> written;

 private:
  static void ended(scsi::Task& task) noexcept {
    auto& port = *static_cast<FakePort*>(task.state.get());
    std::erase(port.begun, &task);
    std::erase(port.executed, &task);
    port.done_(task);
  }

  std::function<void()> detached_;
  scsi::Task::Done done_ = nullptr;
};

/// One connection of a session: what is fed to it and what came out.
class ConnectionHarness : public ConnectionHost {
 public:
  struct Out {
    Bhs bhs{};
    std::vector<uint8_t> data;
    Opcode opcode() const { return opcode_of(bhs); }
  };

  ConnectionHarness(std::shared_ptr<Session> of, uint16_t cid, const Limits& limits,
                    BufferPool& pool)
      : session(std::move(of)), reader_(256 * kKiB) {
    FullFeature::Start start;
    start.parameters = session->parameters();
    start.stat_sn = 100;
    start.cid = cid;
    session->admit(cid, [](LoginStatus status) { EXPECT_EQ(status, LoginStatus::success); });
    full = std::make_shared<FullFeature>(std::move(start), session, directory_, limits, pool,
                                         reader_, *this);
    session->enter(*full);
  }

  template <class Layout>
  void send(const Layout& layout, std::string_view data = {}) {
    Bhs bhs = bhs_of(layout);
    set_segment_length(bhs, static_cast<uint32_t>(data.size()));
    std::string bytes(bhs.begin(), bhs.end());
    bytes.append(data).append(padding_of(data.size()), '\0');
    feed(bytes);
  }
  void feed(std::string_view bytes) {
    pending_.append(bytes);
    run();
  }
  /// Everything that can be done now.
  void run() {
    while (step()) {
    }
    full->work();
    drain();
  }
  /// The next PDU sent, which must be there.
  Out take() {
    if (out.empty()) {
      ADD_FAILURE() << "nothing was sent";
      return {};
    }
    Out pdu = std::move(out.front());
    out.pop_front();
    return pdu;
  }

  void work_ready() override {}
  void memory_wanted() override { ++memory_waits; }
  void header_wanted() override { ++headers_wanted; }
  void hang_up(std::string reason) override { hung_up = std::move(reason); }
  void end_all_sessions() override { all_ended = true; }

  void set_digests(bool header, bool data) { reader_.set_digests(header, data); }
  bool stalled() const { return stalled_; }

 private:
  bool step() {
    if (stalled_) {
      stalled_ = !full->header_complete(now);
      if (stalled_) return false;
    }
    switch (reader_.next()) {
      case PduReader::Step::need_bytes: {
        if (pending_.empty()) return false;
        size_t given = 0;
        for (const iovec& piece : reader_.space()) {
          const size_t part = std::min(pending_.size() - given, piece.iov_len);
          std::copy_n(pending_.begin() + static_cast<std::ptrdiff_t>(given), part,
                      static_cast<char*>(piece.iov_base));
          given += part;
        }
        pending_.erase(0, given);
        reader_.received(given);
        return true;
      }
      case PduReader::Step::header:
        stalled_ = !full->header_complete(now);
        return !stalled_;
      case PduReader::Step::pdu:
        full->pdu_complete();
        return true;
      case PduReader::Step::fault:
        hung_up = "framing";
        return false;
    }
    return false;
  }
  void drain() {
    while (true) {
      if (full->sent()) closed = true;
      full->work();
      full->fill(writer_);
      if (writer_.drained()) return;
      std::vector<uint8_t> bytes;
      for (const iovec& piece : writer_.pending()) {
        const auto* from = static_cast<const uint8_t*>(piece.iov_base);
        bytes.insert(bytes.end(), from, from + piece.iov_len);
      }
      writer_.sent(bytes.size());
      size_t at = 0;
      while (at < bytes.size()) {
        Out pdu;
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), kBhsSize, pdu.bhs.begin());
        const size_t length = segment_length_of(pdu.bhs);
        const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at + kBhsSize);
        pdu.data.assign(from, from + static_cast<std::ptrdiff_t>(length));
        at += kBhsSize + padded(length);
        out.push_back(std::move(pdu));
      }
    }
  }

  FakeDirectory directory_;

 public:
  std::shared_ptr<Session> session;

 private:
  PduReader reader_;
  PduWriter writer_;
  std::string pending_;
  bool stalled_ = false;

 public:
  std::shared_ptr<FullFeature> full;
  std::deque<Out> out;
  TimePoint now{std::chrono::hours(1)};
  std::optional<std::string> hung_up;
  bool all_ended = false;
  bool closed = false;
  int memory_waits = 0;
  int headers_wanted = 0;
};

/// What makes a session before its first connection.
struct SessionParts {
  SessionParts(const Limits& given, Parameters parameters, bool discovery, size_t memory)
      : limits(given), pool(memory) {
    if (discovery) parameters.set(Key::session_type, kSessionDiscovery);
    parameters.initiator_name = "iqn.friend";
    if (!discovery) parameters.target_name = "iqn.open";
    std::unique_ptr<FakePort> fake;
    if (!discovery) fake = std::make_unique<FakePort>();
    port = fake.get();
    made = std::make_shared<Session>(std::move(parameters), 1, std::move(fake), limits,
                                     [this] { over = true; });
  }
  Limits limits;
  BufferPool pool;
  FakePort* port = nullptr;
  std::shared_ptr<Session> made;
  bool over = false;
};

/// A session and its first connection (CID 3).
class SessionHarness : public SessionParts, public ConnectionHarness {
 public:
  explicit SessionHarness(const Limits& given = {}, const Parameters& parameters = defaults(),
                          bool discovery = false, size_t memory = 64 * kMiB)
      : SessionParts(given, parameters, discovery, memory),
        ConnectionHarness(made, 3, limits, pool) {}
  static Parameters defaults() {
    Parameters parameters;
    parameters.set(Key::initial_r2t, 0);
    parameters.set(Key::iscsi_protocol_level, 2);
    return parameters;
  }

  uint32_t command(uint8_t opcode, uint8_t blocks, uint8_t flags, uint32_t expected,
                   std::string_view data = {}) {
    return command_on(*this, opcode, blocks, flags, expected, data);
  }
  uint32_t command_on(ConnectionHarness& on, uint8_t opcode, uint8_t blocks, uint8_t flags,
                      uint32_t expected, std::string_view data = {}) {
    ScsiCommand pdu;
    pdu.start.flags = flags;
    pdu.itt = ++itt;
    pdu.expected_length = expected;
    pdu.cmd_sn = cmd_sn++;
    pdu.cdb[0] = opcode;
    pdu.cdb[5] = 0x5a;
    pdu.cdb[8] = blocks;
    on.send(pdu, data);
    return itt;
  }
  void data_out(uint32_t tag, uint32_t ttt, uint32_t sn, uint32_t offset, size_t length,
                bool final) {
    DataOut pdu;
    pdu.start.flags = final ? kFinal : 0;
    pdu.itt = tag;
    pdu.ttt = ttt;
    pdu.data_sn = sn;
    pdu.buffer_offset = offset;
    send(pdu, std::string(length, static_cast<char>('a' + sn)));
  }
  void manage(uint8_t function, uint32_t rtt = kNoTag, uint32_t ref_cmd_sn = 0) {
    manage_on(*this, function, rtt, ref_cmd_sn);
  }
  void manage_on(ConnectionHarness& on, uint8_t function, uint32_t rtt = kNoTag,
                 uint32_t ref_cmd_sn = 0) {
    TaskManagementRequest pdu;
    pdu.start.opcode |= kImmediate;
    pdu.start.flags = static_cast<uint8_t>(kFinal | function);
    pdu.itt = ++itt;
    pdu.cmd_sn = cmd_sn;
    pdu.referenced_task_tag = rtt;
    pdu.ref_cmd_sn = ref_cmd_sn;
    on.send(pdu);
  }

  uint32_t itt = 0x1000;
  uint32_t cmd_sn = 1;
};

}  // namespace tidemark::target
