// Access as real initiators meet it: libiscsi and QEMU against tidemarkd, with CHAP both ways, LUN
// maps, digests, and all that libiscsi can negotiate about unsolicited data.
#include <gtest/gtest.h>
#include <iscsi/iscsi.h>

#include <algorithm>
#include <cctype>
#include <fstream>

#include "tests/system/daemon.h"
#include "tests/system/initiator.h"
#include "tests/system/process.h"
#include "tests/target/login_dialogue.h"
#include "tests/target/raw_initiator.h"

namespace tidemark::system_test {
namespace {

constexpr const char* kUser = "host";
constexpr const char* kSecret = "initiators.secret";
constexpr const char* kOurUser = "tidemark";
constexpr const char* kOurSecret = "targets.own.secret";
constexpr const char* kOpen = "iqn.2026-11.dev.tidemark.test:open";
constexpr const char* kProved = "iqn.2026-11.dev.tidemark.test:proved";
constexpr const char* kStranger = "iqn.2026-11.dev.tidemark.elsewhere:x";

/// Two initiators: one by its name, with its own numbering; one after CHAP. No one else.
DaemonOptions with_access() {
  DaemonOptions options;
  options.kind = "memory";
  options.files = {{"in", kSecret}, {"out", kOurSecret}};
  options.access = R"(
    {"initiator": "iqn.2026-11.dev.tidemark.test:open", "luns": [{"lun": 7, "volume": "copy"}]},
    {"initiator": "iqn.2026-11.dev.tidemark.test:proved",
     "chap": {"user": "host", "secret_file": "@in"},
     "mutual": {"user": "tidemark", "secret_file": "@out"}})";
  return options;
}

uint64_t refused(const Daemon& daemon, const std::string& cause) {
  const std::string body = daemon.api().status().body;
  const size_t at = body.find("\"" + cause + "\":");
  return at == std::string::npos ? 999 : std::stoull(body.substr(at + cause.size() + 3));
}

struct Authentication : testing::Test {
  Daemon daemon{with_access()};
};

TEST_F(Authentication, ChapOneWayAndMutual) {
  Initiator one(kProved);
  EXPECT_TRUE(one.user(kUser, kSecret).connect(daemon)) << one.error();
  EXPECT_TRUE(one.moves(65536));
  Initiator both(kProved);
  EXPECT_TRUE(both.user(kUser, kSecret).expect(kOurUser, kOurSecret).connect(daemon))
      << both.error();
  EXPECT_TRUE(both.moves(65536));
}

TEST_F(Authentication, AnInitiatorIsNotFooledByATargetThatDoesNotKnowItsSecret) {
  Initiator host(kProved);
  EXPECT_FALSE(host.user(kUser, kSecret).expect(kOurUser, "not.what.it.knows").connect(daemon));
}

TEST_F(Authentication, NobodyElseGetsInAndEachIsCountedByCause) {
  EXPECT_FALSE(Initiator(kProved).connect(daemon));
  EXPECT_FALSE(Initiator(kProved).user(kUser, "some.other.secret").connect(daemon));
  EXPECT_FALSE(Initiator(kProved).user("nobody", kSecret).connect(daemon));
  EXPECT_FALSE(Initiator(kStranger).connect(daemon));
  EXPECT_FALSE(Initiator(kStranger).user(kUser, kSecret).connect(daemon));
  EXPECT_EQ(refused(daemon, "no_authentication"), 1u);
  EXPECT_EQ(refused(daemon, "wrong_credentials"), 2u);
  EXPECT_EQ(refused(daemon, "not_listed"), 2u);
  const std::string log = daemon.log();
  EXPECT_NE(log.find("refused (not_listed, status 0202h)"), std::string::npos) << log;
  EXPECT_EQ(log.find("secret."), std::string::npos) << "a secret is in the log";
  EXPECT_EQ(daemon.api().status().body.find(kSecret), std::string::npos);
}

/// A login with mutual CHAP of one who knows the initiator's secret. `reflected` makes the
/// challenge that goes to the target of the one that came from it; null: it is an honest one.
struct RawLogin {
  std::string (*reflected)(std::string) = nullptr;
  uint16_t status = 0xffff;
  bool target_proved = false;

