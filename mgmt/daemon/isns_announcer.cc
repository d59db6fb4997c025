#include "mgmt/daemon/isns_announcer.h"

#include <utility>
#include <vector>

#include "target/address.h"

namespace tidemark::mgmt {
namespace {

std::vector<target::Portal> portals_of(const Serving& serving) {
  std::vector<target::Portal> portals;
  for (size_t i = 0; i < serving.portals.size(); ++i)
    if (auto bound = target::parse_endpoint(serving.portals[i]))
      portals.push_back({serving.config.portals[i], std::move(bound).value()});
  return portals;
}

}  // namespace

void IsnsAnnouncer::tell(const Serving& serving) {
  const std::optional<IsnsConfig>& wanted = serving.config.isns;
  if (wanted != config_) client_.reset();
  config_ = wanted;
  if (!config_) return;
  if (!client_) {
    target::IsnsClient::Options options;
    options.server = target::parse_endpoint(config_->server).value();
    options.entity = entity_;
    options.period = std::chrono::seconds(config_->registration_seconds);
    client_ = std::make_unique<target::IsnsClient>(std::move(options));
  }
  std::vector<std::string> targets;
  for (const target::TargetEntry& entry : serving.directory->targets)
    if (!entry.moved_to) targets.push_back(entry.name());
  client_->serve(std::move(targets), portals_of(serving));
}

}  // namespace tidemark::mgmt
