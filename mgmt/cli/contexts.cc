#include "mgmt/cli/contexts.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace tidemark::mgmt::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string text_at(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

const Context* Contexts::find(const std::string& name) const {
  const auto found = std::ranges::find(all, name, &Context::name);
  return found == all.end() ? nullptr : &*found;
}

void Contexts::set(Context context) {
  remove(context.name);
  if (current.empty()) current = context.name;
  all.push_back(std::move(context));
  std::ranges::sort(all, {}, &Context::name);
}

bool Contexts::remove(const std::string& name) {
  return std::erase_if(all, [&](const Context& context) { return context.name == name; }) != 0;
}

std::string contexts_file() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && *config == '/') return std::string(config) + "/tidemark/contexts.json";
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : ".") + "/.config/tidemark/contexts.json";
}

Result<Contexts> load_contexts(const std::string& file) {
  std::ifstream stream(file);
  if (!stream) return Contexts{};
  const Json json = Json::parse(stream, nullptr, false);
  if (!json.is_object()) return Error{ErrorKind::invalid, file + " is no JSON object", {}};
  Contexts contexts;
  contexts.current = text_at(json, "current");
  if (json.contains("contexts"))
    for (const auto& [name, context] : json.at("contexts").items())
      contexts.set({name, text_at(context, "url"), text_at(context, "token_file"),
                    text_at(context, "ca_file")});
  contexts.current = text_at(json, "current");
  return contexts;
}

Result<void> save_contexts(const std::string& file, const Contexts& contexts) {
  Json json = {{"current", contexts.current}, {"contexts", Json::object()}};
  for (const Context& context : contexts.all) {
    Json& to = json["contexts"][context.name] = {{"url", context.url}};
    if (!context.token_file.empty()) to["token_file"] = context.token_file;
    if (!context.ca_file.empty()) to["ca_file"] = context.ca_file;
  }
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(file).parent_path(), error);
  const std::string beside = file + ".new";
  const mode_t before = umask(0077);
  std::ofstream stream(beside);
  stream << json.dump(2) << "\n";
  stream.close();
  umask(before);
  if (!stream || std::rename(beside.c_str(), file.c_str()) != 0)
    return Error{ErrorKind::io, "cannot write " + file + ": " + std::strerror(errno), {}};
  return {};
}

}  // namespace tidemark::mgmt::cli
