#include "mgmt/http/configuration_api.h"

#include <utility>

#include "mgmt/http/problem.h"

namespace tidemark::mgmt {
namespace {

auto replied(Answer answer) {
  return [answer = std::move(answer)](Result<std::string> text) {
    answer([text = std::move(text)] {
      if (!text) return problem(text.error());
      return HttpResponse{200, std::string(kJson), text.value(), {}};
    });
  };
}

MethodRow row(std::string verb, std::string pattern, std::string text, Handler handler) {
  MethodRow row{std::move(verb), std::move(pattern), {}, false, false,
                std::move(text), std::move(handler)};
  row.role = Role::administrator;
  return row;
}

}  // namespace

void add_configuration(std::vector<MethodRow>& rows, Backend& backend) {
  rows.push_back(row(
      "GET", "/api/v1/configuration", "what is in force, as a configuration file could say it",
      [&backend](const Call&, const Answer& answer) { backend.configuration(replied(answer)); }));
  rows.push_back(
      row("POST", "/api/v1/configuration/reload",
          "read the configuration file again and apply what has changed",
          [&backend](const Call&, const Answer& answer) { backend.reload(replied(answer)); }));
}

}  // namespace tidemark::mgmt
