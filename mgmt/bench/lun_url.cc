#include "mgmt/bench/lun_url.h"

#include <string_view>

#include "target/pdu.h"
#include "target/text.h"

namespace tidemark::mgmt::bench {
namespace {

constexpr std::string_view kScheme = "iscsi://";
constexpr uint64_t kLunMax = 16383;  // flat space addressing
constexpr uint64_t kPortMax = 65535;

Error bad(const std::string& text, const std::string& why) {
  return {ErrorKind::invalid, "'" + text + "': " + why, "URL"};
}

}  // namespace

Result<LunUrl> parse_lun_url(const std::string& text) {
  std::string_view rest = text;
  if (!rest.starts_with(kScheme)) return bad(text, "not iscsi://host[:port]/target/lun");
  rest.remove_prefix(kScheme.size());
  const size_t first = rest.find('/');
  const size_t last = rest.rfind('/');
  if (first == std::string_view::npos || first == last)
    return bad(text, "not iscsi://host[:port]/target/lun");
  std::string_view place = rest.substr(0, first);
  LunUrl url;
  url.target = rest.substr(first + 1, last - first - 1);
  if (!target::is_iscsi_name(url.target)) return bad(text, "no iSCSI name of a target");
  const auto lun = target::parse_number(rest.substr(last + 1));
  if (!lun || *lun > kLunMax) return bad(text, "the LUN is no number from 0 to 16383");
  url.lun = static_cast<uint16_t>(*lun);

  const size_t bracket = place.starts_with('[') ? place.find(']') : 0;
  if (bracket == std::string_view::npos) return bad(text, "a '[' without its ']'");
  const size_t colon = place.find(':', bracket);
  url.port = std::to_string(target::kDefaultPort);
  if (colon != std::string_view::npos) {
    url.port = place.substr(colon + 1);
    const auto port = target::parse_number(url.port);
    if (!port || *port == 0 || *port > kPortMax) return bad(text, "no port number after ':'");
    place = place.substr(0, colon);
  }
  url.host = bracket > 0 ? place.substr(1, bracket - 1) : place;
  if (url.host.empty()) return bad(text, "no host");
  return url;
}

}  // namespace tidemark::mgmt::bench
