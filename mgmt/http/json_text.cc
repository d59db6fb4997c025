#include "mgmt/http/json_text.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <vector>

namespace tidemark::mgmt {
namespace {

using nlohmann::json;

// Ends a parse; going on would only cost time and memory.
struct TooDeep {};

// Sees the events of one parse and notes the first that JSON allows and we do not.
class StrictWatch {
 public:
  void on(json::parse_event_t event, const json& parsed) {
    switch (event) {
      case json::parse_event_t::object_start:
      case json::parse_event_t::array_start:
        step();
        levels_.push_back({event == json::parse_event_t::array_start, 0, {}, {}});
        if (levels_.size() > kJsonDepthMax) throw TooDeep{};
        break;
      case json::parse_event_t::object_end:
      case json::parse_event_t::array_end:
        levels_.pop_back();
        break;
      case json::parse_event_t::key:
        levels_.back().key = parsed.get<std::string>();
        if (!levels_.back().seen.insert(levels_.back().key).second) note("appears twice");
        break;
      case json::parse_event_t::value:
        step();
        break;
    }
  }

  const std::optional<Error>& fault() const { return fault_; }

 private:
  struct Level {
    bool array = false;
    size_t elements = 0;
    std::string key;
    std::set<std::string> seen;
  };

  void step() {
    if (!levels_.empty() && levels_.back().array) ++levels_.back().elements;
  }

  void note(const char* reason) {
    if (!fault_) fault_ = Error{ErrorKind::invalid, reason, path()};
  }

  std::string path() const {
    std::string path;
    for (const Level& level : levels_) {
      if (level.array && level.elements > 0)
        path += "[" + std::to_string(level.elements - 1) + "]";
      else if (!level.array && !level.key.empty())
        path += (path.empty() ? "" : ".") + level.key;
    }
    return path;
  }

  std::vector<Level> levels_;
  std::optional<Error> fault_;
};

// The library's text without its own name in front: "line 3, column 7: ...". It quotes the input,
// which may be anything.
std::string reason_of(const json::exception& error) {
  std::string text = error.what();
  for (char& c : text)
    if (c < 0x20 || c > 0x7e) c = '?';
  constexpr std::string_view kMark = "parse error at ";
  if (const size_t at = text.find(kMark); at != std::string::npos)
    return text.substr(at + kMark.size());
  const size_t bracket = text.find("] ");
  return bracket == std::string::npos ? text : text.substr(bracket + 2);
}

}  // namespace

Result<json> parse_json(std::string_view text, JsonComments comments) {
  StrictWatch watch;
  try {
    json value = json::parse(
        text,
        [&watch](int, json::parse_event_t event, json& parsed) {
          watch.on(event, parsed);
          return true;
        },
        true, comments == JsonComments::ignored);
    if (watch.fault()) return *watch.fault();
    return value;
  } catch (const TooDeep&) {
    return Error{ErrorKind::invalid, "it is nested too deeply", {}};
  } catch (const json::exception& error) {
    return Error{ErrorKind::invalid, reason_of(error), {}};
  }
}

std::string json_text(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string json_text(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace tidemark::mgmt
