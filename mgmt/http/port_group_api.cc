#include "mgmt/http/port_group_api.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "mgmt/http/json_text.h"
#include "mgmt/http/object_reader.h"
#include "mgmt/http/problem.h"

namespace tidemark::mgmt {
namespace {

using nlohmann::ordered_json;
using scsi::AccessState;

constexpr auto state_words() {
  std::array<Word<AccessState>, std::size(scsi::kAccessStateNames)> words{};
  for (size_t i = 0; i < words.size(); ++i)
    words[i] = {scsi::kAccessStateNames[i].text, scsi::kAccessStateNames[i].state};
  return words;
}
constexpr auto kStates = state_words();

ordered_json encode(const PortGroupView& group) {
  ordered_json luns = ordered_json::array();
  for (const PortGroupView::Lun& lun : group.luns)
    luns.push_back({{"lun", lun.lun},
                    {"volume", lun.volume},
                    {"state", name_of(lun.state)},
                    {"preferred", lun.preferred}});
  return {{"tag", group.tag}, {"luns", std::move(luns)}};
}

HttpResponse ok(const ordered_json& body) {
  return HttpResponse{200, "application/json", json_text(body), {}};
}

Result<PortGroupOrder> read_order(const Call& call, const nlohmann::json& body) {
  PortGroupOrder order;
  order.target = call.arguments[0];
  const std::string& tag = call.arguments[1];
  const auto [end, wrong] = std::from_chars(tag.data(), tag.data() + tag.size(), order.tag);
  if (wrong != std::errc{} || end != tag.data() + tag.size())
    return Error{ErrorKind::not_found, "there is no portal group " + tag, {}};
  Faults faults;
  ObjectReader reader(body, {}, {"state", "preferred"}, faults);
  AccessState state{};
  if (reader.word<AccessState>("state", kStates, state)) order.state = state;
  if (body.is_object() && body.contains("preferred")) {
    order.preferred = false;
    reader.flag("preferred", *order.preferred);
  }
  if (faults.any()) return faults.first();
  if (!order.state && !order.preferred)
    return Error{ErrorKind::invalid, "is missing, and so is preferred", "state"};
  return order;
}

void list(Backend& backend, const Call& call, const Answer& answer) {
  backend.port_groups(call.arguments[0], [answer](Result<std::vector<PortGroupView>> groups) {
    answer([groups = std::move(groups)] {
      if (!groups) return problem(groups.error());
      ordered_json all = ordered_json::array();
      for (const PortGroupView& group : groups.value()) all.push_back(encode(group));
      return ok({{"port_groups", std::move(all)}});
    });
  });
}

void set(Backend& backend, const Call& call, const Answer& answer) {
  const auto body = parse_json(call.body, JsonComments::refused);
  if (!body)
    return answer(
        [text = body.error().message] { return problem(400, "the body cannot be read: " + text); });
  auto order = read_order(call, body.value());
  if (!order) return answer([error = order.error()] { return problem(error); });
  backend.set_port_group(std::move(order).value(), [answer](Result<PortGroupView> group) {
    answer([group = std::move(group)] {
      return group ? ok(encode(group.value())) : problem(group.error());
    });
  });
}

}  // namespace

void add_port_groups(std::vector<MethodRow>& rows, Backend& backend) {
  rows.push_back(
      {"GET",
       "/api/v1/targets/{name}/port-groups",
       {},
       false,
       false,
       "asymmetric access states of its LUNs through each portal group",
       [&backend](const Call& call, const Answer& answer) { list(backend, call, answer); }});
  rows.push_back(
      {"POST",
       "/api/v1/targets/{name}/port-groups/{id}",
       {},
       true,
       false,
       "set the access state of all its LUNs through one portal group",
       [&backend](const Call& call, const Answer& answer) { set(backend, call, answer); }});
}

}  // namespace tidemark::mgmt
