#include "mgmt/http/log_api.h"

#include <nlohmann/json.hpp>

#include "mgmt/http/json_answer.h"
#include "mgmt/http/object_reader.h"

namespace tidemark::mgmt {
namespace {

constexpr Word<LogLevel> kLevels[] = {{"debug", LogLevel::debug},
                                      {"info", LogLevel::info},
                                      {"warning", LogLevel::warning},
                                      {"error", LogLevel::error}};

}  // namespace

nlohmann::ordered_json encode_log() {
  // The lowest level that is said.
  for (const Word<LogLevel>& level : kLevels)
    if (log_enabled(level.value)) return {{"level", level.text}};
  return {{"level", kLevels[3].text}};
}

Result<LogLevel> decode_log_change(const nlohmann::json& body) {
  LogLevel level{};
  Faults faults;
  ObjectReader reader(body, {}, {"level"}, faults);
  if (!reader.word<LogLevel>("level", kLevels, level)) faults.add("level", "is missing");
  if (faults.any()) return faults.first();
  return level;
}

void add_log(std::vector<MethodRow>& rows) {
  rows.push_back(
      {"GET",
       "/api/v1/log",
       {},
       false,
       false,
       "how much the daemon's log says",
       [](const Call&, const Answer& answer) { answer([] { return ok(encode_log()); }); }});
  rows.push_back({"PATCH",
                  "/api/v1/log",
                  {},
                  true,
                  false,
                  "let the log say more or less, until the daemon ends",
                  [](const Call& call, const Answer& answer) {
                    const auto level = read_body(call, answer, decode_log_change);
                    if (!level) return;
                    set_log_level(*level);
                    answer([] { return ok(encode_log()); });
                  }});
  rows.back().role = Role::administrator;
}

}  // namespace tidemark::mgmt
