#include "mgmt/daemon/secrets.h"

namespace tidemark::mgmt {
namespace {

struct Place {
  std::string path;
  AuthConfig* auth;
};

std::vector<Place> places_of(Config& config) {
  std::vector<Place> places = {{"discovery", &config.discovery}};
  for (size_t i = 0; i < config.targets.size(); ++i)
    for (size_t k = 0; k < config.targets[i].access.size(); ++k)
      places.push_back({"targets[" + std::to_string(i) + "].access[" + std::to_string(k) + "]",
                        &config.targets[i].access[k].auth});
  return places;
}

Result<void> load(std::optional<ChapConfig>& chap, const std::string& path) {
  if (!chap) return {};
  Result<target::Secret> secret = read_secret(chap->source);
  if (!secret) {
    Error error = secret.error();
    error.field = path + (chap->source.file.empty() ? ".secret_env" : ".secret_file");
    return error;
  }
  chap->secret = std::move(secret).value();
  return {};
}

}  // namespace

Result<void> load_secrets(Config& config) {
  const std::vector<Place> places = places_of(config);
  for (const Place& place : places) {
    if (auto done = load(place.auth->chap, place.path + ".chap"); !done) return done;
    if (auto done = load(place.auth->mutual, place.path + ".mutual"); !done) return done;
  }
  for (const Place& ours : places)
    for (const Place& theirs : places)
      if (ours.auth->mutual && theirs.auth->chap &&
          ours.auth->mutual->secret == theirs.auth->chap->secret)
        return Error{ErrorKind::invalid,
                     "is the secret of " + theirs.path + ".chap too; each side needs its own",
                     ours.path + ".mutual"};
  return {};
}

}  // namespace tidemark::mgmt
