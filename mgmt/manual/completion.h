// What a shell offers while a command is typed, from the program's command line.
#pragma once

#include <string>
#include <string_view>

#include "mgmt/manual/command_tree.h"

namespace tidemark::mgmt {

// Scripts to be sourced by the shell.
std::string bash_completion(const CommandNode& program);
std::string zsh_completion(const CommandNode& program);
std::string fish_completion(const CommandNode& program);

}  // namespace tidemark::mgmt
