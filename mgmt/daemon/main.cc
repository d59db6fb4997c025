// tidemarkd: the daemon. From the command line to a service that runs until a signal ends it.
#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>

#include "base/fail_point.h"
#include "base/log.h"
#include "mgmt/daemon/config.h"
#include "mgmt/daemon/options.h"
#include "mgmt/daemon/service.h"
#include "mgmt/daemon/service_manager.h"
#include "mgmt/daemon/signals.h"

namespace tidemark::mgmt {
namespace {

// One line, whatever went wrong: "tidemarkd: FILE: volumes[0].size: must not be zero".
int complain(const std::string& where, const Error& error, int exit_code) {
  std::string line = "tidemarkd: ";
  if (!where.empty()) line += where + ": ";
  if (!error.field.empty()) line += error.field + ": ";
  fmt::print(stderr, "{}{}\n", line, error.message);
  return exit_code;
}

Result<Config> configure(const Options& options) {
  Result<Config> read =
      options.config_file.empty() ? default_config() : read_config(options.config_file);
  if (!read) return read.error();
  Config& config = read.value();
  if (!options.state_dir.empty()) config.state_dir = options.state_dir;
  if (config.state_dir.empty()) config.state_dir = default_state_dir();
  if (!options.portal.empty()) config.portals = {{options.portal}};
  if (!options.management.empty()) config.management = options.management;
  if (const auto checked = check_management(config); !checked)
    return Error{ErrorKind::invalid, checked.error().message,
                 options.management.empty() ? "management.listen" : "--management"};
  return read;
}

Result<void> check_overrides(const Options& options) {
  if (!options.portal.empty())
    if (const auto checked = check_portal(options.portal); !checked)
      return Error{ErrorKind::invalid, checked.error().message, "--portal"};
  return {};
}

void warn_of_open_doors(const Config& config) {
  for (const TargetConfig& target : config.targets)
    for (const AccessConfig& access : target.access)
      for (const target::PortalSpec& portal : config.portals)
        if (access.initiator == "*" && !access.auth.chap && !is_loopback(portal.address))
          log_warning("{} admits every initiator that reaches portal {}", target.name,
                      portal.address);
}

void say_portals(const Service& service) {
  for (const std::string& portal : service.serving()->portals)
    log_info("iSCSI portal at {}", portal);
}

void reload(Service& service, const Options& options) {
  const auto refused = [](const Error& error) {
    log_error("the configuration stays as it was: {}{}{}", error.field,
              error.field.empty() ? "" : ": ", error.message);
  };
  Result<Config> next = configure(options);
  if (!next) return refused(next.error());
  warn_of_open_doors(next.value());
  if (const auto done = service.reload(std::move(next).value()); !done)
    return refused(done.error());
  say_portals(service);
  log_info("the new configuration is in force");
}

int serve(Service& service, const Options& options) {
  const ServiceManager manager;
  service.on_reload([&options] { return configure(options); });
  service.start();
  say_portals(service);
  log_info("management at {}://{}", service.serving()->config.tls ? "https" : "http",
           service.management());
  manager.ready();
  for (Asked asked{}; asked != Asked::to_end;) {
    asked = wait_for_signal(manager.interval());
    if (asked == Asked::to_reload) {
      manager.reloading();
      reload(service, options);
      manager.ready();
    }
    if (service.alive()) manager.alive();
  }
  manager.stopping();
  log_info("ending");
  if (!service.stop()) {
    // What did not end may still use what would be taken apart now.
    std::_Exit(kExitFailed);
  }
  log_info("ended");
  return kExitDone;
}

int run(int argc, char** argv) {
  int exit_code = kExitDone;
  const std::optional<Options> options = parse_options(argc, argv, exit_code);
  if (!options) return exit_code;
  set_log_level(options->log_level);
  if (const auto checked = check_overrides(*options); !checked)
    return complain("", checked.error(), kExitRefused);
  Result<Config> config = configure(*options);
  const std::string& file = options->config_file;
  if (!config)
    return complain(file, config.error(),
                    config.error().kind == ErrorKind::io ? kExitFailed : kExitRefused);
  if (options->check) return fmt::print("{}: good\n", file.empty() ? "default" : file), kExitDone;

  if (const char* order = std::getenv("TIDEMARK_KILL_AT"))
    if (const auto armed = arm_fail_point(order); !armed)
      return complain("TIDEMARK_KILL_AT", armed.error(), kExitRefused);
  hold_signals();
  warn_of_open_doors(config.value());
  Result<StateDir> state = StateDir::open(config.value().state_dir);
  if (!state) return complain("", state.error(), kExitFailed);
  auto service = Service::open(std::move(config).value(), std::move(state).value());
  if (!service) return complain(file, service.error(), kExitFailed);
  return serve(*service.value(), *options);
}

}  // namespace
}  // namespace tidemark::mgmt

int main(int argc, char** argv) {
  return tidemark::mgmt::run(argc, argv);
}
