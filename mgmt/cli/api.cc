#include "mgmt/cli/api.h"

#include "mgmt/cli/path_segment.h"

namespace tidemark::mgmt::cli {
Answer Api::answer_of(const Result<HttpReply>& reply) {
  if (!reply) return {Answer::Outcome::unreachable, "", reply.error()};
  const HttpReply& http = reply.value();
  if (http.status >= 200 && http.status < 300) return {Answer::Outcome::ok, http.body, {}};
  return {Answer::Outcome::refused, "", read_problem(http.status, http.body)};
}

Answer Api::map(uint64_t id, size_t buckets) const {
  return get(copy_path(id) + "/map?buckets=" + std::to_string(buckets));
}

Answer Api::grow(const std::string& volume, const std::string& size) const {
  return post("/volumes/" + path_segment(volume) + "/grow", write_growth(size));
}

Answer Api::port_groups(const std::string& target) const {
  return get("/targets/" + path_segment(target) + "/port-groups");
}

Answer Api::set_port_group(const std::string& target, uint64_t tag,
                           const PortGroupSettings& settings) const {
  return post("/targets/" + path_segment(target) + "/port-groups/" + std::to_string(tag),
              write_port_group(settings));
}

Answer Api::change(uint64_t id, const std::string& verb) const {
  return post(copy_path(id) + "/" + verb, "");
}

}  // namespace tidemark::mgmt::cli
