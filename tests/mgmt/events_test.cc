// The event ring, and event streams over a real socket.
#include <nlohmann/json.hpp>

#include "mgmt/http/copy_events.h"
#include "mgmt/http/event_ring.h"
#include "tests/mgmt/http_fixture.h"

namespace tidemark::mgmt {
namespace {

using namespace std::chrono_literals;

std::string all(const EventRing& ring, uint64_t& position) {
  return ring.take(position, SIZE_MAX);
}

TEST(EventRing, AReaderGetsWhatComesAfterIt) {
  EventRing ring;
  ring.publish("copy", "{\"id\":1}");
  uint64_t position = ring.position_after(std::nullopt);
  EXPECT_EQ(all(ring, position), "");
  ring.publish("session", "{}");
  EXPECT_EQ(all(ring, position), "id: 2\nevent: session\ndata: {}\n\n");
  EXPECT_EQ(all(ring, position), "");
}

TEST(EventRing, AReaderResumesAfterTheLastItSaw) {
  EventRing ring;
  for (const char* data : {"a", "b", "c"}) ring.publish("copy", data);
  uint64_t position = ring.position_after(1);
  EXPECT_EQ(all(ring, position), "id: 2\nevent: copy\ndata: b\n\nid: 3\nevent: copy\ndata: c\n\n");
}

TEST(EventRing, AnIdOfAnEarlierDaemonGetsAllThatIsKept) {
  EventRing ring;
  ring.publish("copy", "a");
  uint64_t position = ring.position_after(500);
  EXPECT_EQ(all(ring, position), "id: 1\nevent: copy\ndata: a\n\n");
}

TEST(EventRing, ASlowReaderIsToldWhatItLost) {
  EventRing ring;
  uint64_t position = ring.position_after(std::nullopt);
  for (size_t i = 0; i < EventRing::kKept + 10; ++i) ring.publish("copy", "x");
  const std::string text = all(ring, position);
  EXPECT_TRUE(text.starts_with(": 10 events are lost\n\nid: 11\n")) << text.substr(0, 80);
}

TEST(EventRing, ATakeIsBounded) {
  EventRing ring;
  uint64_t position = ring.position_after(std::nullopt);
  for (int i = 0; i < 100; ++i) ring.publish("copy", std::string(100, 'x'));
  EXPECT_LT(ring.take(position, 1000).size(), 1300u);
  EXPECT_LT(position, 20u);
}

HttpLimits quick_heart() {
  HttpLimits limits;
  limits.heartbeat = 50ms;
  limits.event_streams = 2;
  return limits;
}

class Events : public HttpPort {
 protected:
  Events() : HttpPort(quick_heart()) {}

