#include "mgmt/http/inventory_api.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "mgmt/http/json_answer.h"
#include "mgmt/http/object_reader.h"
#include "mgmt/http/problem.h"
#include "mgmt/http/view_codec.h"
#include "mgmt/http/volume_reader.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kVolumes = "/api/v1/volumes";
constexpr const char* kTargets = "/api/v1/targets";
constexpr uint64_t kLunMax = 16383;  // flat space addressing (SAM-5 clause 4.7.7.3)

/// RFC 3986 clause 2.1: what is not unreserved is escaped.
std::string path_segment(const std::string& text) {
  constexpr const char* kHex = "0123456789ABCDEF";
  std::string segment;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' || c == ':';
    const auto byte = static_cast<uint8_t>(c);
    segment += plain ? std::string{c} : std::string{'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return segment;
}

std::string path_of(const VolumeView& volume) {
  return kVolumes + ("/" + path_segment(volume.name));
}
std::string path_of(const TargetView& target) {
  return kTargets + ("/" + path_segment(target.name));
}
std::string path_of(const LunView& lun) {
  return kTargets + ("/" + path_segment(lun.target)) + "/luns/" + std::to_string(lun.lun);
}

ordered_json encode(const VolumeView& volume) {
  return encode_volume(volume);
}
ordered_json encode(const TargetView& target) {
  return encode_target(target);
}
ordered_json encode(const LunView& lun) {
  return encode_lun(lun);
}

template <class View>
HttpResponse shown(const View& view) {
  return tagged(ok(encode(view)), tag_of(view));
}

/// The reply to an order that ends in one object: 200 with it, or 201 if it is new.
template <class View>
auto replied(Answer answer, bool made = false) {
  return [answer = std::move(answer), made](Result<View> result) {
    answer([result = std::move(result), made] {
      if (!result) return problem(result.error());
      HttpResponse response = shown(result.value());
      if (!made) return response;
      response.status = 201;
      response.headers.emplace_back("Location", path_of(result.value()));
      return response;
    });
  };
}

/// What the path names as a LUN; routing has checked that it is a number.
Result<uint16_t> lun_of(const Call& call) {
  uint64_t lun = 0;
  const std::string& text = call.arguments[1];
  std::from_chars(text.data(), text.data() + text.size(), lun);
  if (lun > kLunMax) return Error{ErrorKind::not_found, "there is no LUN " + text, {}};
  return static_cast<uint16_t>(lun);
}

void read_target(Backend& backend, const Call& call, const Answer& answer) {
  answer([&backend, name = call.arguments.front()] {
    for (const TargetView& target : backend.targets())
      if (target.name == name) return shown(target);
    return problem(Error{ErrorKind::not_found, "there is no target " + name, {}});
  });
}

void read_lun(Backend& backend, const Call& call, const Answer& answer) {
  const auto number = lun_of(call);
  if (!number) return answer([error = number.error()] { return problem(error); });
  answer([&backend, target = call.arguments.front(), number = number.value()] {
    for (const LunView& lun : backend.luns())
      if (lun.target == target && lun.lun == number) return shown(lun);
    return problem(Error{
        ErrorKind::not_found, "there is no LUN " + std::to_string(number) + " of " + target, {}});
  });
}

void make_volume(Inventory& inventory, const Call& call, const Answer& answer,
                 Result<VolumeOrder> (*decode)(const json&)) {
  if (auto order = read_body(call, answer, decode))
    inventory.make_volume(std::move(*order), replied<VolumeView>(answer, true));
}

void remove_volume(Inventory& inventory, const Call& call, const Answer& answer) {
  inventory.remove_volume({call.arguments.front(), query_or(call, "erase", 0) != 0, call.if_match},
                          replied<VolumeView>(answer));
}

void make_target(Inventory& inventory, const Call& call, const Answer& answer) {
  if (auto order = read_body(call, answer, decode_new_target))
    inventory.make_target(std::move(*order), replied<TargetView>(answer, true));
}

void map_lun(Inventory& inventory, const Call& call, const Answer& answer) {
  auto order = read_body(call, answer, decode_new_lun);
  if (!order) return;
  order->target = call.arguments.front();
  inventory.map_lun(std::move(*order), replied<LunView>(answer, true));
}

void unmap_lun(Inventory& inventory, const Call& call, const Answer& answer) {
  const auto lun = lun_of(call);
  if (!lun) return answer([error = lun.error()] { return problem(error); });
  inventory.unmap_lun({call.arguments.front(), lun.value(), call.if_match},
                      replied<LunView>(answer));
}

void set_access(Inventory& inventory, const Call& call, const Answer& answer) {
  auto order = read_body(call, answer, decode_access);
  if (!order) return;
  order->target = call.arguments[0];
  order->initiator = call.arguments[1];
  order->if_match = call.if_match;
  inventory.set_access(std::move(*order), replied<TargetView>(answer));
}

TargetView::Lun decode_lun(const json& body, const std::string& path, Faults& faults) {
  TargetView::Lun lun;
  ObjectReader reader(body, path, {"lun", "volume"}, faults);
  uint64_t number = 0;
  reader.number("lun", Need::required, 0, kLunMax, number);
  lun.lun = static_cast<uint16_t>(number);
  reader.text("volume", Need::required, lun.volume);
  return lun;
}

Result<VolumeOrder> decode_volume(const json& body, bool import) {
  VolumeOrder order;
  order.import = import;
  Faults faults;
  order.spec = read_volume(body, {}, import ? Need::required : Need::optional, faults);
  if (faults.any()) return faults.first();
  return order;
}

using Act = void (*)(Inventory&, const Call&, const Answer&);

MethodRow change(std::string verb, std::string pattern, bool takes_body, std::string text,
                 Inventory& inventory, Act act) {
  MethodRow row{
      std::move(verb),
      std::move(pattern),
      {},
      takes_body,
      false,
      std::move(text),
      [&inventory, act](const Call& call, const Answer& answer) { act(inventory, call, answer); }};
  row.role = Role::administrator;
  return row;
}

MethodRow look(std::string pattern, std::string text, Backend& backend,
               void (*read)(Backend&, const Call&, const Answer&)) {
  return {
      "GET",
      std::move(pattern),
      {},
      false,
      false,
      std::move(text),
      [&backend, read](const Call& call, const Answer& answer) { read(backend, call, answer); }};
}

void add_volumes(std::vector<MethodRow>& rows, Inventory& inventory) {
  rows.push_back(change("POST", kVolumes, true, "make a volume", inventory,
                        [](Inventory& to, const Call& call, const Answer& answer) {
                          make_volume(to, call, answer, decode_new_volume);
                        }));
  rows.push_back(change("POST", std::string(kVolumes) + "/import", true,
                        "serve a file or a device that is there already", inventory,
                        [](Inventory& to, const Call& call, const Answer& answer) {
                          make_volume(to, call, answer, decode_volume_import);
                        }));
  rows.push_back(change("DELETE", std::string(kVolumes) + "/{name}", false,
                        "serve a volume no longer; erase=1: delete its file too", inventory,
                        remove_volume));
  rows.back().query = {{"erase", 0, 1}};
}

void add_targets(std::vector<MethodRow>& rows, Backend& backend, Inventory& inventory) {
  const std::string target = std::string(kTargets) + "/{name}";
  rows.push_back(look(target, "one target", backend, read_target));
  rows.push_back(change("POST", kTargets, true, "make a target", inventory, make_target));
  rows.push_back(change(
      "DELETE", target, false, "end a target and its sessions", inventory,
      [](Inventory& to, const Call& call, const Answer& answer) {
        to.remove_target({call.arguments.front(), call.if_match}, replied<TargetView>(answer));
      }));
  rows.push_back(look(target + "/luns/{id}", "one logical unit", backend, read_lun));
  rows.push_back(
      change("POST", target + "/luns", true, "map a volume as a LUN", inventory, map_lun));
  rows.push_back(change("DELETE", target + "/luns/{id}", false,
                        "unmap a LUN; sessions that have it are asked to log out", inventory,
                        unmap_lun));
  rows.push_back(change("PUT", target + "/access/{initiator}", true,
                        "let an initiator in, with LUNs of its own if \"luns\" is given", inventory,
                        set_access));
  rows.push_back(change("DELETE", target + "/access/{initiator}", false,
                        "let an initiator in no longer, and end its sessions", inventory,
                        [](Inventory& to, const Call& call, const Answer& answer) {
                          to.remove_access({call.arguments[0], call.arguments[1], call.if_match},
                                           replied<TargetView>(answer));
                        }));
}

}  // namespace

