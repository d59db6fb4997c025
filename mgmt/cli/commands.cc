#include "mgmt/cli/commands.h"

#include <chrono>
#include <memory>
#include <thread>

#include "mgmt/cli/destination.h"
#include "mgmt/cli/render.h"
#include "mgmt/cli/table.h"
#include "mgmt/in_band/in_band_rest.h"

namespace tidemark::mgmt::cli {
namespace {

constexpr size_t kMapColumns = 64;
constexpr std::chrono::seconds kWatchEvery{1};

/// Prints an answer: as it is, or read and rendered.
template <class View>
int show(const Answer& answer, bool json, Result<View> (*read)(const std::string&),
         std::string (*render)(const View&), Console& console) {
  if (!answer) return report_failure(answer, console);
  if (json) {
    console.print(answer.body.ends_with('\n') ? answer.body : answer.body + "\n");
    return kExitOk;
  }
  const Result<View> view = read(answer.body);
  if (!view) return report_failure(view.error(), console);
  console.print(render(view.value()));
  return kExitOk;
}

std::string error_line(const Error& error) {
  const bool named = error.field.empty() || error.message.starts_with(error.field + ": ");
  const std::string where = named ? "" : error.field + ": ";
  return printable(where + error.message);
}

class Runner {
 public:
  Runner(const Api& api, bool json, Console& console) : api_(api), json_(json), console_(console) {}

  int operator()(const StatusVerb&) {
    return show(api_.status(), json_, read_status, render_status, console_);
  }
  int operator()(const VolumeListVerb&) {
    return show(api_.volumes(), json_, read_volumes, render_volumes, console_);
  }
  int operator()(const VolumeGrowVerb& verb) {
    return show(api_.grow(verb.volume, verb.size), json_, read_volume, render_volume, console_);
  }
  int operator()(const LunListVerb&) {
    return show(api_.luns(), json_, read_luns, render_luns, console_);
  }
  int operator()(const SessionListVerb&) {
    return show(api_.sessions(), json_, read_sessions, render_sessions, console_);
  }
  int operator()(const PortGroupListVerb& verb) {
    return show(api_.port_groups(verb.target), json_, read_port_groups, render_port_groups,
                console_);
  }
  int operator()(const PortGroupSetVerb& verb) {
    return show(api_.set_port_group(verb.target, verb.tag, verb.settings), json_, read_port_group,
                render_port_group, console_);
  }
  int operator()(const CopyListVerb&) {
    return show(api_.copies(), json_, read_copies, render_copies, console_);
  }
  int operator()(const CopyShowVerb& verb) { return show_copy(api_.copy(verb.id)); }
  int operator()(const CopyChangeVerb& verb) { return show_copy(api_.change(verb.id, verb.verb)); }
  int operator()(const CopyAppendVerb& verb) {
    return show_copy(api_.append(verb.id, verb.ranges));
  }
  int operator()(const CopySetVerb& verb) { return show_copy(api_.set(verb.id, verb.settings)); }
  int operator()(const CopyWatchVerb& verb) { return watch_copy(api_, verb.id, json_, console_); }
  int operator()(const GroupStartVerb& verb) {
    return show(api_.start_group(verb.order), json_, read_group, render_group, console_);
  }
  int operator()(const GroupListVerb&) {
    return show(api_.groups(), json_, read_groups, render_groups, console_);
  }
  int operator()(const GroupShowVerb& verb) {
    return show(api_.group(verb.id), json_, read_group, render_group, console_);
  }
  int operator()(const DemoVerb& verb) { return run_demo(api_, verb.options, console_); }
  int operator()(const BenchVerb& verb) { return run_bench(verb.options, json_, console_); }

  int operator()(const DoctorVerb& verb) { return run_doctor(api_, verb, console_); }
  int operator()(const ContextVerb& verb) { return run_context(verb, console_); }
  int operator()(const PrintVerb& verb) { return console_.print(verb.text), kExitOk; }

