#include "mgmt/manual/command_tree.h"

#include <CLI/CLI.hpp>

namespace tidemark::mgmt {
namespace {

/// "TEXT:{a,b}" as a type name is how the library shows a list of words.
std::vector<std::string> words_in(std::string& type) {
  const size_t open = type.find('{');
  const size_t close = type.find('}', open == type.npos ? 0 : open);
  if (open == type.npos || close == type.npos) return {};
  std::vector<std::string> words = CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
  type.resize(open);
  while (!type.empty() && (type.back() == ':' || type.back() == ' ')) type.pop_back();
  return words;
}

CommandOption option_of(const CLI::Option& option) {
  CommandOption node;
  node.text = option.get_description();
  node.required = option.get_required();
  node.argument = option.get_positional();
  if (node.argument) {
    node.names = {option.get_name(true)};
  } else {
    for (const std::string& name : option.get_lnames()) node.names.push_back("--" + name);
    for (const std::string& name : option.get_snames()) node.names.push_back("-" + name);
  }
  if (option.get_type_size() == 0) return node;
  node.value = option.get_type_name();
  node.words = words_in(node.value);
  node.value = node.value.substr(0, node.value.find(':'));  // without what it is checked for
  node.initial = option.get_default_str();
  return node;
}

}  // namespace

CommandNode command_tree(const CLI::App& app) {
  CommandNode node{app.get_name(), app.get_description(), app.get_footer(), {}, {}};
  // A footer that is the parent's is the library's doing.
  if (app.get_parent() != nullptr && node.footer == app.get_parent()->get_footer())
    node.footer.clear();
  for (const CLI::Option* option : app.get_options()) node.options.push_back(option_of(*option));
  for (const CLI::App* verb : app.get_subcommands(nullptr))
    node.verbs.push_back(command_tree(*verb));
  return node;
}

}  // namespace tidemark::mgmt
