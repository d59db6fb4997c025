#include "mgmt/web/page_methods.h"

#include <string>

#include "mgmt/http/problem.h"
#include "mgmt/web/page_assets.h"

namespace tidemark::mgmt {
namespace {

constexpr std::string_view kIndex = "index.html";
constexpr std::string_view kFolder = "assets/";
// Only what this port serves itself, no script or style within the page's text, and no page of
// others around it.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
// Names carry a hash of what is in them.
constexpr std::string_view kForever = "public, max-age=31536000, immutable";
// Kept, but asked for again each time: it names the others.
constexpr std::string_view kAskAgain = "no-cache";

HttpResponse serve(std::string_view path) {
  for (const PageAsset& asset : page_assets()) {
    if (asset.path != path) continue;
    const std::string_view caching = path == kIndex ? kAskAgain : kForever;
    return HttpResponse{200,
                        std::string(asset.content_type),
                        std::string(asset.bytes),
                        {{"Content-Security-Policy", std::string(kPolicy)},
                         {"Referrer-Policy", "no-referrer"},
                         {"Cache-Control", std::string(caching)}}};
  }
  return problem(404, "there is nothing at this path");
}

MethodRow row(std::string pattern, std::string text, Handler handler) {
  MethodRow row{"GET", std::move(pattern), {}, false, false, std::move(text), std::move(handler)};
  row.role = Role::none;
  return row;
}

}  // namespace

std::vector<MethodRow> page_methods() {
  if (page_assets().empty()) return {};
  std::vector<MethodRow> rows;
  rows.push_back(row("/", "the web page", [](const Call&, const Answer& answer) {
    answer([] { return serve(kIndex); });
  }));
  rows.push_back(
      row("/assets/{file}", "a file of the web page", [](const Call& call, const Answer& answer) {
        answer([path = std::string(kFolder) + call.arguments.front()] { return serve(path); });
      }));
  return rows;
}

}  // namespace tidemark::mgmt
