#include "mgmt/daemon/options.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <map>

#include "mgmt/manual/man_page.h"

namespace tidemark::mgmt {

namespace {

ManPage manual_of_tidemarkd() {
  return {.section = 8,
          .version = TIDEMARK_VERSION,
          .date = "2026-11-27",
          .sections = {
              {"description",
               "tidemarkd serves files, block devices and memory as logical units over iSCSI, and "
               "copies them "
               "while hosts keep writing: the copy is what the source was at one moment. Copies, "
               "volumes, targets "
               "and access are managed over HTTP, by tidemark(1), programs and a web "
               "page.\n\nSIGHUP makes it read "
               "its configuration again and apply what has changed. systemd is told when it "
               "serves, reloads and "
               "ends, and that it is alive."},
              {"files",
               "/var/lib/tidemark, or as --state-dir says: state.db (reservations, what was made "
               "through the "
               "management port, hashes of tokens), copies/, stores/, volumes/, admin.token (the "
               "first token), "
               "audit.log."},
              {"see also", "tidemark(1)"},
          }};
}

}  // namespace

std::optional<Options> parse_options(int argc, char** argv, int& exit_code) {
  Options options;
  CLI::App app{"Tidemark: an iSCSI target whose LUNs can be copied as they stood at one moment"};
  app.name("tidemarkd");
  app.footer(
      "Without --config it serves two sparse files of 256 MiB, LUN 0 \"source\" and LUN 1 "
      "\"copy\"\n"
      "of iqn.2026-11.dev.tidemark:main, on the loopback interface.\n"
      "SIGTERM and SIGINT end it in order; a second one ends it at once. SIGHUP makes it read its\n"
      "configuration again; a bad one is refused, and the old one stays in force.\n\n"
      "Exit status: 0 ended in order; 1 a port, file, disk or lock is not to be had;\n"
      "2 the command line or the configuration is wrong.");
  app.add_option("--config", options.config_file, "Configuration: JSON, comments allowed")
      ->type_name("FILE");
  app.add_option("--state-dir", options.state_dir, "Where its own files are kept")
      ->type_name("DIR");
  app.add_option("--portal", options.portal, "iSCSI address, instead of those configured")
      ->type_name("ADDRESS:PORT");
  app.add_option("--management", options.management, "Management address (loopback only)")
      ->type_name("ADDRESS:PORT");
  app.add_flag("--check", options.check, "Check the configuration and end");
  const std::map<std::string, LogLevel> levels = {{"debug", LogLevel::debug},
                                                  {"info", LogLevel::info},
                                                  {"warning", LogLevel::warning},
                                                  {"error", LogLevel::error}};
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->transform(CLI::CheckedTransformer(levels).description(""))
      ->type_name("LEVEL");
  bool manual = false;
  app.add_flag("--manual", manual, "Print the manual page, as roff, and end");
  app.set_version_flag("--version", "tidemarkd " TIDEMARK_VERSION);
  try {
    app.parse(argc, argv);
    if (!manual) return options;
    fmt::print("{}", man_page(command_tree(app), manual_of_tidemarkd()));
    exit_code = kExitDone;
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    // --help and --version come this way too, with 0.
    exit_code = app.exit(error) == 0 ? kExitDone : kExitRefused;
    return std::nullopt;
  }
}

}  // namespace tidemark::mgmt
