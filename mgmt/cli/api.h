// Api: the management port as calls. What came back is one of three: an answer, a refusal by the
// daemon, or nothing at all.
#pragma once

#include <string>

#include "mgmt/cli/http_client.h"
#include "mgmt/cli/model.h"

namespace tidemark::mgmt::cli {

struct Answer {
  enum class Outcome { ok, refused, unreachable };

  Outcome outcome = Outcome::ok;
  std::string body;  // JSON, when ok
  Error error;       // else

  explicit operator bool() const { return outcome == Outcome::ok; }
};

class Api {
 public:
  explicit Api(Url url) : client_(std::move(url)) {}
  explicit Api(HttpClient client) : client_(std::move(client)) {}

  Answer status() const { return get("/status"); }
  /// Anything else of the port: `path` within /api/v1.
  Answer request(std::string_view method, const std::string& path, const std::string& body) const {
    return answer_of(client_.request(method, "/api/v1" + path, body));
  }
  Answer volumes() const { return get("/volumes"); }
  Answer grow(const std::string& volume, const std::string& size) const;
  Answer luns() const { return get("/luns"); }
  Answer sessions() const { return get("/sessions"); }
  Answer port_groups(const std::string& target) const;
  Answer set_port_group(const std::string& target, uint64_t tag,
                        const PortGroupSettings& settings) const;
  Answer copies() const { return get("/copies"); }
  Answer copy(uint64_t id) const { return get(copy_path(id)); }
  Answer map(uint64_t id, size_t buckets) const;
  Answer start_group(const GroupOrder& order) const {
    return post("/groups", write_group_order(order));
  }
  Answer groups() const { return get("/groups"); }
  Answer group(uint64_t id) const { return get("/groups/" + std::to_string(id)); }
  Answer start(const CopyOrder& order) const { return post("/copies", write_order(order)); }
  Answer append(uint64_t id, const std::vector<std::string>& ranges) const {
    return post(copy_path(id) + "/ranges", write_ranges(ranges));
  }
  Answer set(uint64_t id, const CopySettings& settings) const {
    return answer_of(client_.patch("/api/v1" + copy_path(id), write_settings(settings)));
  }
  /// verb: "start", "pause", "resume" or "cancel".
  Answer change(uint64_t id, const std::string& verb) const;

 private:
  static std::string copy_path(uint64_t id) { return "/copies/" + std::to_string(id); }
  static Answer answer_of(const Result<HttpReply>& reply);
  Answer get(const std::string& path) const { return answer_of(client_.get("/api/v1" + path)); }
  Answer post(const std::string& path, const std::string& body) const {
    return answer_of(client_.post("/api/v1" + path, body));
  }

  HttpClient client_;
};

}  // namespace tidemark::mgmt::cli
