#include "mgmt/http/api.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "mgmt/http/configuration_api.h"
#include "mgmt/http/copy_codec.h"
#include "mgmt/http/copy_map_method.h"
#include "mgmt/http/group_api.h"
#include "mgmt/http/image_api.h"
#include "mgmt/http/inventory_api.h"
#include "mgmt/http/json_answer.h"
#include "mgmt/http/json_text.h"
#include "mgmt/http/log_api.h"
#include "mgmt/http/metrics.h"
#include "mgmt/http/object_reader.h"
#include "mgmt/http/openapi.h"
#include "mgmt/http/port_group_api.h"
#include "mgmt/http/problem.h"
#include "mgmt/http/token_api.h"
#include "mgmt/http/view_codec.h"

namespace tidemark::mgmt {
namespace {

using copyengine::CopyStatus;
using copyengine::CopyVerb;
using nlohmann::ordered_json;

// The reply to a call that ends in one copy.
auto copy_reply(Answer answer) {
  return [answer = std::move(answer)](Result<CopyStatus> result) {
    answer([result = std::move(result)] {
      return result ? ok(encode_copy(result.value())) : problem(result.error());
    });
  };
}

void append_ranges(Backend& backend, const Call& call, const Answer& answer) {
  if (auto ranges = read_body(call, answer, decode_more_ranges))
    backend.append_ranges(id_of(call), std::move(*ranges), copy_reply(answer));
}

void set_copy(Backend& backend, const Call& call, const Answer& answer) {
  if (const auto change = read_body(call, answer, decode_copy_change))
    backend.set_copy(id_of(call), *change, copy_reply(answer));
}

void start_copy(Backend& backend, const Call& call, const Answer& answer) {
  auto request = read_body(call, answer, decode_copy_request);
  if (!request) return;
  backend.start_copy(std::move(*request), [answer](Result<CopyStatus> result) {
    answer([result = std::move(result)] {
      if (!result) return problem(result.error());
      HttpResponse response = ok(encode_copy(result.value()));
      response.status = 201;
      response.headers.emplace_back("Location",
                                    "/api/v1/copies/" + std::to_string(result.value().id));
      return response;
    });
  });
}

void list_copies(Backend& backend, const Call& call, const Answer& answer) {
  backend.copies([call, answer](std::vector<CopyStatus> copies) {
    answer([call, copies = std::move(copies)]() mutable {
      std::sort(copies.begin(), copies.end(),
                [](const CopyStatus& a, const CopyStatus& b) { return a.id > b.id; });
      return page_of(call, "copies", copies, encode_copy);
    });
  });
}

void read_volume(Backend& backend, const Call& call, const Answer& answer) {
  backend.volumes([answer, name = call.arguments.front()](std::vector<VolumeView> volumes) {
    answer([name, volumes = std::move(volumes)] {
      for (const VolumeView& volume : volumes)
        if (volume.name == name) return tagged(ok(encode_volume(volume)), tag_of(volume));
      return problem(Error{ErrorKind::not_found, "there is no volume " + name, {}});
    });
  });
}

Result<uint64_t> decode_growth(const nlohmann::json& body) {
  uint64_t size = 0;
  Faults faults;
  ObjectReader reader(body, {}, {"size"}, faults);
  reader.size("size", Need::required, size);
  if (faults.any()) return faults.first();
  return size;
}

void grow_volume(Backend& backend, const Call& call, const Answer& answer) {
  const auto size = read_body(call, answer, decode_growth);
  if (!size) return;
  backend.grow_volume(call.arguments.front(), *size, [answer](Result<VolumeView> volume) {
    answer([volume = std::move(volume)] {
      return volume ? ok(encode_volume(volume.value())) : problem(volume.error());
    });
  });
}

MethodRow get(std::string pattern, std::string text, Handler handler,
              std::vector<QueryParameter> query = {}) {
  return {"GET", std::move(pattern), std::move(query),  false,
          false, std::move(text),    std::move(handler)};
}

MethodRow act_row(Backend& backend, CopyVerb verb, std::string text) {
  return {"POST",
          "/api/v1/copies/{id}/" + std::string(copyengine::name_of(verb)),
          {},
          false,
          false,
          std::move(text),
          [&backend, verb](const Call& call, const Answer& answer) {
            backend.act(id_of(call), verb, copy_reply(answer));
          }};
}

void add_inventory(std::vector<MethodRow>& rows, Backend& backend) {
  rows.push_back(get("/api/v1/status", "the daemon: version, cores, portals, counts",
                     [&backend](const Call&, const Answer& answer) {
                       backend.status([answer](StatusView status) {
                         answer([status = std::move(status)] { return ok(encode_status(status)); });
                       });
                     }));
  rows.push_back(get(
      "/api/v1/volumes", "all volumes",
      [&backend](const Call& call, const Answer& answer) {
        backend.volumes([call, answer](std::vector<VolumeView> volumes) {
          answer([call, volumes = std::move(volumes)] {
            return page_of(call, "volumes", volumes, encode_volume);
          });
        });
      },
      page_parameters()));
  rows.push_back(get(
      "/api/v1/volumes/{name}", "one volume",
      [&backend](const Call& call, const Answer& answer) { read_volume(backend, call, answer); }));
  rows.push_back(
      {"POST",
       "/api/v1/volumes/{name}/grow",
       {},
       true,
       false,
       "make a volume larger: {\"size\": bytes or text}",
       [&backend](const Call& call, const Answer& answer) { grow_volume(backend, call, answer); }});
  rows.push_back(get(
      "/api/v1/targets", "targets, with who may use them and their LUNs",
      [&backend](const Call& call, const Answer& answer) {
        answer([&backend, call] {
          return page_of(call, "targets", backend.targets(), encode_target);
        });
      },
      page_parameters()));
  rows.push_back(get(
      "/api/v1/luns", "logical units of all targets",
      [&backend](const Call& call, const Answer& answer) {
        answer([&backend, call] { return page_of(call, "luns", backend.luns(), encode_lun); });
      },
      page_parameters()));
  rows.push_back(get(
      "/api/v1/sessions", "iSCSI sessions",
      [&backend](const Call& call, const Answer& answer) {
        backend.sessions([call, answer](std::vector<target::SessionInfo> sessions) {
          answer([call, sessions = std::move(sessions)] {
            return page_of(call, "sessions", sessions, encode_session);
          });
        });
      },
      page_parameters()));
}

void drop_session(Backend& backend, const Call& call, const Answer& answer) {
  backend.drop_session(id_of(call), [answer](Result<target::SessionInfo> session) {
    answer([session = std::move(session)] {
      return session ? ok(encode_session(session.value())) : problem(session.error());
    });
  });
}

void add_session_changes(std::vector<MethodRow>& rows, Backend& backend) {
  rows.push_back({"DELETE",
                  "/api/v1/sessions/{id}",
                  {},
                  false,
                  false,
                  "end a session; its initiator may log in again",
                  [&backend](const Call& call, const Answer& answer) {
                    drop_session(backend, call, answer);
                  }});
  rows.back().role = Role::administrator;
}

void add_copies(std::vector<MethodRow>& rows, Backend& backend) {
  rows.push_back(get(
      "/api/v1/copies", "all copies, newest first",
      [&backend](const Call& call, const Answer& answer) { list_copies(backend, call, answer); },
      page_parameters()));
  rows.push_back(
      {"POST",
       "/api/v1/copies",
       {},
       true,
       false,
       "start a copy; answered when its begin time has passed",
       [&backend](const Call& call, const Answer& answer) { start_copy(backend, call, answer); }});
  rows.push_back(
      get("/api/v1/copies/{id}", "one copy", [&backend](const Call& call, const Answer& answer) {
        backend.copy(id_of(call), copy_reply(answer));
      }));
  rows.push_back(
      {"PATCH",
       "/api/v1/copies/{id}",
       {},
       true,
       false,
       "change its rate limit, impact or latency budget",
       [&backend](const Call& call, const Answer& answer) { set_copy(backend, call, answer); }});
  rows.push_back({"POST",
                  "/api/v1/copies/{id}/ranges",
                  {},
                  true,
                  false,
                  "more ranges for a copy that is held back",
                  [&backend](const Call& call, const Answer& answer) {
                    append_ranges(backend, call, answer);
                  }});
  rows.push_back(act_row(backend, CopyVerb::start, "start a copy that was held back"));
  rows.push_back(
      act_row(backend, CopyVerb::pause, "stop copying for a while; writes stay guarded"));
  rows.push_back(act_row(backend, CopyVerb::resume, "go on"));
  rows.push_back(act_row(backend, CopyVerb::cancel, "end the copy; held writes go on"));
  rows.push_back(copy_map_method(backend));
}

}  // namespace

std::vector<MethodRow> api_methods(Backend& backend) {
  std::vector<MethodRow> rows;
  add_inventory(rows, backend);
  add_session_changes(rows, backend);
  add_inventory_changes(rows, backend);
  add_images(rows, backend);
  add_port_groups(rows, backend);
  add_copies(rows, backend);
  add_groups(rows, backend);
  rows.push_back(
      {"GET",
       "/api/v1/events",
       {{"after", 0, UINT64_MAX}},
       false,
       true,
       "server-sent events: copy, store, progress, image, session; resumes after Last-Event-ID",
       nullptr});
  add_tokens(rows, backend.authority());
  add_log(rows);
  add_configuration(rows, backend);
  rows.push_back(metrics_method(backend));
  rows.push_back(openapi_method(rows));
  return rows;
}

}  // namespace tidemark::mgmt
