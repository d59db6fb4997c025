#include "tests/system/daemon.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "tests/system/process.h"

namespace tidemark::system_test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kStartLimit = 10s;
constexpr auto kStopLimit = 10s;
constexpr auto kCopyLimit = 20s;

bool is_free(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return free;
}

/// Ports that nobody listens on, below those that Linux gives to outgoing connections (32768 on):
/// one of these could be taken by any client before the daemon has it. Each process that runs
/// beside this one looks in a place of its own.
std::array<int, 3> free_ports() {
  constexpr uint32_t kFirst = 12000, kCount = 20000, kEach = 20;
  static uint32_t tried = 0;
  std::array<int, 3> ports{};
  for (int& port : ports) do
      port =
          static_cast<int>(kFirst + (static_cast<uint32_t>(getpid()) * kEach + tried++) % kCount);
    while (!is_free(static_cast<uint16_t>(port)));
  return ports;
}

std::filesystem::path new_directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "tidemark-test-XXXXXX").string();
  return mkdtemp(pattern.data());
}

}  // namespace

Daemon::Daemon(const DaemonOptions& options) : options_(options), directory_(new_directory()) {
  const auto ports = free_ports();
  portal_port_ = ports[0];
  second_port_ = ports[1];
  management_port_ = ports[2];
  if (options.source_file) {
    std::ofstream made(directory_ / "source.img");
    std::filesystem::resize_file(directory_ / "source.img", 64 << 20);
  }
  start();
}

std::string Daemon::config() const {
  const auto location = [&](const char* name) {
    return options_.kind == "memory" ? std::string("memory:")
                                     : "file:" + (directory_ / name).string() + ".img";
  };
  return with_files(fmt::format(
      R"({{"portals": ["127.0.0.1:{}", "127.0.0.1:{}"{}], "management": {{"listen": "127.0.0.1:{}", "anonymous": "{}"}},
  "state_dir": "{}", "cores": {}, "limits": {},
  "volumes": [{{"name": "source", "location": "{}", "size": "{}"{}}},
              {{"name": "copy", "location": "{}", "size": "{}"}}{}],
  "targets": [{{"name": "{}", "access": [{}],
               "luns": [{{"lun": 0, "volume": "source"}}, {{"lun": 1, "volume": "copy"}}{}]}}{}]{}}})",
      portal_port_, second_port_, options_.portals, management_port_, options_.anonymous,
      options_.state_dir.empty() ? (directory_ / "state").string() : options_.state_dir,
      options_.cores, options_.limits, location("source"), options_.size, options_.source_keys,
      location("copy"), options_.size, options_.volumes, kTarget, options_.access, options_.luns,
      options_.targets, options_.keys));
}

std::string Daemon::with_files(std::string config) const {
  for (const auto& [name, text] : options_.files) {
    const std::string path = (directory_ / name).string();
    std::ofstream(path) << text;
    chmod(path.c_str(), 0600);
    for (size_t at; (at = config.find("\"@" + name + "\"")) != std::string::npos;)
      config.replace(at + 1, name.size() + 1, path);
  }
  return config;
}

void Daemon::start() {
  const auto config_file = directory_ / "tidemark.json";
  std::ofstream(config_file) << config();
  pid_ = spawn_program({TIDEMARKD_PATH, "--config", config_file.string()}, directory_ / "log");
  const auto deadline = Clock::now() + kStartLimit;
  while (!api().status()) {
    if (const int status = await_exit(pid_, 20ms); status >= 0) {
      pid_ = -1;
      FAIL() << "the daemon ended with status " << status << "\n" << log();
    }
    ASSERT_LT(Clock::now(), deadline) << "the daemon does not answer\n" << log();
  }
}

void Daemon::stop() {
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  int status = await_exit(pid_, kStopLimit);
  if (status < 0) {
    ADD_FAILURE() << "the daemon did not end in time after SIGTERM";
    kill(pid_, SIGKILL);
    status = await_exit(pid_, kStopLimit);
  }
  EXPECT_EQ(status, 0) << "exit status of the daemon";
  pid_ = -1;
}

std::string Daemon::reload(const DaemonOptions& options) {
  const size_t before = log().size();
  options_ = options;
  std::ofstream(directory_ / "tidemark.json") << config();
  kill(pid_, SIGHUP);
  const auto deadline = Clock::now() + kStopLimit + kStartLimit;
  while (Clock::now() < deadline) {
    const std::string said = log().substr(before);
    if (said.find("is in force\n") != std::string::npos ||
        said.find("stays as it was: ") != std::string::npos)
      return said;
    std::this_thread::sleep_for(5ms);
  }
  ADD_FAILURE() << "the daemon says nothing of its new configuration";
  return {};
}

void Daemon::restart() {
  stop();
  start();
}

void Daemon::restart_after_kill() {
  EXPECT_EQ(await_exit(pid_, kStopLimit), 128 + SIGKILL);
  start();
}

Daemon::~Daemon() {
  stop();
  if (testing::Test::HasFailure()) std::fprintf(stderr, "-- daemon --\n%s\n", log().c_str());
  std::filesystem::remove_all(directory_);
}

bool Daemon::running() const {
  return pid_ > 0 && kill(pid_, 0) == 0 && static_cast<bool>(api().status());
}

std::string Daemon::log() const {
  std::ostringstream text;
  text << std::ifstream(directory_ / "log").rdbuf();
  return text.str();
}

std::string Daemon::bound_portal(size_t index) const {
  return nlohmann::json::parse(api().status().body)["portals"][index];
}

std::string Daemon::lun_url(int lun) const {
  return fmt::format("iscsi://{}/{}/{}", portal(), kTarget, lun);
}

std::string Daemon::second_lun_url(int lun) const {
  return fmt::format("iscsi://{}/{}/{}", second_portal(), kTarget, lun);
}

mgmt::cli::Api Daemon::api() const {
  return mgmt::cli::Api(mgmt::cli::parse_url(management_url()).value());
}

std::unique_ptr<mgmt::IscsiDisk> Daemon::attach(int lun, const std::string& who) const {
  auto disk =
      mgmt::IscsiDisk::attach({portal(), kTarget, lun}, "iqn.2026-11.dev.tidemark.test:" + who);
  EXPECT_TRUE(disk.ok()) << disk.error().message;
  return disk ? std::move(disk).value() : nullptr;
}

mgmt::cli::CopyView await_copy(const mgmt::cli::Api& api, uint64_t id,
                               bool (*done)(const mgmt::cli::CopyView&)) {
  const auto deadline = Clock::now() + kCopyLimit;
  while (true) {
    const mgmt::cli::Answer answer = api.copy(id);
    if (!answer) {
      ADD_FAILURE() << answer.error.message;
      return {};
    }
    const auto copy = mgmt::cli::read_copy(answer.body);
    if (copy && done(copy.value())) return copy.value();
    if (Clock::now() > deadline) {
      ADD_FAILURE() << "the copy is where it should not stay: " << answer.body;
      return {};
    }
    std::this_thread::sleep_for(10ms);
  }
}

}  // namespace tidemark::system_test
