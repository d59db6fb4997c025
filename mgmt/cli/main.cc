// tidemark: the command line of a Tidemark daemon.
#include "mgmt/cli/command_line.h"
#include "mgmt/cli/commands.h"

int main(int argc, char** argv) {
  using namespace tidemark::mgmt::cli;
  const auto line = read_command_line(argc, argv);
  if (const int* status = std::get_if<int>(&line)) return *status;
  Console console;
  return run_command(std::get<CommandLine>(line), console);
}
