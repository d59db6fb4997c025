#include "mgmt/daemon/config_tokens.h"

#include <array>
#include <nlohmann/json.hpp>

#include "mgmt/http/size_text.h"

namespace tidemark::mgmt {
namespace {

using scsi::TokenLimits;

struct TimeRow {
  std::string_view key;
  uint32_t TokenLimits::*member;
};
constexpr TimeRow kTimes[] = {{"lifetime_seconds", &TokenLimits::lifetime},
                              {"inactivity_seconds", &TokenLimits::inactivity},
                              {"max_inactivity_seconds", &TokenLimits::inactivity_most}};
constexpr uint64_t kWeek = 7 * 24 * 3600;
constexpr std::string_view kStoreLimit = "store_limit";

constexpr auto keys() {
  std::array<std::string_view, std::size(kTimes) + 1> all;
  for (size_t i = 0; i < std::size(kTimes); ++i) all[i] = kTimes[i].key;
  all.back() = kStoreLimit;
  return all;
}

}  // namespace

void read_tokens(const nlohmann::json& value, const std::string& path, TokensConfig& tokens,
                 Faults& faults) {
  static constexpr auto kKeys = keys();
  ObjectReader reader(value, path, kKeys, faults);
  for (const TimeRow& row : kTimes) {
    uint64_t seconds = tokens.limits.*row.member;
    reader.number(row.key, Need::optional, 1, kWeek, seconds);
    tokens.limits.*row.member = static_cast<uint32_t>(seconds);
  }
  if (tokens.limits.inactivity > tokens.limits.inactivity_most)
    faults.add(reader.path_of("inactivity_seconds"),
               "must not be more than max_inactivity_seconds");
  if (reader.size(kStoreLimit, Need::optional, tokens.store_limit) && tokens.store_limit < kMiB)
    faults.add(reader.path_of(kStoreLimit), "must be 1MiB at least");
}

nlohmann::ordered_json write_tokens(const TokensConfig& tokens) {
  nlohmann::ordered_json to;
  for (const TimeRow& row : kTimes) to[std::string(row.key)] = tokens.limits.*row.member;
  to[std::string(kStoreLimit)] = tokens.store_limit;
  return to;
}

}  // namespace tidemark::mgmt
