// The files of the web page, as bytes in the program. None where it was built without the page.
//
// Made at build time (build_page.cmake); their memory is the program's.
#pragma once

#include <span>
#include <string_view>

namespace tidemark::mgmt {

struct PageAsset {
  std::string_view path;  // "index.html", "assets/index-Ezm9jcSK.js"
  std::string_view content_type;
  std::string_view bytes;
};

std::span<const PageAsset> page_assets();

}  // namespace tidemark::mgmt
