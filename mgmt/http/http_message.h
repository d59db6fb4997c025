// What a method of the management port is given and what it answers. No sockets here.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mgmt/http/authority.h"

namespace tidemark::mgmt {

inline constexpr std::string_view kJson = "application/json";

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = std::string(kJson);
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// A request as its row sees it: already routed and checked.
struct Call {
  std::vector<std::string> arguments;                  // of the path pattern, in order
  std::map<std::string, uint64_t, std::less<>> query;  // those given
  std::string body;
  std::string if_match;  // the header of that name; empty: none
  Caller caller;
};

/// Makes the response; runs on the HTTP thread, so that no data core ever formats JSON.
using Render = std::function<HttpResponse()>;
/// Ends a call. From any thread, once; the client may have gone meanwhile.
using Answer = std::function<void(Render)>;
/// Runs on the HTTP thread and must not wait.
using Handler = std::function<void(Call, Answer)>;

}  // namespace tidemark::mgmt
