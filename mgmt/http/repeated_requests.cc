#include "mgmt/http/repeated_requests.h"

#include <algorithm>
#include <functional>

#include "mgmt/http/problem.h"

namespace tidemark::mgmt {
namespace {

constexpr const char* kHeader = "Idempotency-Key";

bool is_key(std::string_view text) {
  return !text.empty() && text.size() <= RepeatedRequests::kKeyMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::optional<HttpResponse> RepeatedRequests::begin(const std::string& key,
                                                    std::string_view request) {
  if (!is_key(key))
    return problem(Error{ErrorKind::invalid, "must be 1 to 255 visible ASCII characters", kHeader});
  const size_t hash = std::hash<std::string_view>()(request);
  const auto at = entries_.find(key);
  if (at == entries_.end()) {
    entries_[key].request = hash;
    return std::nullopt;
  }
  if (at->second.request != hash)
    return problem(Error{ErrorKind::invalid, "was used for another request", kHeader});
  if (!at->second.response)
    return problem(Error{ErrorKind::conflict, "the first request is not answered yet", kHeader});
  HttpResponse again = *at->second.response;
  again.headers.emplace_back("Idempotency-Replayed", "true");
  return again;
}

void RepeatedRequests::keep(const std::string& key, const HttpResponse& response) {
  if (response.status >= 500 || response.body.size() > kBodyMax) {
    entries_.erase(key);
    return;
  }
  entries_[key].response = response;
  answered_.push_back(key);
  if (answered_.size() <= kKept) return;
  entries_.erase(answered_.front());
  answered_.pop_front();
}

}  // namespace tidemark::mgmt
