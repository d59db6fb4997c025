// Seeded garbage against every decoder a peer reaches: nothing may crash, hang or grow.
#include <gtest/gtest.h>

#include <random>

#include "target/login.h"
#include "target/pdu_reader.h"
#include "tests/target/fake_directory.h"
#include "tests/target/session_harness.h"

namespace tidemark::target {
namespace {

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  uint32_t operator()() { return static_cast<uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

std::string random_text(Random& random) {
  static const char* const kPieces[] = {"InitiatorName=",
                                        "iqn.friend",
                                        "TargetName=",
                                        "iqn.open",
                                        "iqn.closed",
                                        "SessionType=",
                                        "Discovery",
                                        "AuthMethod=",
                                        "None",
                                        "CHAP",
                                        "InitialR2T=",
                                        "Yes",
                                        "No",
                                        "=",
                                        ",",
                                        "MaxBurstLength=",
                                        "65536",
                                        "0x",
                                        "HeaderDigest=CRC32C",
                                        "MaxRecvDataSegmentLength=",
                                        "X-a=b",
                                        "SendTargets=All"};
  std::string text;
  for (uint32_t n = random() % 12; n > 0; --n) {
    if (random() % 8 == 0)
      text += static_cast<char>(random());
    else
      text += kPieces[random() % std::size(kPieces)];
    if (random() % 2) text += '\0';
  }
  return text;
}

Bhs random_bhs(Random& random) {
  Bhs bhs;
  for (auto& byte : bhs) byte = static_cast<uint8_t>(random() % 4 ? 0 : random());
  static constexpr uint8_t kOpcodes[] = {0x00, 0x01, 0x02, 0x03, 0x04,
                                         0x05, 0x06, 0x10, 0x41, 0x43};
  if (random() % 16) bhs[0] = kOpcodes[random() % std::size(kOpcodes)];
  bhs[1] = static_cast<uint8_t>(random());
  bhs[4] = random() % 8 ? 0 : static_cast<uint8_t>(random() % 8);
  store_be24(&bhs[5], random() % 600);
  if (random() % 64 == 0) store_be24(&bhs[5], random());
  store_be32(&bhs[16], 0x1000 + random() % 6);
  return bhs;
}

TEST(Fuzz, ReaderSurvivesAnything) {
  for (uint32_t seed = 1; seed <= 20000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    PduReader reader(8192);
    reader.set_digests(random() % 4 == 0, random() % 4 == 0);
    for (int round = 0; round < 20; ++round) {
      const PduReader::Step step = reader.next();
      if (step == PduReader::Step::fault) break;
      if (step == PduReader::Step::header) {
        if (random() % 2)
          reader.data_here();
        else
          reader.data_nowhere();
        ASSERT_LE(reader.segment_length(), 8192u);
        continue;
      }
      if (step == PduReader::Step::pdu) continue;
      size_t given = 0;
      for (const iovec& piece : reader.space()) {
        const size_t part = std::min<size_t>(piece.iov_len, random() % 200);
        const Bhs bhs = random_bhs(random);
        for (size_t i = 0; i < part; ++i)
          static_cast<uint8_t*>(piece.iov_base)[i] =
              i < kBhsSize ? bhs[i] : static_cast<uint8_t>(random());
        given += part;
        if (part < piece.iov_len) break;
      }
      reader.received(given);
    }
  }
}

TEST(Fuzz, LoginSurvivesAnything) {
  const FakeDirectory directory;
  const Limits limits;
  int entered = 0;
  for (uint32_t seed = 1; seed <= 20000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    LoginMachine machine(directory, limits);
    LoginRequest request;
    request.start.opcode |= kImmediate;
    for (int round = 0; round < 8; ++round) {
      static constexpr uint8_t kFlags[] = {0x00, 0x04, 0x40, 0x44, 0x81, 0x83, 0x87};
      request.start.flags =
          random() % 16 ? kFlags[random() % std::size(kFlags)] : static_cast<uint8_t>(random());
      if (random() % 64 == 0) request.itt = random();
      std::string text = random_text(random);
      if (round == 0 && random() % 2)
        text = std::string("InitiatorName=iqn.friend\0TargetName=iqn.open\0", 45) + text;
      const LoginStep step = machine.request(
          bhs_of(request), {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
      ASSERT_LE(step.text.size(), LoginMachine::kResponseTextMax);
      if (step.kind == LoginStep::Kind::claim) {
        EXPECT_EQ(machine.finish(1).kind, LoginStep::Kind::enter);
        EXPECT_FALSE(machine.parameters().initiator_name.empty());
        ++entered;
        break;
      }
      if (step.kind == LoginStep::Kind::refuse) break;
    }
  }
  EXPECT_GT(entered, 100);  // it does get through to the end
}

TEST(Fuzz, SessionSurvivesAnything) {
  for (uint32_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    SessionHarness s({}, SessionHarness::defaults(), random() % 8 == 0, kMiB);
    if (s.port) s.port->at_once = random() % 2;
    for (int round = 0; round < 40 && !s.hung_up && !s.closed; ++round) {
      Bhs bhs = random_bhs(random);
      if (random() % 8) store_be32(&bhs[24], s.full->window().exp_cmd_sn());
      if (random() % 2) bhs[8 + 32] = static_cast<uint8_t>(random() % 8);
      if (opcode_of(bhs) == Opcode::scsi_command) {
        bhs[32] = random() % 2 ? 0x2a : 0x28;
        store_be32(&bhs[20], random() % 5000);
      }
      if (opcode_of(bhs) == Opcode::data_out && !s.out.empty())
        std::copy_n(s.out.back().bhs.begin() + 16, 8, bhs.begin() + 16);
      std::string bytes(bhs.begin(), bhs.end());
      bytes.append(ahs_length_of(bhs), '\0');
      if (segment_length_of(bhs) < 1000) bytes.append(padded(segment_length_of(bhs)), 'x');
      s.feed(bytes);
      if (s.port && !s.port->executed.empty() && random() % 3 == 0) {
        s.port->finish(*s.port->executed[0]);
        s.run();
      }
    }
    s.full->leave([] {});
  }
}

}  // namespace
}  // namespace tidemark::target