  bool run(target::RawInitiator& host) {
    target::DialogueOptions options;
    options.initiator = kProved;
    options.target = kTarget;
    options.user = target::ChapIdentity{kUser, target::Secret(kSecret)};
    options.expect = target::ChapIdentity{kOurUser, target::Secret(kOurSecret)};
    target::LoginDialogue dialogue(options);
    std::string challenge;
    auto next = std::optional(dialogue.first());
    while (next) {
      std::string text = next->text;
      const size_t at = text.find("CHAP_C=");
      if (reflected && at != std::string::npos)
        text = text.substr(0, at + 7) + reflected(challenge) + std::string(1, '\0');
      host.send(host.login_request(next->flags), text);
      const auto answer = host.receive();
      if (!answer) return false;
      const std::string said(answer->data.begin(), answer->data.end());
      challenge = target::LoginDialogue::value_of(said, "CHAP_C");
      status = target::as<target::LoginResponse>(answer->bhs).status;
      // One who is refused learns no proof.
      EXPECT_TRUE(status == 0 || said.empty());
      if (status != 0) return false;
      next = dialogue.next(answer->bhs[1], said);
    }
    target_proved = dialogue.target_proved();
    return true;
  }
};

TEST_F(Authentication, TheTargetsOwnChallengeIsNotAnsweredHoweverItIsWritten) {
  constexpr std::string (*kWays[])(std::string) = {
      [](std::string challenge) { return challenge; },
      [](std::string challenge) {
        std::ranges::transform(challenge, challenge.begin(), ::toupper);
        return challenge;
      },
  };
  const auto port = static_cast<uint16_t>(daemon.portal_port());
  uint64_t refusals = 0;
  for (const auto way : kWays) {
    target::RawInitiator thief(port);
    RawLogin login{.reflected = way};
    EXPECT_FALSE(login.run(thief));
    EXPECT_EQ(login.status, 0x0201);
    EXPECT_TRUE(thief.is_hung_up());
    EXPECT_EQ(refused(daemon, "wrong_credentials"), ++refusals);
  }
  EXPECT_NE(daemon.log().find("our own CHAP challenge came back"), std::string::npos);
  target::RawInitiator honest(port);
  RawLogin login;
  EXPECT_TRUE(login.run(honest)) << login.status;
  EXPECT_TRUE(login.target_proved);
}

TEST_F(Authentication, EachInitiatorHasItsOwnLuns) {
  Initiator open(kOpen);
  ASSERT_TRUE(open.connect(daemon, 7)) << open.error();
  EXPECT_EQ(open.luns(), std::vector<int>{7});
  Initiator proved(kProved);
  ASSERT_TRUE(proved.user(kUser, kSecret).connect(daemon)) << proved.error();
  EXPECT_EQ(proved.luns(), (std::vector<int>{0, 1}));
  // LUN 7 here is LUN 1 there.
  ASSERT_TRUE(open.moves(4096));
  EXPECT_TRUE(proved.on(1).reads(4096));
}

TEST_F(Authentication, DiscoveryShowsEachWhatAdmitsIt) {
  const auto list = [&](const char* name) {
    return run_program({"iscsi-ls", "-i", name, "iscsi://" + daemon.portal() + "/"}).output;
  };
  EXPECT_NE(list(kOpen).find(kTarget), std::string::npos);
  EXPECT_EQ(list(kStranger).find(kTarget), std::string::npos);
}

TEST_F(Authentication, DiscoveryMayAskForProofToo) {
  DaemonOptions options = with_access();
  options.keys = R"(, "discovery": {"chap": {"user": "host", "secret_file": "@in"}})";
  const Daemon strict(options);
  const auto list = [&](const std::string& user) {
    return run_program({"iscsi-ls", "-i", kOpen, "iscsi://" + user + strict.portal() + "/"});
  };
  EXPECT_EQ(list("").output.find(kTarget), std::string::npos);
  EXPECT_EQ(list("host%some.other.secret@").output.find(kTarget), std::string::npos);
  EXPECT_NE(list(std::string("host%") + kSecret + "@").output.find(kTarget), std::string::npos);
  EXPECT_EQ(refused(strict, "no_authentication"), 1u);
  EXPECT_EQ(refused(strict, "wrong_credentials"), 1u);
}

TEST_F(Authentication, HeaderDigestsAndEveryWayToSendUnsolicitedData) {
  for (const auto digest : {ISCSI_HEADER_DIGEST_NONE, ISCSI_HEADER_DIGEST_CRC32C})
    for (const auto r2t : {ISCSI_INITIAL_R2T_YES, ISCSI_INITIAL_R2T_NO})
      for (const auto immediate : {ISCSI_IMMEDIATE_DATA_YES, ISCSI_IMMEDIATE_DATA_NO}) {
        Initiator host(kProved);
        iscsi_set_header_digest(host.context(), digest);
        iscsi_set_initial_r2t(host.context(), r2t);
        iscsi_set_immediate_data(host.context(), immediate);
        ASSERT_TRUE(host.user(kUser, kSecret).expect(kOurUser, kOurSecret).connect(daemon))
            << host.error();
        for (const uint32_t bytes : {512u, 65536u, 2u << 20}) EXPECT_TRUE(host.moves(bytes));
      }
}

constexpr const char* kBursts[] = {
    R"("receive_segment": 512, "first_burst": 512, "max_burst": 512, "outstanding_r2t": 1)",
    R"("receive_segment": 512, "first_burst": 512, "max_burst": 16777215)",
    R"("receive_segment": 16777215, "first_burst": 512, "max_burst": 1024)",
    R"("receive_segment": 16777215, "first_burst": 16777215, "max_burst": 16777215)",
};

struct Bursts : testing::TestWithParam<const char*> {
  static DaemonOptions options() {
    DaemonOptions with = with_access();
    with.limits = std::string("{") + GetParam() + "}";
    return with;
  }
  Daemon daemon{options()};
};

TEST_P(Bursts, LibiscsiMovesItsData) {
  for (const auto r2t : {ISCSI_INITIAL_R2T_YES, ISCSI_INITIAL_R2T_NO})
    for (const auto immediate : {ISCSI_IMMEDIATE_DATA_YES, ISCSI_IMMEDIATE_DATA_NO}) {
      Initiator host(kProved);
      iscsi_set_header_digest(host.context(), ISCSI_HEADER_DIGEST_CRC32C);
      iscsi_set_initial_r2t(host.context(), r2t);
      iscsi_set_immediate_data(host.context(), immediate);
      ASSERT_TRUE(host.user(kUser, kSecret).connect(daemon)) << host.error();
      for (const uint32_t bytes : {512u, 4096u, 1u << 20}) EXPECT_TRUE(host.moves(bytes));
    }
}

/// What QEMU calls the LUN, after `secret` has been made its object "s".
std::string qemu_disk(const Daemon& daemon, const std::string& digest) {
  return "driver=raw,file.driver=iscsi,file.transport=tcp,file.portal=" + daemon.portal() +
         ",file.target=" + kTarget + ",file.lun=0,file.user=host,file.password-secret=s" +
         ",file.header-digest=" + digest + ",file.initiator-name=" + kProved;
}

/// One of QEMU's programs, which knows `secret` as its object "s".
Finished qemu(std::vector<std::string> words, const std::string& secret = kSecret) {
  const auto behind_the_verb = words.begin() + (words.front() == "qemu-img" ? 2 : 1);
  words.insert(behind_the_verb, {"--object", "secret,id=s,data=" + secret});
  return run_program(words);
}

TEST_P(Bursts, QemuMovesItsData) {
  const std::string image = (daemon.directory() / "image.raw").string();
  std::string bytes(4 << 20, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 + (i >> 12));
  std::ofstream(image) << bytes;
  for (const char* digest : {"none", "crc32c"}) {
    SCOPED_TRACE(digest);
    const std::string disk = qemu_disk(daemon, digest);
    const std::vector<std::string> convert = {
        "qemu-img", "convert", "-n", "-f", "raw", "--target-image-opts", image, disk};
    EXPECT_NE(qemu(convert, "some.other.secret").status, 0);
    const Finished wrote = qemu(convert);
    EXPECT_EQ(wrote.status, 0) << wrote.output;
    const Finished same =
        qemu({"qemu-img", "compare", "--image-opts", "driver=raw,file.filename=" + image, disk});
    EXPECT_EQ(same.status, 0) << same.output;
    const Finished pattern = qemu({"qemu-io", "--image-opts", "-c", "write -P 0x5a 64k 3M", "-c",
                                   "read -P 0x5a 64k 3M", disk});
    EXPECT_EQ(pattern.status, 0) << pattern.output;
    EXPECT_EQ(pattern.output.find("verification failed"), std::string::npos) << pattern.output;
  }
}

INSTANTIATE_TEST_SUITE_P(FromTinyToHuge, Bursts, testing::ValuesIn(kBursts),
                         [](const auto& at) { return std::to_string(at.index); });

}  // namespace
}  // namespace tidemark::system_test
