// `tidemark doctor`: what is wrong or soon will be, as far as it can be told from here.
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "mgmt/cli/commands.h"
#include "mgmt/cli/table.h"
#include "mgmt/cli/units.h"

namespace tidemark::mgmt::cli {
namespace {

using Json = nlohmann::json;
constexpr int kConnectMs = 2000;
constexpr uint64_t kFilesMin = 1024;

class Examination {
 public:
  explicit Examination(Console& console) : console_(console) {}
  void good(const std::string& text) { say("ok     ", text); }
  void doubtful(const std::string& text) { say("look   ", text); }
  void bad(const std::string& text) {
    say("wrong  ", text);
    ++wrong_;
  }
  size_t wrong() const { return wrong_; }

 private:
  void say(const char* how, const std::string& text) {
    console_.print(how + printable(text) + "\n");
  }

  Console& console_;
  size_t wrong_ = 0;
};

Json ask(const Api& api, const std::string& path) {
  const Answer answer = api.request("GET", path, {});
  return answer ? Json::parse(answer.body, nullptr, false) : Json();
}

/// Why nobody is let in at `portal`; empty if a connection can be made.
std::string fault_of_portal(const std::string& portal) {
  namespace ip = boost::asio::ip;
  const size_t colon = portal.rfind(':');
  std::string host = portal.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  ip::address address = ip::make_address(host, error);
  if (error) return error.message();
  // Any address of the machine will do where it listens on all.
  if (address.is_unspecified())
    address = address.is_v4() ? ip::address(ip::address_v4::loopback())
                              : ip::address(ip::address_v6::loopback());
  const auto port = static_cast<uint16_t>(std::strtoul(portal.c_str() + colon + 1, nullptr, 10));
  const ip::tcp::endpoint endpoint(address, port);
  const int fd = socket(endpoint.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int fault = 0;
  if (connect(fd, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) fault = errno;
  if (fault == EINPROGRESS) {
    pollfd ready{fd, POLLOUT, 0};
    socklen_t size = sizeof fault;
    if (poll(&ready, 1, kConnectMs) != 1)
      fault = ETIMEDOUT;
    else
      getsockopt(fd, SOL_SOCKET, SO_ERROR, &fault, &size);
  }
  close(fd);
  return fault == 0 ? "" : std::strerror(fault);
}

void examine_portals(const Json& status, Examination& to) {
  for (const Json& portal : status.value("portals", Json::array())) {
    const auto address = portal.get<std::string>();
    if (const std::string fault = fault_of_portal(address); fault.empty())
      to.good("portal " + address + " takes connections");
    else
      to.bad("portal " + address + " cannot be reached from here: " + fault);
  }
}

/// "Max open files" of the daemon, if it runs here.
void examine_limits(const Json& status, Examination& to) {
  std::ifstream limits(fmt::format("/proc/{}/limits", status.value("pid", 0)));
  for (std::string line; std::getline(limits, line);) {
    if (!line.starts_with("Max open files")) continue;
    const uint64_t soft = std::strtoull(line.c_str() + 14, nullptr, 10);
    if (soft < kFilesMin)
      to.doubtful(fmt::format("the daemon may open {} files only; a connection takes one", soft));
    else
      to.good(fmt::format("the daemon may open {} files", soft));
  }
}

/// Whether a file system can hold what its thin volumes promise. Only of files that are here.
void examine_space(const Json& volumes, Examination& to) {
  struct Disk {
    uint64_t free = 0;
    uint64_t promised = 0;
    std::string names;
  };
  std::map<dev_t, Disk> disks;
  for (const Json& volume : volumes.value("volumes", Json::array())) {
    const std::string location = volume.value("location", "");
    struct stat file {};
    struct statvfs system {};
    if (!location.starts_with("file:") || stat(location.c_str() + 5, &file) != 0) continue;
    if (statvfs(location.c_str() + 5, &system) != 0) continue;
    Disk& disk = disks[file.st_dev];
    disk.free = uint64_t{system.f_bavail} * system.f_frsize;
    const uint64_t taken = static_cast<uint64_t>(file.st_blocks) * 512;
    const uint64_t size = volume.value("size", uint64_t{0});
    disk.promised += size > taken ? size - taken : 0;
    disk.names += (disk.names.empty() ? "" : ", ") + volume.value("name", "");
  }
  for (const auto& [device, disk] : disks) {
    const std::string text = fmt::format("{}: may take {} more, and {} are free", disk.names,
                                         bytes_text(static_cast<double>(disk.promised)),
                                         bytes_text(static_cast<double>(disk.free)));
    disk.promised > disk.free ? to.doubtful(text) : to.good(text);
  }
}

void examine_refusals(const Json& status, Examination& to) {
  const Json refused = status.value("refused_logins", Json::object());
  for (const auto& [cause, count] : refused.items())
    if (count.is_number_unsigned() && count.get<uint64_t>() != 0)
      to.doubtful(
          fmt::format("{} log-ins were refused since the start: {}", count.get<uint64_t>(), cause));
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// How much of `name` the row knows; nothing if it does not fit.
std::optional<size_t> fit(const Json& row, const std::string& name) {
  std::string pattern = lower(row.value("initiator", ""));
  if (pattern == name) return name.size() + 1;
  if (!pattern.ends_with('*')) return std::nullopt;
  pattern.pop_back();
  if (!name.starts_with(pattern)) return std::nullopt;
  return pattern.size();
}

void examine_initiator(const Json& targets, const std::string& initiator, Examination& to) {
  const std::string name = lower(initiator);
  for (const Json& target : targets.value("targets", Json::array())) {
    const std::string at = target.value("name", "");
    const Json* best = nullptr;
    size_t known = 0;
    const Json rows = target.value("access", Json::array());
    for (const Json& row : rows)
      if (const auto fits = fit(row, name); fits && (best == nullptr || *fits > known))
        best = &row, known = *fits;
    if (best == nullptr) {
      to.bad(fmt::format("{} does not list {}: tidemark access set {} {}", at, initiator, at,
                         initiator));
      continue;
    }
    const Json luns = best->contains("luns") ? best->at("luns") : target.value("luns", Json());
    std::string proof = "its name is enough";
    if (best->contains("chap"))
      proof = "it has to prove itself by CHAP as user " + best->at("chap").value("user", "");
    const bool commands = best->value("copy_commands", false);
    to.good(
        fmt::format("{} admits it by the row {}: {}; it finds {} LUNs and may {}use copy "
                    "commands",
                    at, best->value("initiator", ""), proof, luns.size(), commands ? "" : "not "));
    if (luns.empty()) to.bad("there is no LUN for it: tidemark lun map " + at + " VOLUME");
  }
}

}  // namespace

int run_doctor(const Api& api, const DoctorVerb& verb, Console& console) {
  Examination to(console);
  const Answer answer = api.status();
  if (!answer) return report_failure(answer, console);
  const Json status = Json::parse(answer.body, nullptr, false);
  if (!status.is_object())
    return report_failure(Error{ErrorKind::io, "the daemon's answer is no JSON object", {}},
                          console);
  to.good("the daemon answers, version " + status.value("version", "?"));
  if (const Json caller = ask(api, "/whoami"); caller.is_object())
    to.good("what is asked from here is asked in the role " + caller.value("role", "?"));
  if (status.value("io_engine", "") == "threads")
    to.doubtful("io_uring is not used, which costs speed; the daemon's log says why");
  else
    to.good("volumes are read and written by " + status.value("io_engine", "?"));
  examine_portals(status, to);
  examine_limits(status, to);
  examine_space(ask(api, "/volumes"), to);
  examine_refusals(status, to);
  if (!verb.initiator.empty()) examine_initiator(ask(api, "/targets"), verb.initiator, to);
  return to.wrong() == 0 ? kExitOk : kExitRefused;
}

}  // namespace tidemark::mgmt::cli