  void open(HttpClient& client, const std::string& headers = {}, const std::string& query = {}) {
    client.send("GET /api/v1/events" + query + " HTTP/1.1\r\nHost: localhost\r\n" + headers +
                "\r\n");
    const std::string header = client.receive_until("\r\n\r\n");
    EXPECT_TRUE(header.starts_with("HTTP/1.1 200 OK\r\n")) << header;
    EXPECT_NE(header.find("Content-Type: text/event-stream\r\n"), std::string::npos);
    EXPECT_FALSE(client.receive_until(": tidemark events\n\n").empty());
  }
  void publish(const std::string& data) {
    server.publish("copy", [data] { return data; });
  }
};

TEST_F(Events, ArriveWithIdAndType) {
  HttpClient client(address);
  open(client);
  publish("{\"id\":7}");
  EXPECT_TRUE(client.receive_until("\ndata: {\"id\":7}\n\n")
                  .ends_with("id: 1\nevent: copy\ndata: {\"id\":7}\n\n"));
}

TEST_F(Events, ResumeAfterLastEventId) {
  for (const char* data : {"a", "b", "c"}) publish(data);
  HttpClient client(address);
  open(client, "Last-Event-ID: 1\r\n");
  EXPECT_EQ(client.receive_until("data: c\n\n"),
            "id: 2\nevent: copy\ndata: b\n\nid: 3\nevent: copy\ndata: c\n\n");
}

TEST_F(Events, AfterNamesTheLastSeenForThoseWhoCannotSendAHeader) {
  for (const char* data : {"a", "b", "c"}) publish(data);
  HttpClient all(address);
  open(all, {}, "?after=0");
  EXPECT_TRUE(all.receive_until("data: c\n\n").starts_with("id: 1\n"));
  HttpClient some(address);
  open(some, "Last-Event-ID: 2\r\n", "?after=0");
  EXPECT_EQ(some.receive_until("data: c\n\n"), "id: 3\nevent: copy\ndata: c\n\n");
}

TEST(CopyEvents, AChangeOfStateIsNoMereProgress) {
  CopyEvents events;
  copyengine::CopyStatus copy;
  copy.id = 1;
  EXPECT_EQ(events.type_of(copy), "copy");
  copy.state = copyengine::CopyState::copying;
  EXPECT_EQ(events.type_of(copy), "copy");
  EXPECT_EQ(events.type_of(copy), "progress");
  copy.state = copyengine::CopyState::cancelled;
  EXPECT_EQ(events.type_of(copy), "copy");
  copy.at_rest = true;
  EXPECT_EQ(events.type_of(copy), "progress");
}

TEST(CopyEvents, ALevelOfTheStoreIsToldWhenItChanges) {
  CopyEvents events;
  copyengine::CopyStatus copy;
  copy.id = 1;
  EXPECT_EQ(events.type_of(copy), "copy");
  copy.store_level = 50;
  EXPECT_EQ(events.type_of(copy), "store");
  EXPECT_EQ(events.type_of(copy), "progress");
  copy.store_level = 0;
  EXPECT_EQ(events.type_of(copy), "store");
  copy.store_level = 95;
  copy.state = copyengine::CopyState::broken;
  EXPECT_EQ(events.type_of(copy), "copy") << "which says the level, too";
}

TEST(CopyEvents, TellTheirTimeFirst) {
  EXPECT_EQ(at_time(1'700'000'000'123'456'789, {{"id", 1}}).dump(),
            R"({"time":"2023-11-14T22:13:20.123456789Z","id":1})");
}

TEST_F(Events, ABrokenLastEventIdCountsAsNone) {
  publish("a");
  HttpClient client(address);
  open(client, "Last-Event-ID: seven\r\n");
  publish("b");
  EXPECT_EQ(client.receive_until("data: b\n\n").find("data: a"), std::string::npos);
}

TEST_F(Events, AHeartbeatKeepsTheStreamAlive) {
  HttpClient client(address);
  open(client);
  EXPECT_EQ(client.receive_until(": heartbeat\n\n"), ": heartbeat\n\n");
  EXPECT_EQ(client.receive_until(": heartbeat\n\n"), ": heartbeat\n\n");
}

TEST_F(Events, StreamsAreCountedAndGivenBack) {
  HttpClient third(address);
  {
    HttpClient one(address);
    HttpClient two(address);
    open(one);
    open(two);
    EXPECT_EQ(third.get("/api/v1/events").status, 503u);
  }
  // The server learns of the two ends by reading; every refusal gives it another turn.
  HttpReply reply;
  do {
    third.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    reply = third.receive();
  } while (reply.status == 503);
  EXPECT_EQ(reply.status, 200u);
}

TEST_F(Events, HeadOnlyShowsTheHeader) {
  HttpClient client(address);
  EXPECT_EQ(client.request("HEAD", "/api/v1/events").status, 200u);
  EXPECT_TRUE(client.ended());
}

TEST_F(Events, AReaderThatDoesNotReadCostsNobodyElse) {
  HttpClient deaf(address);
  open(deaf);
  HttpClient client(address);
  open(client);
  const std::string large(100'000, 'x');
  for (int i = 0; i < 300; ++i) publish(large);
  publish("end");
  EXPECT_FALSE(client.receive_until("data: end\n\n").empty());
  EXPECT_EQ(get("/api/v1/status").status, 200u);
}

}  // namespace
}  // namespace tidemark::mgmt
