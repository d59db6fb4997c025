// A network that fails at every step of the full feature phase: whatever was under way, nothing is
// left of it, what was written is there whole or not at all, and the next one is served.
#include <gtest/gtest.h>

#include "tests/target/served_host.h"

namespace tidemark::target {
namespace {

constexpr uint32_t kHalf = 4096;
constexpr uint16_t kBlocks = 2 * kHalf / 512;

/// From login to logout, with a bit of everything; ends early when the network does. `steps` gets
/// the number of bytes sent after each PDU.
class Dialogue {
 public:
  Dialogue(RawInitiator& host, char fill, std::vector<size_t>* steps = nullptr)
      : host_(host), fill_(fill), steps_(steps) {}

  bool run() {
    return login() && attention() && write() && read() && ping() && abort_task_set() && text() &&
           logout();
  }

 private:
  bool said(Opcode wanted) {
    note();
    return host_.receive(wanted).has_value();
  }
  void note() {
    if (steps_) steps_->push_back(host_.bytes_sent());
  }
  bool login() {
    const bool good = host_.login(kTargetName, kHost) == 0;
    note();
    return good;
  }
  bool attention() {
    host_.command({0}, kPlainFlags, 0);
    return said(Opcode::scsi_response);
  }
  bool write() {
    const std::string half(kHalf, fill_);
    const uint32_t itt =
        host_.command(RawInitiator::cdb10(0x2a, 0, kBlocks), kWriteFlags, 2 * kHalf);
    note();
    const auto ask = host_.receive(Opcode::r2t);
    if (!ask) return false;
    const uint32_t ttt = as<R2t>(ask->bhs).ttt;
    host_.data_out(itt, ttt, 0, 0, half, false);
    note();
    host_.data_out(itt, ttt, 1, kHalf, half, true);
    return said(Opcode::scsi_response);
  }
  bool read() {
    host_.command(RawInitiator::cdb10(0x28, 0, kBlocks), kReadFlags, 2 * kHalf);
    return said(Opcode::data_in);
  }
  bool ping() {
    NopOut nop;
    nop.start.opcode |= kImmediate;
    nop.start.flags = kFinal;
    nop.itt = 0x1000;
    nop.ttt = kNoTag;
    nop.cmd_sn = host_.cmd_sn();
    host_.send(nop, "ping");
    return said(Opcode::nop_in);
  }
  bool abort_task_set() {
    host_.manage(2);
    return said(Opcode::task_management_response);
  }
  bool text() {
    TextRequest request;
    request.start.opcode |= kImmediate;
    request.start.flags = kFinal;
    request.itt = 0x1001;
    request.ttt = kNoTag;
    request.cmd_sn = host_.cmd_sn();
    std::string keys;
    append_pair(keys, "SendTargets", "");
    host_.send(request, keys);
    return said(Opcode::text_response);
  }
  bool logout() {
    host_.logout(LogoutRequest::kCloseSession, 0);
    return said(Opcode::logout_response);
  }

  RawInitiator& host_;
  char fill_;
  std::vector<size_t>* steps_;
};

/// Between all PDUs, and in each: in its header, at the end of that, and before its last byte.
std::vector<size_t> cuts(const std::vector<size_t>& steps) {
  std::vector<size_t> all;
  size_t begin = 0;
  for (const size_t end : steps) {
    for (const size_t at :
         {begin, begin + 1, begin + 24, begin + kBhsSize, (begin + end) / 2, end - 1})
      if (at < end && (all.empty() || at > all.back())) all.push_back(at);
    begin = end;
  }
  all.push_back(begin);
  return all;
}

/// What is there of the write: its bytes if it is all there, nothing if none of it; else a failure.
std::optional<char> written(ServedTarget& served, uint64_t isid) {
  RawInitiator host(served.port(), isid);
  EXPECT_EQ(host.login(kTargetName, kHost), 0);
  clear_attention(host);
  host.command(RawInitiator::cdb10(0x28, 0, kBlocks), kReadFlags, 2 * kHalf);
  const auto data = host.receive(Opcode::data_in);
  EXPECT_TRUE(data && data->data.size() == 2 * kHalf);
  if (!data || data->data.empty()) return std::nullopt;
  const std::vector<uint8_t> same(data->data.size(), data->data.front());
  EXPECT_TRUE(data->data == same) << "a part of a write";
  return static_cast<char>(data->data.front());
}

struct SessionFaults : testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, SessionFaults, testing::Bool(),
                         [](const auto& one) { return one.param ? "ByReset" : "ByClose"; });

TEST_P(SessionFaults, ACutAtEveryPduAndInsideEveryOneLeavesNothing) {
  ServedTarget served;
  std::vector<size_t> steps;
  {
    RawInitiator host(served.port(), 1);
    ASSERT_TRUE(Dialogue(host, 'a', &steps).run());
  }
  ASSERT_EQ(steps.size(), 10u);
  const size_t data_sent = steps[4];  // of the write
  char before = 'a';
  uint64_t isid = 10;
  for (const size_t cut : cuts(steps)) {
    SCOPED_TRACE("after " + std::to_string(cut) + " bytes");
    const char fill = before == 'b' ? 'c' : 'b';
    {
      RawInitiator host(served.port(), isid++);
      host.fail_after(cut, GetParam());
      Dialogue(host, fill).run();
    }
    ASSERT_TRUE(comes_true([&] { return served.sessions().empty(); }));
    const auto found = written(served, isid++);
    ASSERT_TRUE(found);
    EXPECT_TRUE(*found == before || *found == fill);
    EXPECT_TRUE(cut >= data_sent || *found == before) << "it was not all sent";
    EXPECT_TRUE(cut <= data_sent || *found == fill) << "it was answered";
    before = *found;
    ASSERT_TRUE(comes_true([&] { return served.sessions().empty(); }));
  }
}

}  // namespace
}  // namespace tidemark::target
