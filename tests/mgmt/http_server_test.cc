// The HTTP server against clients that are slow, rude or broken.
#include "mgmt/http/http_server.h"

#include <future>
#include <nlohmann/json.hpp>

#include "mgmt/http/request_origin.h"
#include "tests/mgmt/http_fixture.h"

namespace tidemark::mgmt {
namespace {

using namespace std::chrono_literals;

HttpLimits hurried() {
  HttpLimits limits;
  limits.connections = 4;
  limits.request_time = 300ms;
  return limits;
}

using HttpServerTest = HttpPort;

class HurriedHttpServer : public HttpPort {
 protected:
  HurriedHttpServer() : HttpPort(hurried()) {}
};

TEST_F(HttpServerTest, AConnectionServesManyRequests) {
  HttpClient client(address);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.get("/api/v1/status").status, 200u);
  EXPECT_EQ(client.post("/api/v1/copies", "{").status, 400u);
  EXPECT_EQ(client.get("/nothing").status, 404u);
  EXPECT_EQ(client.get("/api/v1/status").status, 200u);
}

TEST_F(HttpServerTest, ConnectionCloseIsHonoured) {
  HttpClient client(address);
  EXPECT_EQ(client.request("GET", "/api/v1/status", {}, "Connection: close\r\n").status, 200u);
  EXPECT_TRUE(client.ended());
}

TEST_F(HttpServerTest, HttpOneZeroIsAnsweredAndClosed) {
  HttpClient client(address);
  client.send("GET /api/v1/status HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.receive().status, 200u);
  EXPECT_TRUE(client.ended());
}

TEST_F(HttpServerTest, PipelinedRequestsAreAnsweredInOrder) {
  HttpClient client(address);
  const std::string host = " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  client.send("GET /api/v1/status" + host + "GET /nothing" + host + "GET /api/v1/luns" + host);
  EXPECT_EQ(client.receive().status, 200u);
  EXPECT_EQ(client.receive().status, 404u);
  EXPECT_NE(client.receive().body.find("\"luns\""), std::string::npos);
}

TEST_F(HttpServerTest, GarbageAfterARequestEndsOnlyThatConnection) {
  HttpClient client(address);
  client.send("GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n\x01\x02\x03 garbage\r\n\r\n");
  EXPECT_EQ(client.receive().status, 200u);
  const HttpReply second = client.receive();
  EXPECT_EQ(second.status, 400u);
  EXPECT_EQ(second.headers.at("content-type"), "application/problem+json");
  EXPECT_TRUE(client.ended());
  EXPECT_EQ(get("/api/v1/status").status, 200u);
}

TEST_F(HttpServerTest, BrokenHeadersAreRefused) {
  for (const char* header :
       {"Content-Length: banana\r\n", "Content-Length: 4\r\nContent-Length: 5\r\n",
        "no colon here\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"}) {
    HttpClient client(address);
    client.send(std::string("POST /api/v1/copies HTTP/1.1\r\nHost: localhost\r\n") + header +
                "\r\n");
    EXPECT_EQ(client.receive().status, 400u) << header;
    EXPECT_TRUE(client.ended());
  }
}

TEST_F(HttpServerTest, ABodyBeyondTheLimitIsRefusedBeforeItIsRead) {
  HttpClient client(address);
  client.send(
      "POST /api/v1/copies HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n{");
  EXPECT_EQ(client.receive().status, 413u);
  EXPECT_TRUE(client.ended());
}

TEST_F(HttpServerTest, AChunkedBodyBeyondTheLimitIsRefused) {
  HttpClient client(address);
  client.send(
      "POST /api/v1/copies HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(65536, 'x') + "\r\n";
  for (int i = 0; i < 17 && client.send(chunk); ++i) {
  }
  EXPECT_EQ(client.receive().status, 413u);
}

TEST_F(HttpServerTest, ALargestBodyIsRead) {
  std::string body = R"({"source":"source","destination":"copy"})";
  body += std::string(kMiB - body.size(), ' ');
  EXPECT_EQ(post("/api/v1/copies", body).status, 201u);
}

TEST_F(HttpServerTest, ExpectContinueIsAnswered) {
  HttpClient client(address);
  const std::string body = R"({"source":"source","destination":"copy"})";
  client.send(
      "POST /api/v1/copies HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_EQ(client.receive(true).status, 100u);
  client.send(body);
  EXPECT_EQ(client.receive().status, 201u);
}

TEST_F(HttpServerTest, AHeaderBeyondTheLimitIsRefused) {
  HttpClient client(address);
  client.send("GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.receive().status, 431u);
  HttpClient many(address);
  std::string headers;
  for (int i = 0; i < 2000; ++i) headers += "X-" + std::to_string(i) + ": padding\r\n";
  many.send("GET / HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
  EXPECT_EQ(many.receive().status, 431u);
}

TEST_F(HttpServerTest, OtherOriginsAreRefused) {
  HttpClient client(address);
  EXPECT_EQ(client.request("GET", "/", {}, "Origin: http://evil.example\r\n").status, 403u);
  HttpClient rebound(address);
  rebound.send("GET / HTTP/1.1\r\nHost: evil.example:8260\r\n\r\n");
  EXPECT_EQ(rebound.receive().status, 403u);
}

TEST(RequestOrigin, OnlyThisPortsOwnPagesMayAsk) {
  EXPECT_TRUE(made_on_purpose("127.0.0.1:8260", ""));
  EXPECT_TRUE(made_on_purpose("localhost:8260", ""));
  EXPECT_TRUE(made_on_purpose("localhost", ""));
  EXPECT_TRUE(made_on_purpose("[::1]:8260", ""));
  EXPECT_TRUE(made_on_purpose("[::1]", ""));
  EXPECT_TRUE(made_on_purpose("", ""));
  EXPECT_TRUE(made_on_purpose("127.0.0.1:8260", "http://127.0.0.1:8260"));
  EXPECT_FALSE(made_on_purpose("127.0.0.1:8260", "http://127.0.0.1:8080"));
  EXPECT_FALSE(made_on_purpose("127.0.0.1:8260", "null"));
  EXPECT_FALSE(made_on_purpose("localhost.evil.example", ""));
  EXPECT_FALSE(made_on_purpose("192.0.2.1:8260", ""));
}

TEST_F(HurriedHttpServer, HalfARequestAndSilenceIsCutOff) {
  HttpClient header(address);
  header.send("GET /api/v1/sta");
  HttpClient body(address);
  body.send("POST /api/v1/copies HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{\"so");
  HttpClient silent(address);
  EXPECT_TRUE(header.ended());
  EXPECT_TRUE(body.ended());
  EXPECT_TRUE(silent.ended());
  EXPECT_EQ(get("/api/v1/status").status, 200u);
}

TEST_F(HurriedHttpServer, OneConnectionTooManyIsToldSo) {
  HttpClient open[4] = {HttpClient(address), HttpClient(address), HttpClient(address),
                        HttpClient(address)};
  for (HttpClient& client : open) EXPECT_EQ(client.get("/").status, 200u);
  HttpClient excess(address);
  EXPECT_EQ(excess.receive().status, 503u);
  EXPECT_TRUE(excess.ended());
}

TEST_F(HttpServerTest, AnAddressInUseIsAConflict) {
  HttpServer second{MethodTable({})};
  const auto bound = second.listen(address);
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().kind, ErrorKind::conflict);
  EXPECT_NE(bound.error().message.find(address), std::string::npos);
}

TEST_F(HttpServerTest, StoppingEndsOpenConnections) {
  HttpClient idle(address);
  EXPECT_EQ(idle.get("/").status, 200u);
  HttpClient stream(address);
  stream.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_FALSE(stream.receive_until(": tidemark events\n\n").empty());
  server.stop();
  EXPECT_TRUE(idle.ended());
  EXPECT_TRUE(stream.ended());
}

// An answer may come when nobody waits for it any more.
TEST(HttpServerAlone, AnAnswerAfterTheEndIsDropped) {
  Answer kept;
  {
    MethodRow row{"GET", "/late", {}, false, false, "late", nullptr};
    std::promise<void> asked;
    row.handler = [&](const Call&, Answer answer) {
      kept = std::move(answer);
      asked.set_value();
    };
    HttpServer server{MethodTable({row})};
    const auto bound = server.listen("127.0.0.1:0");
    ASSERT_TRUE(bound);
    server.start();
    HttpClient client(bound.value());
    client.send("GET /late HTTP/1.1\r\nHost: localhost\r\n\r\n");
    asked.get_future().wait();
  }
  kept([] { return HttpResponse{}; });
}

}  // namespace
}  // namespace tidemark::mgmt
