// TLS of the management port of a real daemon: what is taken and refused, certificates renewed.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "mgmt/cli/http_client.h"
#include "tests/mgmt/daemon_process.h"
#include "tests/mgmt/temporary_directory.h"

namespace tidemark::mgmt {
namespace {

class Tls : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v openssl > /dev/null") != 0) GTEST_SKIP() << "no openssl here";
    make_certificate("127.0.0.1");
  }
  std::string file(const std::string& name) const { return directory.path() + "/" + name; }

  /// Self-signed, of an address; in the place of the one before.
  void make_certificate(const std::string& address) const {
    const std::string command =
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tidemark -addext "
        "subjectAltName=IP:" +
        address + " -keyout " + file("key.pem") + " -out " + file("cert.pem") + " 2> /dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    ASSERT_EQ(chmod(file("key.pem").c_str(), 0600), 0);
  }
  std::string tls_keys(const std::string& more = {}) const {
    return R"("tls": {"certificate": ")" + file("cert.pem") + R"(", "key": ")" + file("key.pem") +
           "\"" + more + "}";
  }
  std::vector<std::string> arguments(const std::string& management) const {
    return {"--config",
            directory.write("c.json", R"({"portals": ["127.0.0.1:0"], "management": {)" +
                                          management + R"(}, "volumes": [], "targets": []})"),
            "--state-dir", file("state")};
  }
  std::string token() const {
    std::string word;
    std::ifstream(file("state/admin.token")) >> word;
    return word;
  }
  Result<cli::HttpReply> ask(const DaemonProcess& daemon, const std::string& scheme = "https",
                             const std::string& ca = "cert.pem") const {
    cli::Url url = cli::parse_url(scheme + "://" + daemon.management()).value();
    if (!ca.empty()) url.ca_file = file(ca);
    url.token = token();
    return cli::HttpClient(url, std::chrono::seconds(5)).get("/api/v1/status");
  }
  static std::pair<int, std::string> refused(const std::vector<std::string>& arguments) {
    DaemonProcess daemon(arguments);
    const int code = daemon.exit_code();
    return {code, daemon.output()};
  }

  TemporaryDirectory directory;
};

TEST_F(Tls, ThePortAnswersInTlsOnly) {
  DaemonProcess daemon(arguments(R"("listen": "127.0.0.1:0", "anonymous": "none", )" + tls_keys()));
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  const auto reply = ask(daemon);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply.value().status, 200u);
  EXPECT_FALSE(ask(daemon, "http"));
  EXPECT_FALSE(ask(daemon, "https", "")) << "a certificate that nobody vouches for";
  EXPECT_TRUE(ask(daemon)) << "bad clients harm nobody";
}

TEST_F(Tls, ACertificateThatWasRenewedIsUsedAfterAReload) {
  DaemonProcess daemon(arguments(R"("listen": "127.0.0.1:0", )" + tls_keys()));
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  ASSERT_TRUE(ask(daemon));
  make_certificate("127.0.0.1");
  EXPECT_FALSE(ask(daemon)) << "the old one is still in use";
  daemon.signal(SIGHUP);
  bool renewed = false;
  for (int i = 0; i < 200 && !renewed; ++i) {
    renewed = ask(daemon).ok();
    if (!renewed) std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  EXPECT_TRUE(renewed);
  // One that cannot be used changes nothing.
  directory.write("cert.pem.good", "");
  std::ofstream(file("key.pem")) << "no key";
  daemon.signal(SIGHUP);
  EXPECT_TRUE(ask(daemon));
}

TEST_F(Tls, ACertificateOfAnotherHostIsRefusedByTheClient) {
  make_certificate("127.0.0.2");
  DaemonProcess daemon(arguments(R"("listen": "127.0.0.1:0", )" + tls_keys()));
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  EXPECT_FALSE(ask(daemon));
}

TEST_F(Tls, WithAClientCaOnlyItsClientsAreHeard) {
  DaemonProcess daemon(arguments(R"("listen": "127.0.0.1:0", )" +
                                 tls_keys(R"(, "client_ca": ")" + file("cert.pem") + "\"")));
  ASSERT_TRUE(daemon.ready()) << daemon.output();
  EXPECT_FALSE(ask(daemon));
}

TEST_F(Tls, OffLoopbackItTakesTlsAndTokens) {
  const std::string rule = "management.listen: must be a loopback address, unless management.tls";
  for (const std::string& management :
       {std::string(R"("listen": "0.0.0.0:0")"), R"("listen": "0.0.0.0:0", )" + tls_keys(),
        std::string(R"("listen": "0.0.0.0:0", "anonymous": "none")")}) {
    const auto [code, output] = refused(arguments(management));
    EXPECT_EQ(code, 2) << management;
    EXPECT_NE(output.find(rule), std::string::npos) << output;
  }
  auto with = arguments(R"("listen": "0.0.0.0:0", "anonymous": "none", )" + tls_keys());
  with.emplace_back("--check");
  EXPECT_EQ(refused(with).first, 0);
}

TEST_F(Tls, WhatCannotBeUsedIsRefusedByItsKey) {
  const auto field = [&](const std::string& name) {
    const auto [code, output] = refused(arguments(R"("listen": "127.0.0.1:0", )" + tls_keys()));
    EXPECT_NE(code, 0);
    EXPECT_NE(output.find("management.tls." + name + ": "), std::string::npos) << output;
  };
  chmod(file("key.pem").c_str(), 0644);
  field("key");
  chmod(file("key.pem").c_str(), 0600);
  std::ofstream(file("cert.pem")) << "no certificate";
  field("certificate");
  const auto [code, output] = refused(
      arguments(R"("listen": "127.0.0.1:0", "tls": {"certificate": "relative", "key": "/k"})"));
  EXPECT_EQ(code, 2);
  EXPECT_NE(output.find("management.tls.certificate: must be an absolute path"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::mgmt
