// A TargetDirectory of four targets: one is open to all, one admits only one host, one wants CHAP
// and one has moved. Discovery wants CHAP if it is told so.
#pragma once

#include "target/target_directory.h"

namespace tidemark::target {

inline std::shared_ptr<const ChapRule> test_rule() {
  auto rule = std::make_shared<ChapRule>();
  rule->initiator = {"host", Secret("initiator's secret")};
  rule->target = ChapIdentity{"tidemark", Secret("target's own secret")};
  return rule;
}

class FakeDirectory final : public TargetDirectory {
 public:
  Admission admit(std::string_view target, std::string_view initiator) const override {
    Admission admission;
    if (target != "iqn.open" && target != "iqn.closed" && target != "iqn.chap" &&
        target != "iqn.moved")
      return admission;
    admission.answer = Admission::Answer::admitted;
    if (target == "iqn.closed" && initiator != "iqn.friend")
      admission.answer = Admission::Answer::not_listed;
    if (target == "iqn.chap") admission.chap = rule;
    if (target == "iqn.moved") {
      admission.answer = Admission::Answer::moved;
      admission.moved_to = moved_to;
    }
    return admission;
  }
  Admission admit_to_discovery(std::string_view) const override {
    Admission admission;
    admission.answer = Admission::Answer::admitted;
    admission.chap = discovery;
    return admission;
  }
  std::vector<TargetRecord> visible_to(std::string_view initiator) const override {
    std::vector<TargetRecord> records = {{"iqn.open", {"10.0.0.1:3260,1"}}};
    if (initiator == "iqn.friend") records.push_back({"iqn.closed", {"10.0.0.1:3260,1"}});
    return records;
  }
  uint16_t portal_group() const override { return group; }

  std::shared_ptr<const ChapRule> rule = test_rule();
  std::shared_ptr<const ChapRule> discovery;
  Redirection moved_to{"10.0.0.2:3260", false};
  uint16_t group = 1;
};

}  // namespace tidemark::target
