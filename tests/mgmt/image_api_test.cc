// The rows for point-in-time images: what they take, what they refuse, and what they answer.
#include "mgmt/http/image_api.h"

#include <nlohmann/json.hpp>

#include "tests/mgmt/http_fixture.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;

class ImageRows : public HttpPort {
 protected:
  HttpReply ask(const std::string& verb, const std::string& path, const std::string& body = {}) {
    return HttpClient(address).request(verb, path, body);
  }
};

TEST_F(ImageRows, AnImageIsTaken) {
  const HttpReply reply = post("/api/v1/images", R"({"source": "source", "name": "night",
                                                     "grain": "4KiB", "store_limit": "1GiB"})");
  EXPECT_EQ(reply.status, 201u) << reply.body;
  EXPECT_EQ(reply.headers.at("location"), "/api/v1/images/night");
  EXPECT_EQ(json::parse(reply.body)["state"], "ready");
  EXPECT_EQ(backend.orders.image_order.grain, 4096u);
  EXPECT_EQ(backend.orders.image_order.store_limit, kGiB);
  EXPECT_EQ(json::parse(ask("GET", "/api/v1/images").body)["images"].size(), 1u);
  EXPECT_EQ(ask("GET", "/api/v1/images/night").status, 200u);
  EXPECT_EQ(ask("GET", "/api/v1/images/day").status, 404u);
}

TEST_F(ImageRows, ABadOrderIsRefusedByField) {
  const std::pair<const char*, const char*> bodies[] = {
      {"{}", "source"},
      {R"({"source": 7})", "source"},
      {R"({"source": "none"})", "source"},
      {R"({"source": "source", "grain": "3KiB"})", "grain"},
      {R"({"source": "source", "grain": "128KiB"})", "grain"},
      {R"({"source": "source", "store_limit": -1})", "store_limit"},
      {R"({"source": "source", "colour": 1})", "colour"},
  };
  for (const auto& [body, field] : bodies) {
    const HttpReply reply = post("/api/v1/images", body);
    EXPECT_GE(reply.status, 400u) << body;
    EXPECT_EQ(json::parse(reply.body).value("field", ""), field) << body;
  }
  EXPECT_TRUE(backend.orders.taken.empty());
}

TEST_F(ImageRows, AnImageIsALunUntilItIsDetached) {
  post("/api/v1/images", R"({"source": "source", "name": "night"})");
  const json attached =
      json::parse(post("/api/v1/images/night/luns", R"({"target": "iqn.a:b", "lun": 3})").body);
  EXPECT_EQ(attached["luns"], json::parse(R"([{"target": "iqn.a:b", "lun": 3}])"));
  EXPECT_EQ(ask("DELETE", "/api/v1/images/night").status, 409u);
  EXPECT_EQ(ask("DELETE", "/api/v1/images/night/luns").status, 200u);
  EXPECT_EQ(ask("DELETE", "/api/v1/images/night").status, 200u);
  EXPECT_EQ(post("/api/v1/images/night/luns", R"({"target": "iqn.a:b"})").status, 404u);
  EXPECT_EQ(post("/api/v1/images/night/luns", R"({"lun": 3})").status, 422u);
}

TEST_F(ImageRows, ABrokenImageSaysWhy) {
  ImageView image{.name = "night", .source = "source", .broken = true};
  image.error_code = "no_space";
  image.error_party = "store";
  image.error_text = "full";
  const json shown = json::parse(encode_image(image).dump());
  EXPECT_EQ(shown["state"], "broken");
  EXPECT_EQ(shown["error"], json::parse(R"({"code": "no_space", "party": "store",
                                            "text": "full"})"));
}

}  // namespace
}  // namespace tidemark::mgmt
