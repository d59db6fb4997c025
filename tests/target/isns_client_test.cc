// The client with a server on a socket that answers well, badly, late or not at all.
#include "target/isns_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

#include "target/address.h"
#include "tests/target/isns_model.h"

namespace tidemark::target {
namespace {

using namespace std::chrono_literals;
using Endpoint = boost::asio::ip::tcp::endpoint;

Portal portal(const std::string& bound, uint16_t group = 1, const std::string& advertise = {}) {
  return {{bound, group, advertise}, parse_endpoint(bound).value()};
}

std::vector<std::string> texts(const std::vector<IsnsPortal>& portals) {
  std::vector<std::string> all;
  for (const IsnsPortal& one : portals)
    all.push_back(to_text(Endpoint(boost::asio::ip::make_address_v6(one.address), one.port)) + "," +
                  std::to_string(one.group));
  return all;
}

TEST(IsnsPortals, AreWhatOneWhoCameByThatAddressMayReach) {
  const std::vector<Portal> all = {portal("10.0.0.1:3260"), portal("0.0.0.0:3261", 2),
                                   portal("127.0.0.1:3262", 3), portal("[fd00::1]:860", 4)};
  const auto seen_from = [&](const char* local) {
    return texts(isns_portals(all, parse_endpoint(local).value()));
  };
  EXPECT_EQ(seen_from("10.0.0.7:50000"),
            (std::vector<std::string>{"10.0.0.1:3260,1", "10.0.0.7:3261,2", "[fd00::1]:860,4"}));
  EXPECT_EQ(seen_from("127.0.0.1:50000"),
            (std::vector<std::string>{"127.0.0.1:3261,2", "127.0.0.1:3262,3"}));
}

TEST(IsnsPortals, AdvertisedAreNumbersOrLeftOut) {
  const Endpoint local = parse_endpoint("10.0.0.7:50000").value();
  EXPECT_EQ(texts(isns_portals({portal("10.0.0.1:3260", 1, "192.0.2.1:4000"),
                                portal("10.0.0.2:3260", 1, "san.example.com:3260")},
                               local)),
            std::vector<std::string>{"192.0.2.1:4000,1"});
}

TEST(IsnsPortals, EachPlaceIsNamedOnce) {
  EXPECT_EQ(texts(isns_portals({portal("10.0.0.7:3260"), portal("0.0.0.0:3260", 2)},
                               parse_endpoint("10.0.0.7:50000").value())),
            std::vector<std::string>{"10.0.0.7:3260,1"});
}

/// Takes connections one after the other, and a request after the other from each.
class Server {
 public:
  /// What is done with one request: the bytes to send; none hangs up.
  using Answer = std::function<std::vector<uint8_t>(ConstBytes)>;

  Server() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    socklen_t length = sizeof to;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&to), &length);
    endpoint_ = Endpoint(boost::asio::ip::address_v4::loopback(), ntohs(to.sin_port));
    answer_ = [this](ConstBytes pdu) { return model_.answer(pdu); };
    thread_ = std::thread([this] { run(); });
  }
  ~Server() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }

  const Endpoint& endpoint() const { return endpoint_; }
  /// Looks at the model, or changes it, between two requests.
  template <class F>
  auto with_model(F f) {
    const std::lock_guard lock(mutex_);
    return f(model_);
  }
  /// Answers so from here on; null: as the model does.
  void answer_by(Answer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = answer ? std::move(answer) : [this](ConstBytes pdu) { return model_.answer(pdu); };
  }
  size_t connections() const { return connections_; }

 private:
  bool readable(int fd) const {
    while (!stopping_) {
      pollfd one{fd, POLLIN, 0};
      if (::poll(&one, 1, 5) > 0) return true;
    }
    return false;
  }
  bool receive(int fd, Bytes bytes) const {
    while (!bytes.empty()) {
      if (!readable(fd)) return false;
      const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
      if (got <= 0) return false;
      bytes = bytes.subspan(static_cast<size_t>(got));
    }
    return true;
  }
  void run() {
    while (readable(listener_)) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      ++connections_;
      while (serve(fd)) {
      }
      ::close(fd);
    }
  }
  bool serve(int fd) {
    std::vector<uint8_t> pdu(kIsnsHeaderSize);
    if (!receive(fd, pdu)) return false;
    pdu.resize(kIsnsHeaderSize + load_be16(&pdu[4]));
    if (!receive(fd, Bytes(pdu).subspan(kIsnsHeaderSize))) return false;
    const std::lock_guard lock(mutex_);
    const auto answer = answer_(pdu);
    return !answer.empty() && ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) ==
                                  static_cast<ssize_t>(answer.size());
  }

  int listener_ = -1;
  Endpoint endpoint_;
  std::mutex mutex_;  // of the next two
  IsnsModel model_;
  Answer answer_;
  std::atomic<size_t> connections_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

