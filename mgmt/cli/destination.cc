#include "mgmt/cli/destination.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "mgmt/cli/contexts.h"

namespace tidemark::mgmt::cli {
namespace {

constexpr const char* kDefault = "http://127.0.0.1:8260";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string first_word_of(const std::string& file) {
  std::string word;
  std::ifstream(file) >> word;
  return word;
}

bool is_here(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

/// Where tidemarkd keeps its state if it is not told (docs/configuration.md).
std::string state_dir() {
  if (geteuid() == 0) return "/var/lib/tidemark";
  if (const std::string state = variable("XDG_STATE_HOME"); state.starts_with('/'))
    return state + "/tidemark";
  return variable("HOME") + "/.local/state/tidemark";
}

Result<Context> find_context(const std::string& asked, bool url_given) {
  if (asked.empty() && url_given) return Context{};
  const Result<Contexts> contexts = load_contexts(contexts_file());
  if (!contexts) return contexts.error();
  const std::string& name = asked.empty() ? contexts.value().current : asked;
  if (name.empty()) return Context{};
  const Context* found = contexts.value().find(name);
  if (found == nullptr)
    return Error{ErrorKind::not_found, "there is no context " + name, "--context"};
  return *found;
}

Result<void> find_token(Url& url, const Context& context) {
  url.token = variable("TIDEMARK_TOKEN");
  if (!url.token.empty()) return {};
  std::string file = variable("TIDEMARK_TOKEN_FILE");
  if (file.empty()) file = context.token_file;
  if (!file.empty()) {
    url.token = first_word_of(file);
    if (url.token.empty())
      return Error{ErrorKind::io, "there is no token in " + file, "TIDEMARK_TOKEN_FILE"};
    return {};
  }
  if (is_here(url.host)) url.spare_token = first_word_of(state_dir() + "/admin.token");
  return {};
}

}  // namespace

Result<Url> find_destination(const std::string& url, const std::string& context) {
  std::string asked = context;
  std::string given = url;
  if (given.empty() && asked.empty()) given = variable("TIDEMARK_URL");
  if (given.empty() && asked.empty()) asked = variable("TIDEMARK_CONTEXT");
  const Result<Context> known = find_context(asked, !given.empty());
  if (!known) return known.error();
  if (given.empty()) given = known.value().url;
  Result<Url> parsed = parse_url(given.empty() ? kDefault : given);
  if (!parsed) return parsed;
  parsed.value().ca_file = variable("TIDEMARK_CA");
  if (parsed.value().ca_file.empty()) parsed.value().ca_file = known.value().ca_file;
  if (auto found = find_token(parsed.value(), known.value()); !found) return found.error();
  return parsed;
}

}  // namespace tidemark::mgmt::cli