Result<VolumeOrder> decode_new_volume(const json& body) {
  return decode_volume(body, false);
}

Result<VolumeOrder> decode_volume_import(const json& body) {
  return decode_volume(body, true);
}

Result<TargetOrder> decode_new_target(const json& body) {
  TargetOrder order;
  Faults faults;
  ObjectReader reader(body, {}, {"name", "access"}, faults);
  reader.text("name", Need::required, order.name);
  reader.each("access", Need::optional, [&](const json& item, const std::string& at) {
    ObjectReader row(item, at, {"initiator", "copy_commands"}, faults);
    TargetOrder::Access& access = order.access.emplace_back();
    row.text("initiator", Need::required, access.initiator);
    row.flag("copy_commands", access.copy_commands);
  });
  if (faults.any()) return faults.first();
  return order;
}

Result<LunOrder> decode_new_lun(const json& body) {
  LunOrder order;
  Faults faults;
  ObjectReader reader(body, {}, {"lun", "volume"}, faults);
  uint64_t number = 0;
  if (reader.number("lun", Need::optional, 0, kLunMax, number))
    order.lun = static_cast<uint16_t>(number);
  reader.text("volume", Need::required, order.volume);
  if (faults.any()) return faults.first();
  return order;
}

Result<AccessOrder> decode_access(const json& body) {
  AccessOrder order;
  Faults faults;
  ObjectReader reader(body, {}, {"luns", "copy_commands"}, faults);
  std::vector<TargetView::Lun> luns;
  if (reader.each("luns", Need::optional, [&](const json& item, const std::string& at) {
        luns.push_back(decode_lun(item, at, faults));
      }))
    order.luns = std::move(luns);
  reader.flag("copy_commands", order.copy_commands);
  if (faults.any()) return faults.first();
  return order;
}

void add_inventory_changes(std::vector<MethodRow>& rows, Backend& backend) {
  add_volumes(rows, backend.inventory());
  add_targets(rows, backend, backend.inventory());
}

}  // namespace tidemark::mgmt
