#include "mgmt/cli/commands.h"

#include "mgmt/cli/render.h"
#include "mgmt/cli/table.h"

namespace tidemark::mgmt::cli {
namespace {

constexpr size_t kMapColumns = 64;

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
  int operator()(const DemoVerb& verb) { return run_demo(api_, verb.options, console_); }
  int operator()(const BenchVerb& verb) { return run_bench(verb.options, json_, console_); }

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

}  // namespace

int report_failure(const Answer& answer, Console& console) {
  console.complain(error_line(answer.error));
  return answer.outcome == Answer::Outcome::unreachable ? kExitUnreachable : kExitRefused;
}

int report_failure(const Error& error, Console& console) {
  console.complain(error_line(error));
  return kExitRefused;
}

int run_command(const CommandLine& line, Console& console) {
  Result<Url> url = parse_url(line.url);
  if (!url) {
    console.complain(error_line(url.error()));
    return kExitUsage;
  }
  const Api api(std::move(url).value());
  return std::visit(Runner(api, line.json, console), line.verb);
}

}  // namespace tidemark::mgmt::cli
