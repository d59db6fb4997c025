// RepeatedRequests: what was answered to requests with an Idempotency-Key, so that one that is sent
// again (its answer was lost) is answered again, and not carried out again. Bounded; the oldest
// answers are forgotten first, and all of them with the daemon. Lives on the HTTP thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "mgmt/http/http_message.h"

namespace tidemark::mgmt {

class RepeatedRequests {
 public:
  static constexpr size_t kKept = 1024;
  static constexpr size_t kKeyMax = 255;
  static constexpr size_t kBodyMax = 64 * 1024;  // of an answer that is kept

  /// Nothing: the request is to be carried out, and its answer given to keep(). Else the answer:
  /// the first one's, or a refusal if the first is still under way, or was another request, or if
  /// the key is none. `request` is all that makes the request what it is.
  std::optional<HttpResponse> begin(const std::string& key, std::string_view request);

  /// The answer to the request that began with `key`. One that says nothing of the request itself
  /// (5xx) is not kept: it may be sent again.
  void keep(const std::string& key, const HttpResponse& response);

 private:
  struct Entry {
    size_t request = 0;  // hash
    std::optional<HttpResponse> response;
  };

  std::map<std::string, Entry, std::less<>> entries_;
  std::deque<std::string> answered_;  // keys, oldest first
};

}  // namespace tidemark::mgmt
