#include "mgmt/http/group_api.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "mgmt/http/copy_codec.h"
#include "mgmt/http/json_answer.h"
#include "mgmt/http/json_text.h"
#include "mgmt/http/object_reader.h"
#include "mgmt/http/problem.h"
#include "mgmt/http/time_text.h"

namespace tidemark::mgmt {
namespace {

using copyengine::GroupRequest;
using copyengine::GroupStatus;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr uint64_t kFenceDeadlineMaxMs = 60'000;

void start(Backend& backend, const Call& call, const Answer& answer) {
  const Result<json> body = parse_json(call.body, JsonComments::refused);
  if (!body)
    return answer(
        [text = body.error().message] { return problem(400, "the body cannot be read: " + text); });
  Result<GroupRequest> request = decode_group_request(body.value());
  if (!request) return answer([error = request.error()] { return problem(error); });
  backend.start_group(std::move(request).value(), [answer](Result<GroupStatus> result) {
    answer([result = std::move(result)] {
      if (!result) return problem(result.error());
      HttpResponse response = ok(encode_group(result.value()));
      response.status = 201;
      response.headers.emplace_back("Location",
                                    "/api/v1/groups/" + std::to_string(result.value().id));
      return response;
    });
  });
}

void show(Backend& backend, const Call& call, const Answer& answer) {
  backend.copy_group(id_of(call), [answer](Result<GroupStatus> result) {
    answer([result = std::move(result)] {
      return result ? ok(encode_group(result.value())) : problem(result.error());
    });
  });
}

void list(Backend& backend, const Answer& answer) {
  backend.copy_groups([answer](const std::vector<GroupStatus>& groups) {
    answer([groups] {
      ordered_json all = ordered_json::array();
      for (auto group = groups.rbegin(); group != groups.rend(); ++group)
        all.push_back(encode_group(*group));
      return ok({{"groups", std::move(all)}});
    });
  });
}

}  // namespace

Result<GroupRequest> decode_group_request(const json& body) {
  Faults faults;
  GroupRequest request;
  ObjectReader reader(body, {}, {"copies", "fence_deadline_ms"}, faults);
  reader.each("copies", Need::required, [&](const json& item, const std::string& path) {
    if (request.copies.size() == GroupRequest::kCopiesMax)
      return faults.add("copies", "has more than 256 members");
    request.copies.push_back(decode_copy_request(item, path, faults));
  });
  uint64_t ms = 0;
  if (reader.number("fence_deadline_ms", Need::optional, 1, kFenceDeadlineMaxMs, ms))
    request.fence_deadline = std::chrono::milliseconds(ms);
  if (faults.any()) return faults.first();
  return request;
}

ordered_json encode_group(const GroupStatus& group) {
  ordered_json copies = ordered_json::array();
  for (const copyengine::CopyStatus& copy : group.copies) copies.push_back(encode_copy(copy));
  const uint64_t t0 = group.t0_unix_ns();
  return {{"id", group.id},
          {"state", copyengine::name_of(group.state())},
          {"t0", t0 == 0 ? ordered_json(nullptr) : ordered_json(time_text(t0))},
          {"t0_unix_ns", t0},
          {"fence_us", std::chrono::duration<double, std::micro>(group.fence_time()).count()},
          {"copies", std::move(copies)}};
}

void add_groups(std::vector<MethodRow>& rows, Backend& backend) {
  rows.push_back({"GET",
                  "/api/v1/groups",
                  {},
                  false,
                  false,
                  "all groups of copies with one begin time, newest first",
                  [&backend](const Call&, const Answer& answer) { list(backend, answer); }});
  rows.push_back(
      {"POST",
       "/api/v1/groups",
       {},
       true,
       false,
       "start several copies with one begin time, all or none; answered when it has passed",
       [&backend](const Call& call, const Answer& answer) { start(backend, call, answer); }});
  rows.push_back(
      {"GET",
       "/api/v1/groups/{id}",
       {},
       false,
       false,
       "one group, with its copies",
       [&backend](const Call& call, const Answer& answer) { show(backend, call, answer); }});
}

}  // namespace tidemark::mgmt