  int operator()(const ResourceVerb& verb) {
    const ResourceRequest request = request_of(verb);
    const Answer answer = api_.request(verb.row->method, request.path, request.body);
    if (!answer) return report_failure(answer, console_);
    console_.print(json_ ? answer.body + "\n" : render_resource(*verb.row, answer.body));
    return kExitOk;
  }

  int operator()(const CopyStartVerb& verb) {
    const Answer answer = api_.start(verb.order);
    if (!answer || !verb.watch) return show_copy(answer);
    const Result<CopyView> copy = read_copy(answer.body);
    if (!copy) return report_failure(copy.error(), console_);
    return watch_copy(api_, copy.value().id, json_, console_);
  }

  int operator()(const CopyMapVerb& verb) {
    const Answer answer = api_.map(verb.id, kMapColumns * verb.lines);
    return show(answer, json_, read_map, draw, console_);
  }

 private:
  static std::string draw(const MapView& map) { return render_map(map, kMapColumns); }
  int show_copy(const Answer& answer) {
    return show(answer, json_, read_copy, render_copy, console_);
  }

  const Api& api_;
  bool json_;
  Console& console_;
};

/// Verbs that only look may be carried out again and again.
bool looks(const Verb& verb) {
  if (const auto* resource = std::get_if<ResourceVerb>(&verb))
    return resource->row->method == "GET";
  return std::holds_alternative<StatusVerb>(verb) || std::holds_alternative<VolumeListVerb>(verb) ||
         std::holds_alternative<LunListVerb>(verb) ||
         std::holds_alternative<SessionListVerb>(verb) ||
         std::holds_alternative<CopyListVerb>(verb) || std::holds_alternative<CopyShowVerb>(verb) ||
         std::holds_alternative<CopyMapVerb>(verb);
}

}  // namespace

int report_failure(const Answer& answer, Console& console) {
  console.complain(error_line(answer.error));
  return answer.outcome == Answer::Outcome::unreachable ? kExitUnreachable : kExitRefused;
}

int report_failure(const Error& error, Console& console) {
  console.complain(error_line(error));
  return kExitRefused;
}

namespace {

/// The port, or what stands in for it: vendor commands to a logical unit.
Result<Api> open_api(const CommandLine& line) {
  if (line.via.empty()) {
    Result<Url> url = find_destination(line.url, line.context);
    if (!url) return url.error();
    return Api(std::move(url).value());
  }
  auto port = open_cdb_port(line.via);
  if (!port) return port.error();
  const auto rest = std::make_shared<InBandRest>(std::move(port).value());
  return Api(HttpClient([rest](std::string_view verb, const std::string& path,
                               const std::string& body) -> Result<HttpReply> {
    auto answer = rest->request(verb, path, body);
    if (!answer) return answer.error();
    return HttpReply{answer.value().status, std::move(answer.value().body)};
  }));
}

}  // namespace

int run_command(const CommandLine& line, Console& console) {
  // These ask no daemon, and must work when there is none.
  if (const auto* print = std::get_if<PrintVerb>(&line.verb))
    return console.print(print->text), kExitOk;
  if (const auto* context = std::get_if<ContextVerb>(&line.verb))
    return run_context(*context, console);
  const Result<Api> opened = open_api(line);
  if (!opened) {
    console.complain(error_line(opened.error()));
    return opened.error().kind == ErrorKind::io ? kExitUnreachable : kExitUsage;
  }
  if (line.watch && !looks(line.verb)) {
    console.complain("--watch is for commands that only look");
    return kExitUsage;
  }
  const Api& api = opened.value();
  while (true) {
    if (line.watch) console.clear();
    const int status = std::visit(Runner(api, line.json, console), line.verb);
    if (!line.watch || status != kExitOk) return status;
    std::this_thread::sleep_for(kWatchEvery);
  }
}

}  // namespace tidemark::mgmt::cli
