// A program's command line as data: what its help says, for manual pages and completion, which
// therefore cannot say anything else.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tidemark::mgmt {

struct CommandOption {
  std::vector<std::string> names;  // "--size", "-s"; of an argument: its one name, "SIZE"
  std::string value;               // what it takes: "TEXT", "UINT"; empty: nothing
  std::string text;
  std::string initial;             // shown as its default; empty: none
  std::vector<std::string> words;  // what it may be, where that is a list
  bool argument = false;
  bool required = false;
};

struct CommandNode {
  std::string name;
  std::string text;
  std::string footer;
  std::vector<CommandOption> options;
  std::vector<CommandNode> verbs;
};

CommandNode command_tree(const CLI::App& app);

}  // namespace tidemark::mgmt
