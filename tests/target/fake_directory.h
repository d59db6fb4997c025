// A TargetDirectory of two targets, one of which admits only one host.
#pragma once

#include "target/target_directory.h"

namespace tidemark::target {

class FakeDirectory final : public TargetDirectory {
 public:
  Answer look_up(std::string_view target, const std::string& initiator) const override {
    if (target == "iqn.open") return Answer::found;
    if (target != "iqn.closed") return Answer::not_found;
    return initiator == "iqn.friend" ? Answer::found : Answer::forbidden;
  }
  std::vector<std::string> visible_to(const std::string& initiator) const override {
    if (initiator == "iqn.friend") return {"iqn.open", "iqn.closed"};
    return {"iqn.open"};
  }
};

}  // namespace tidemark::target
