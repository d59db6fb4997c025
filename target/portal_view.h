// PortalView: the targets as they are seen by one who came in through one portal. Belongs to a
// connection; asks what its core has been given last.
#pragma once

#include <memory>
#include <vector>

#include "target/access.h"
#include "target/portal.h"

namespace tidemark::target {

/// What one core knows of targets and portals. Replaced, never changed: by messages to the core.
struct Offering {
  std::shared_ptr<const Directory> directory;
  std::shared_ptr<const std::vector<Portal>> portals;
};

class PortalView final : public TargetDirectory {
 public:
  PortalView(const Offering& offering, Portal through, boost::asio::ip::tcp::endpoint local)
      : offering_(&offering), through_(std::move(through)), local_(std::move(local)) {}

  /// The connection is on another core from here on.
  void look_at(const Offering& offering) { offering_ = &offering; }

  Admission admit(std::string_view target, std::string_view initiator) const override {
    return offering_->directory->admit(target, initiator);
  }
  Admission admit_to_discovery(std::string_view initiator) const override;
  std::vector<TargetRecord> visible_to(std::string_view initiator) const override;
  uint16_t portal_group() const override { return through_.spec.group; }

 private:
  const Offering* offering_;
  Portal through_;
  boost::asio::ip::tcp::endpoint local_;
};

}  // namespace tidemark::target
