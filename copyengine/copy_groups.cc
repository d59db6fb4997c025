// CopyEngine: several copies with one begin time.
#include <set>
#include <utility>

#include "copyengine/copy_engine.h"
#include "copyengine/copy_job.h"

namespace tidemark::copyengine {
namespace {

Error at_copy(size_t index, Error error) {
  error.field =
      "copies[" + std::to_string(index) + "]" + (error.field.empty() ? "" : "." + error.field);
  return error;
}

Error invalid_at(size_t index, std::string field, std::string message) {
  return at_copy(index, {ErrorKind::invalid, std::move(message), std::move(field)});
}

/// What concerns a group as such; each copy is looked at by itself as well.
Result<void> check_group(const GroupRequest& request) {
  if (request.copies.empty() || request.copies.size() > GroupRequest::kCopiesMax)
    return Error{ErrorKind::invalid,
                 "a group has 1 to " + std::to_string(GroupRequest::kCopiesMax) + " copies",
                 "copies"};
  std::set<std::string> named;
  for (size_t i = 0; i < request.copies.size(); ++i) {
    const CopyRequest& copy = request.copies[i];
    if (copy.consistency != Consistency::source)
      return invalid_at(i, "consistency", "the copies of a group have one begin time, 'source'");
    if (copy.hold) return invalid_at(i, "hold", "a copy of a group cannot be held back");
    if (!named.insert(copy.source).second)
      return invalid_at(i, "source", "a group names each volume once");
    if (!named.insert(copy.destination).second)
      return invalid_at(i, "destination", "a group names each volume once");
  }
  return {};
}

}  // namespace

void CopyEngine::start_group(GroupRequest request,
                             std::function<void(Result<GroupStatus>)> answer) {
  executor_.post(home_, [this, request = std::move(request), answer = std::move(answer)] {
    launch_group(request, answer);
  });
}

void CopyEngine::launch_group(const GroupRequest& request,
                              const std::function<void(Result<GroupStatus>)>& answer) {
  if (const auto good = check_group(request); !good) return answer(good.error());
  const uint64_t group = next_id_;
  const auto made = make_jobs(request);
  if (!made) return answer(made.error());
  const auto rendezvous =
      std::make_shared<T0Rendezvous>(made.value().size(), request.fence_deadline);
  const auto left = std::make_shared<size_t>(made.value().size());
  for (const std::shared_ptr<CopyJob>& job : made.value())
    job->start(rendezvous, [this, group, left, answer] {
      if (--*left == 0) answer(all_groups()[group]);
    });
}

/// All, or none.
Result<std::vector<std::shared_ptr<CopyJob>>> CopyEngine::make_jobs(const GroupRequest& request) {
  std::vector<std::shared_ptr<CopyJob>> jobs;
  const uint64_t group = next_id_;
  for (size_t i = 0; i < request.copies.size(); ++i) {
    CopyRequest copy = request.copies[i];
    copy.group = group;
    auto made = make_job(next_id_, std::move(copy));
    if (made) {
      jobs.push_back(std::move(made).value());
      continue;
    }
    for (const std::shared_ptr<CopyJob>& job : jobs) {
      running_.erase(job->id());
      files_.remove(job->id());
    }
    return at_copy(i, made.error());
  }
  return jobs;
}

std::map<uint64_t, GroupStatus> CopyEngine::all_groups() const {
  std::map<uint64_t, CopyStatus> copies;
  for (const auto& [id, status] : ended_)
    if (status.request.group != 0) copies[id] = status;
  for (const auto& [id, job] : running_)
    if (job->request().group != 0) copies[id] = job->status();
  std::map<uint64_t, GroupStatus> groups;
  for (auto& [id, status] : copies) {
    GroupStatus& group = groups[status.request.group];
    group.id = status.request.group;
    group.copies.push_back(std::move(status));
  }
  return groups;
}

void CopyEngine::group(uint64_t id, std::function<void(Result<GroupStatus>)> answer) {
  executor_.post(home_, [this, id, answer = std::move(answer)] {
    auto all = all_groups();
    if (const auto place = all.find(id); place != all.end()) return answer(place->second);
    answer(Error{ErrorKind::not_found, "there is no group " + std::to_string(id), {}});
  });
}

void CopyEngine::groups(std::function<void(std::vector<GroupStatus>)> answer) {
  executor_.post(home_, [this, answer = std::move(answer)] {
    std::vector<GroupStatus> list;
    for (auto& [id, group] : all_groups()) list.push_back(std::move(group));
    answer(std::move(list));
  });
}

}  // namespace tidemark::copyengine