bool comes_true(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

struct Client : testing::Test {
  IsnsClient::Options options() const {
    IsnsClient::Options made;
    made.server = server.endpoint();
    made.entity = "tidemark:test";
    made.first_pause = 2ms;
    made.longest_pause = 10ms;
    made.errand_time = 200ms;
    made.farewell_time = 200ms;
    return made;
  }
  void serve(std::vector<std::string> targets) {
    client->serve(std::move(targets), {portal("127.0.0.1:3260"), portal("127.0.0.2:3260", 2)});
  }
  std::set<std::string> nodes() {
    return server.with_model([](const IsnsModel& model) { return model.nodes; });
  }
  bool knows(const std::set<std::string>& wanted) {
    return comes_true([&] { return nodes() == wanted; });
  }

  Server server;
  std::unique_ptr<IsnsClient> client = std::make_unique<IsnsClient>(options());
};

TEST_F(Client, RegistersFollowsAndDeregisters) {
  serve({"iqn.a", "iqn.b"});
  EXPECT_TRUE(knows({"iqn.a", "iqn.b"}));
  EXPECT_EQ(server.with_model([](const IsnsModel& model) { return model.portals.size(); }), 2u);
  serve({"iqn.b", "iqn.c"});
  EXPECT_TRUE(knows({"iqn.b", "iqn.c"}));
  client.reset();
  EXPECT_EQ(server.with_model([](const IsnsModel& model) { return model.entity; }), "");
}

TEST_F(Client, WithNothingToTellConnectsToNobodyAtItsEnd) {
  client.reset();
  EXPECT_EQ(server.connections(), 0u);
}

TEST_F(Client, RefreshesWithinThePeriodAndNoticesThatTheServerHasForgotten) {
  server.with_model([](IsnsModel& model) { model.period = 1; });
  serve({"iqn.a"});
  ASSERT_TRUE(knows({"iqn.a"}));
  server.with_model([](IsnsModel& model) { model.forget(); });
  EXPECT_TRUE(knows({"iqn.a"}));
  EXPECT_TRUE(comes_true([&] {
    return server.with_model([](const IsnsModel& model) {
      return std::ranges::count(model.requests, 2, &IsnsModel::Request::function) >= 3;
    });
  })) << "asks again and again";
}

struct Trouble {
  const char* name;
  Server::Answer answer;
};
std::vector<uint8_t> cut(ConstBytes pdu, size_t length) {
  std::vector<uint8_t> payload(4);
  auto whole = IsnsModel::response(pdu, payload);
  whole.resize(length);
  return whole;
}
std::vector<uint8_t> with_byte(ConstBytes pdu, size_t at, uint8_t value) {
  auto whole = IsnsModel::response(pdu, std::vector<uint8_t>(4));
  whole[at] = value;
  return whole;
}
/// Each is survived, and everything is as it should be once the server is.
const Trouble kTroubles[] = {
    {"HangsUp", [](ConstBytes) { return std::vector<uint8_t>(); }},
    {"SaysHalfAHeaderAndNoMore", [](ConstBytes pdu) { return cut(pdu, 5); }},
    {"SaysAHeaderAndNoMore", [](ConstBytes pdu) { return cut(pdu, 12); }},
    {"IsOfAnotherVersion", [](ConstBytes pdu) { return with_byte(pdu, 1, 2); }},
    {"AnswersSomethingElse", [](ConstBytes pdu) { return with_byte(pdu, 3, 9); }},
    {"AnswersSomebodyElse",
     [](ConstBytes pdu) { return with_byte(pdu, 9, static_cast<uint8_t>(pdu[9] + 1)); }},
    {"PromisesMoreThanItSends", [](ConstBytes pdu) { return with_byte(pdu, 4, 0xff); }},
    {"Refuses", [](ConstBytes pdu) { return with_byte(pdu, 15, 3); }},
    {"SpeaksAnotherProtocol",
     [](ConstBytes) {
       const std::string text = "HTTP/1.1 400 Bad Request\r\n\r\n";
       return std::vector<uint8_t>(text.begin(), text.end());
     }},
};

struct Troubled : Client, testing::WithParamInterface<Trouble> {};
INSTANTIATE_TEST_SUITE_P(, Troubled, testing::ValuesIn(kTroubles),
                         [](const auto& one) { return one.param.name; });

TEST_P(Troubled, IsTriedAgainUntilItIsOver) {
  server.answer_by(GetParam().answer);
  serve({"iqn.a"});
  EXPECT_TRUE(comes_true([&] { return server.connections() >= 3; })) << "again and again";
  EXPECT_EQ(nodes(), std::set<std::string>{});
  server.answer_by(nullptr);
  EXPECT_TRUE(knows({"iqn.a"}));
}

TEST_P(Troubled, HoldsNobodyUpAtTheEnd) {
  serve({"iqn.a"});
  ASSERT_TRUE(knows({"iqn.a"}));
  server.answer_by(GetParam().answer);
  serve({"iqn.b"});
  const auto begin = std::chrono::steady_clock::now();
  client.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

TEST_F(Client, AServerThatIsNotThereHoldsNobodyUp) {
  IsnsClient::Options with = options();
  {
    const Server gone;
    with.server = gone.endpoint();
  }
  const auto begin = std::chrono::steady_clock::now();
  {
    IsnsClient lonely(with);
    lonely.serve({"iqn.a"}, {portal("127.0.0.1:3260")});
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

}  // namespace
}  // namespace tidemark::target
