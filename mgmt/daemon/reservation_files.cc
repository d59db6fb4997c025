#include "mgmt/daemon/reservation_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/log.h"
#include "mgmt/daemon/atomic_file.h"
#include "storage/file_descriptor.h"

namespace tidemark::mgmt {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::json;

std::string text_of(const scsi::ReservationState& state) {
  Json registrations = Json::array();
  for (const scsi::Registration& one : state.registrations)
    registrations.push_back({{"initiator", one.nexus.initiator},
                             {"isid", one.nexus.isid},
                             {"target", one.nexus.target},
                             {"key", one.key},
                             {"holder", one.holder}});
  const Json file = {{"version", 1},
                     {"type", static_cast<unsigned>(state.type)},
                     {"registrations", std::move(registrations)}};
  return file.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

scsi::Registration registration_of(const Json& from) {
  return {.nexus = {from.at("initiator").get<std::string>(), from.at("isid").get<uint64_t>(),
                    from.at("target").get<std::string>()},
          .key = from.at("key").get<uint64_t>(),
          .holder = from.at("holder").get<bool>()};
}

/// A reservation has exactly one holder, but for one for all registrants, which has none marked.
bool is_sound(const scsi::ReservationState& state) {
  size_t holders = 0;
  for (const scsi::Registration& one : state.registrations) {
    if (one.key == 0) return false;
    if (one.holder) ++holders;
  }
  if (state.registrations.size() > scsi::ReservationState::kRegistrationsMax) return false;
  if (scsi::is_for_all_registrants(state.type)) return holders == 0 && !state.registrations.empty();
  return holders == (state.reserved() ? 1u : 0u);
}

std::optional<scsi::ReservationState> state_of(const std::string& text) {
  try {
    const Json file = Json::parse(text);
    if (file.at("version").get<int>() != 1) return std::nullopt;
    scsi::ReservationState state;
    state.persistent = true;
    const auto type = file.at("type").get<unsigned>();
    if (type != 0) {
      const auto known = scsi::reservation_type(static_cast<uint8_t>(type));
      if (!known || type > UINT8_MAX) return std::nullopt;
      state.type = *known;
    }
    for (const Json& one : file.at("registrations"))
      state.registrations.push_back(registration_of(one));
    if (!is_sound(state)) return std::nullopt;
    return state;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

bool remove_durably(const std::string& path, const std::string& directory) {
  if (unlink(path.c_str()) != 0) return errno == ENOENT;
  const storage::FileDescriptor parent(
      ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return parent && fsync(parent.get()) == 0;
}

}  // namespace

ReservationFiles::ReservationFiles(std::string directory) : directory_(std::move(directory)) {
  thread_ = std::thread([this] { run(); });
}

ReservationFiles::~ReservationFiles() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

std::string ReservationFiles::path_of(const std::string& unit) const {
  return directory_ + "/" + unit + ".json";
}

Result<scsi::ReservationState> ReservationFiles::load(const std::string& unit) const {
  const std::string path = path_of(unit);
  std::error_code error;
  const bool there = fs::exists(path, error);
  if (!there && !error) return scsi::ReservationState{};
  std::ifstream stream(path);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (auto state = state_of(text); stream && state) return *std::move(state);
  return Error{ErrorKind::io,
               fmt::format("the reservations kept in {} cannot be read; to serve the unit without "
                           "them, remove that file",
                           path),
               {}};
}

void ReservationFiles::save(const std::string& unit, const scsi::ReservationState& state,
                            std::function<void(bool)> done) {
  Entry entry{path_of(unit), state.persistent ? text_of(state) : std::string(), std::move(done)};
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(entry));
  }
  wake_.notify_one();
}

bool ReservationFiles::write(const Entry& entry) const {
  if (entry.text.empty()) return remove_durably(entry.path, directory_);
  if (mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) {
    log_error("cannot make {}: {}", directory_, std::strerror(errno));
    return false;
  }
  const auto written = write_file_atomically(entry.path, entry.text);
  if (!written) log_error("reservations are not kept: {}", written.error().message);
  return written.ok();
}

void ReservationFiles::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const Entry entry = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    entry.done(write(entry));
    lock.lock();
  }
}

}  // namespace tidemark::mgmt
