#include "mgmt/http/image_api.h"

#include <bit>
#include <nlohmann/json.hpp>
#include <utility>

#include "mgmt/http/json_answer.h"
#include "mgmt/http/object_reader.h"
#include "mgmt/http/problem.h"
#include "mgmt/http/time_text.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kImages = "/api/v1/images";
constexpr uint64_t kLunMax = 16383;  // flat space addressing (SAM-5 clause 4.7.7.3)

/// The reply to an order that ends in one image: 200 with it, or 201 if it is new.
auto replied(Answer answer, bool made = false) {
  return [answer = std::move(answer), made](Result<ImageView> result) {
    answer([result = std::move(result), made] {
      if (!result) return problem(result.error());
      HttpResponse response = ok(encode_image(result.value()));
      if (!made) return response;
      response.status = 201;
      response.headers.emplace_back("Location", kImages + ("/" + result.value().name));
      return response;
    });
  };
}

void list(Inventory& inventory, const Call& call, const Answer& answer) {
  inventory.images([call, answer](Result<std::vector<ImageView>> images) {
    answer([call, images = std::move(images)] {
      return images ? page_of(call, "images", images.value(), encode_image)
                    : problem(images.error());
    });
  });
}

void show(Inventory& inventory, const Call& call, const Answer& answer) {
  inventory.images([name = call.arguments.front(), answer](Result<std::vector<ImageView>> images) {
    answer([name, images = std::move(images)] {
      if (!images) return problem(images.error());
      for (const ImageView& image : images.value())
        if (image.name == name) return ok(encode_image(image));
      return problem(Error{ErrorKind::not_found, "there is no image " + name, {}});
    });
  });
}

void make(Inventory& inventory, const Call& call, const Answer& answer) {
  if (auto order = read_body(call, answer, decode_new_image))
    inventory.make_image(std::move(*order), replied(answer, true));
}

void attach(Inventory& inventory, const Call& call, const Answer& answer) {
  auto order = read_body(call, answer, decode_image_attachment);
  if (!order) return;
  order->image = call.arguments.front();
  inventory.attach_image(std::move(*order), replied(answer));
}

void detach(Inventory& inventory, const Call& call, const Answer& answer) {
  inventory.detach_image(call.arguments.front(), replied(answer));
}

void drop(Inventory& inventory, const Call& call, const Answer& answer) {
  inventory.drop_image({call.arguments.front(), query_or(call, "force", 0) != 0}, replied(answer));
}

using Act = void (*)(Inventory&, const Call&, const Answer&);

MethodRow row(const char* verb, std::string below, bool takes_body, std::string text,
              Inventory& inventory, Act act, bool administers = true) {
  MethodRow row{
      verb,
      kImages + std::move(below),
      {},
      takes_body,
      false,
      std::move(text),
      [&inventory, act](const Call& call, const Answer& answer) { act(inventory, call, answer); }};
  if (administers) row.role = Role::administrator;
  return row;
}

}  // namespace

ordered_json encode_image(const ImageView& image) {
  ordered_json luns = ordered_json::array();
  for (const ImageView::Place& place : image.luns)
    luns.push_back({{"target", place.target}, {"lun", place.lun}});
  ordered_json to = {
      {"name", image.name},
      {"source", image.source},
      {"state", image.broken ? "broken" : "ready"},
      {"t0",
       image.t0_unix_ns == 0 ? ordered_json(nullptr) : ordered_json(time_text(image.t0_unix_ns))},
      {"t0_unix_ns", image.t0_unix_ns},
      {"size", image.size},
      {"block_size", image.block_size},
      {"grain", image.grain},
      {"store_limit", image.store_limit},
      {"bytes", {{"preserved", image.bytes_preserved}}},
      {"store_bytes", image.store_bytes},
      {"held", {{"now", image.held_now}, {"total", image.held_total}}},
      {"luns", std::move(luns)},
  };
  if (!image.naa.empty()) to["naa"] = image.naa;
  if (!image.serial.empty()) to["serial"] = image.serial;
  to["error"] = nullptr;
  if (image.broken)
    to["error"] = {
        {"code", image.error_code}, {"party", image.error_party}, {"text", image.error_text}};
  return to;
}

Result<ImageOrder> decode_new_image(const json& body) {
  ImageOrder order;
  Faults faults;
  ObjectReader reader(body, {}, {"source", "name", "grain", "store_limit"}, faults);
  reader.text("source", Need::required, order.source);
  reader.text("name", Need::optional, order.name);
  uint64_t grain = order.grain;
  if (reader.size("grain", Need::optional, grain) &&
      (!std::has_single_bit(grain) || grain < copyengine::kGrainMin ||
       grain > copyengine::kGrainMax))
    faults.add("grain", "must be a power of two from 4KiB to 64KiB");
  order.grain = static_cast<uint32_t>(grain);
  reader.size("store_limit", Need::optional, order.store_limit);
  if (faults.any()) return faults.first();
  return order;
}

Result<ImageAttachment> decode_image_attachment(const json& body) {
  ImageAttachment order;
  Faults faults;
  ObjectReader reader(body, {}, {"target", "lun"}, faults);
  reader.text("target", Need::required, order.target);
  uint64_t lun = 0;
  if (reader.number("lun", Need::optional, 0, kLunMax, lun)) order.lun = static_cast<uint16_t>(lun);
  if (faults.any()) return faults.first();
  return order;
}

void add_images(std::vector<MethodRow>& rows, Backend& backend) {
  Inventory& inventory = backend.inventory();
  rows.push_back(row("GET", "", false, "point-in-time images", inventory, list, false));
  rows.back().query = page_parameters();
  rows.push_back(row("GET", "/{name}", false, "one image", inventory, show, false));
  rows.push_back(row("POST", "", true,
                     "take an image of a volume; answered when its begin time has passed",
                     inventory, make));
  rows.push_back(row("POST", "/{name}/luns", true, "make an image a read-only LUN of a target",
                     inventory, attach));
  rows.push_back(row("DELETE", "/{name}/luns", false,
                     "take away all LUNs that an image is; sessions are asked to log out",
                     inventory, detach));
  rows.push_back(row("DELETE", "/{name}", false, "drop an image; force=1: also while it is a LUN",
                     inventory, drop));
  rows.back().query = {{"force", 0, 1}};
}

}  // namespace tidemark::mgmt
