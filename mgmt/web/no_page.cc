// What stands in for the page where it could not be built, or was not to be.
#include "mgmt/web/page_assets.h"

namespace tidemark::mgmt {

std::span<const PageAsset> page_assets() {
  return {};
}

}  // namespace tidemark::mgmt
