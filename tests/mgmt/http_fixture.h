// A management port on a real socket, over a FakeBackend.
#pragma once

#include <gtest/gtest.h>

#include "mgmt/http/api.h"
#include "mgmt/http/http_server.h"
#include "tests/mgmt/http_client.h"
#include "tests/mgmt/http_fake_backend.h"

namespace tidemark::mgmt {

class HttpPort : public testing::Test {
 protected:
  explicit HttpPort(HttpLimits limits = {}) : server(MethodTable(api_methods(backend)), limits) {
    auto bound = server.listen("127.0.0.1:0");
    if (bound) address = bound.value();
    server.start();
  }

  HttpReply get(const std::string& path) { return HttpClient(address).get(path); }
  HttpReply post(const std::string& path, const std::string& body = {}) {
    return HttpClient(address).post(path, body);
  }
  void start_one() {
    ASSERT_EQ(post("/api/v1/copies", R"({"source":"source","destination":"copy"})").status, 201u);
  }

  FakeBackend backend;
  HttpServer server;
  std::string address;
};

}  // namespace tidemark::mgmt
