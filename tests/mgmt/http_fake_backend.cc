#include "tests/mgmt/http_fake_backend.h"

namespace tidemark::mgmt {

using copyengine::CopyState;
using copyengine::CopyStatus;
using copyengine::GroupStatus;

void FakeBackend::status(Reply<StatusView> reply) {
  StatusView view;
  view.version = "1.2.3";
  view.cores = 2;
  view.io_engine = "threads";
  view.portals = {"127.0.0.1:3260"};
  view.targets = 1;
  view.volumes = 2;
  view.copies_ended = copies_.size();
  view.pid = 4711;
  reply(view);
}

void FakeBackend::volumes(Reply<std::vector<VolumeView>> reply) {
  reply({{"source", "file", "file:/v/source.img", kSize, 512, false, false, true},
         {"copy", "memory", "memory:", kSize, 4096, true, true, false}});
}

void FakeBackend::grow_volume(const std::string& name, uint64_t size,
                              Reply<Result<VolumeView>> reply) {
  if (name != "source") return reply(Error{ErrorKind::unsupported, "does not grow", {}});
  VolumeView view;
  view.name = name;
  view.size = size;
  reply(view);
}

void FakeBackend::sessions(Reply<std::vector<target::SessionInfo>> reply) {
  target::SessionInfo session;
  session.id = 3;
  session.target = "iqn.2026-11.dev.tidemark:main";
  session.initiator = "iqn.2026-11.test:host";
  session.isid = 0x23d000001;
  session.tsih = 9;
  session.peer = "127.0.0.1:50000";
  session.commands = 12;
  reply({session});
}

void FakeBackend::drop_session(uint64_t id, Reply<Result<target::SessionInfo>> reply) {
  if (id != 3) return reply(Error{ErrorKind::not_found, "there is no such session", {}});
  target::SessionInfo session;
  session.id = id;
  reply(session);
}

std::vector<TargetView> FakeBackend::targets() const {
  return {{"iqn.2026-11.dev.tidemark:main", {{"*"}}, {{0, "source"}, {1, "copy"}}}};
}

std::vector<LunView> FakeBackend::luns() const {
  return {{"iqn.2026-11.dev.tidemark:main", 0, "source", kSize, 512, "naa.3123456789abcdef",
           "0123456789abcdef"}};
}

std::optional<uint64_t> FakeBackend::volume_size(const std::string& name) const {
  if (name == "source" || name == "copy") return kSize;
  return std::nullopt;
}

void FakeBackend::port_groups(const std::string& target,
                              Reply<Result<std::vector<PortGroupView>>> reply) {
  if (target != "iqn.2026-11.dev.tidemark:main")
    return reply(Error{ErrorKind::not_found, "there is no target " + target, {}});
  reply(std::vector<PortGroupView>{group});
}

void FakeBackend::set_port_group(PortGroupOrder order, Reply<Result<PortGroupView>> reply) {
  if (order.tag != group.tag) return reply(Error{ErrorKind::not_found, "no such group", {}});
  if (order.state) group.luns[0].state = *order.state;
  if (order.preferred) group.luns[0].preferred = *order.preferred;
  reply(group);
}

void FakeBackend::start_copy(copyengine::CopyRequest request, Reply<Result<CopyStatus>> reply) {
  if (request.source != "source")
    return reply(Error{ErrorKind::not_found, "there is no volume " + request.source, "source"});
  if (request.grain < copyengine::kGrainMin)
    return reply(Error{ErrorKind::invalid, "must be 4KiB at least", "grain"});
  if (request.destination == "full")
    return reply(Error{ErrorKind::exhausted, "no space for a snapshot store", {}});
  CopyStatus status;
  status.id = copies_.size() + 1;
  status.request = std::move(request);
  status.state = status.request.hold ? CopyState::collecting : CopyState::copying;
  status.t0_unix_ns = 1'700'000'000'123'456'789;
  status.bytes_total = kSize;
  copies_[status.id] = status;
  reply(status);
}

void FakeBackend::start_group(copyengine::GroupRequest request, Reply<Result<GroupStatus>> reply) {
  const uint64_t first = copies_.size() + 1;
  for (copyengine::CopyRequest& copy : request.copies) {
    copy.group = first;
    start_copy(copy, [](const Result<CopyStatus>&) {});
  }
  copy_group(first, reply);
}

void FakeBackend::copy_group(uint64_t id, Reply<Result<GroupStatus>> reply) {
  GroupStatus found{id, {}};
  for (const auto& [number, copy] : copies_)
    if (copy.request.group == id) found.copies.push_back(copy);
  if (found.copies.empty()) return reply(Error{ErrorKind::not_found, "there is no such group", {}});
  reply(found);
}

void FakeBackend::copy_groups(Reply<std::vector<GroupStatus>> reply) {
  std::vector<GroupStatus> all;
  for (const auto& [id, copy] : copies_)
    if (copy.request.group == id)
      copy_group(id, [&all](const Result<GroupStatus>& one) { all.push_back(one.value()); });
  reply(all);
}

void FakeBackend::act(uint64_t id, copyengine::CopyVerb verb, Reply<Result<CopyStatus>> reply) {
  const auto at = copies_.find(id);
  if (at == copies_.end()) return copy(id, std::move(reply));
  CopyStatus& status = at->second;
  if (copyengine::ended(status.state))
    return reply(Error{ErrorKind::conflict, "the copy has ended", {}});
  status.state = verb == copyengine::CopyVerb::pause    ? CopyState::paused
                 : verb != copyengine::CopyVerb::cancel ? CopyState::copying
                                                        : CopyState::cancelled;
  reply(status);
}

void FakeBackend::append_ranges(uint64_t id, std::vector<copyengine::CopyRange> ranges,
                                Reply<Result<CopyStatus>> reply) {
  const auto at = copies_.find(id);
  if (at == copies_.end()) return copy(id, std::move(reply));
  auto& list = at->second.request.ranges;
  list.insert(list.end(), ranges.begin(), ranges.end());
  reply(at->second);
}

void FakeBackend::set_copy(uint64_t id, const copyengine::CopyChange& change,
                           Reply<Result<CopyStatus>> reply) {
  const auto at = copies_.find(id);
  if (at == copies_.end()) return copy(id, std::move(reply));
  copyengine::CopyRequest& request = at->second.request;
  request.rate_limit = change.rate_limit.value_or(request.rate_limit);
  request.impact = change.impact.value_or(request.impact);
  request.latency_budget = change.latency_budget.value_or(request.latency_budget);
  reply(at->second);
}

void FakeBackend::copy(uint64_t id, Reply<Result<CopyStatus>> reply) {
  const auto at = copies_.find(id);
  if (at != copies_.end()) return reply(at->second);
  reply(Error{ErrorKind::not_found, "there is no copy " + std::to_string(id), {}});
}

void FakeBackend::copies(Reply<std::vector<CopyStatus>> reply) {
  std::vector<CopyStatus> list;
  for (const auto& [id, status] : copies_) list.push_back(status);
  reply(std::move(list));
}

void FakeBackend::map(uint64_t id, uint64_t from, size_t max_runs,
                      Reply<Result<std::vector<copyengine::MapRun>>> reply) {
  const uint64_t grain = copies_.at(id).request.grain;
  std::vector<copyengine::MapRun> runs;
  for (uint64_t at = from / grain * grain; at < kSize && runs.size() < max_runs; at += grain)
    runs.push_back({{at, grain}, static_cast<copyengine::GrainState>(at / grain % 4)});
  reply(std::move(runs));
}

}  // namespace tidemark::mgmt
