// The web page as the port serves it. Without a page in the program there is nothing to look at.
#include "mgmt/web/page_assets.h"
#include "mgmt/web/page_methods.h"
#include "tests/mgmt/http_fixture.h"

namespace tidemark::mgmt {
namespace {

class Page : public testing::Test {
 protected:
  Page() : server(MethodTable(page_methods())) {
    auto bound = server.listen("127.0.0.1:0");
    if (bound) address = bound.value();
    server.start();
  }
  void SetUp() override {
    if (page_assets().empty()) GTEST_SKIP() << "built without the web page";
  }

  HttpReply get(const std::string& path) { return HttpClient(address).get(path); }

  HttpServer server;
  std::string address;
};

TEST_F(Page, IsServedAtTheRootAndAskedForAgain) {
  const HttpReply reply = get("/");
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(reply.headers.at("cache-control"), "no-cache");
  EXPECT_NE(reply.body.find("<title>Tidemark</title>"), std::string::npos);
}

TEST_F(Page, ItsPolicyAllowsNothingOfOthersAndNothingInline) {
  const HttpReply reply = get("/");
  const std::string policy = reply.headers.at("content-security-policy");
  EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"))
      << policy;
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_EQ(reply.headers.at("x-content-type-options"), "nosniff");
  EXPECT_EQ(reply.body.find("<style"), std::string::npos);
  EXPECT_EQ(reply.body.find("<script>"), std::string::npos);
}

TEST_F(Page, EveryFileItNamesIsThereForGood) {
  const std::string html = get("/").body;
  size_t named = 0;
  for (size_t at = html.find("./assets/"); at != std::string::npos;
       at = html.find("./assets/", at + 1)) {
    const std::string path = html.substr(at + 1, html.find('"', at) - at - 1);
    const HttpReply reply = get(path);
    EXPECT_EQ(reply.status, 200u) << path;
    EXPECT_EQ(reply.headers.at("cache-control"), "public, max-age=31536000, immutable");
    EXPECT_FALSE(reply.body.empty()) << path;
    ++named;
  }
  EXPECT_GE(named, 2u);
}

TEST_F(Page, OtherFilesAreNotFound) {
  for (const char* path : {"/assets/nothing.js", "/assets/..%2findex.html", "/index.html"})
    EXPECT_EQ(get(path).status, 404u) << path;
}

TEST(NoPage, LeavesTheRootToTheListOfMethods) {
  HttpServer server{MethodTable({})};
  const auto address = server.listen("127.0.0.1:0");
  ASSERT_TRUE(address);
  server.start();
  EXPECT_EQ(HttpClient(address.value()).get("/").body,
            HttpClient(address.value()).get("/api/v1").body);
}

}  // namespace
}  // namespace tidemark::mgmt
