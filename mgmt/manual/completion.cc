#include "mgmt/manual/completion.h"

#include <fmt/format.h>

#include <functional>

namespace tidemark::mgmt {
namespace {

/// `visit` is called for every command with its path: "", "volume", "volume create".
void walk(const CommandNode& node, const std::string& path,
          const std::function<void(const CommandNode&, const std::string&)>& visit) {
  visit(node, path);
  for (const CommandNode& verb : node.verbs)
    walk(verb, path.empty() ? verb.name : path + " " + verb.name, visit);
}

std::string offered(const CommandNode& node, const CommandNode& program) {
  std::string words;
  const auto add = [&](const std::string& word) { words += (words.empty() ? "" : " ") + word; };
  for (const CommandNode& verb : node.verbs) add(verb.name);
  for (const CommandNode* of : {&node, &program}) {
    for (const CommandOption& option : of->options)
      for (const std::string& name : option.names)
        if (!option.argument && (of == &node || name != "--help") && name.starts_with("--"))
          add(name);
    if (&node == &program) break;
  }
  return words;
}

/// Lines of a `case` by path, and by path and the option before the word.
void add_cases(const CommandNode& program, std::string& paths, std::string& values) {
  walk(program, {}, [&](const CommandNode& node, const std::string& path) {
    paths += fmt::format("    '{}') offer='{}' ;;\n", path, offered(node, program));
    for (const CommandOption& option : node.options)
      for (const std::string& name : option.names)
        if (!option.argument && !option.words.empty())
          values +=
              fmt::format("    '{}:{}') offer='{}' ;;\n", path, name, fmt::join(option.words, " "));
  });
}

/// The nouns and verbs among the words so far make the path; what is no command is passed over.
std::string known_paths(const CommandNode& program) {
  std::string text;
  walk(program, {}, [&](const CommandNode&, const std::string& path) {
    if (!path.empty()) text += (text.empty() ? "'" : "|'") + path + "'";
  });
  return text;
}

std::string quoted(std::string text) {
  for (size_t at = 0; (at = text.find('\'', at)) != text.npos; at += 4)
    text.replace(at, 1, "'\\''");
  return "'" + text + "'";
}

}  // namespace

std::string bash_completion(const CommandNode& program) {
  std::string paths;
  std::string values;
  add_cases(program, paths, values);
  return fmt::format(
      "_{0}() {{\n"
      "  local word path='' offer='' i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=\"${{path:+$path }}${{COMP_WORDS[i]}}\"\n"
      "    case \"$word\" in\n    {1}) path=\"$word\" ;;\n    esac\n"
      "  done\n"
      "  case \"$path\" in\n{2}  esac\n"
      "  case \"$path:${{COMP_WORDS[COMP_CWORD - 1]}}\" in\n{3}    *) ;;\n  esac\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$offer\" -- \"${{COMP_WORDS[COMP_CWORD]}}\")\n"
      "}}\n"
      "complete -o default -F _{0} {0}\n",
      program.name, known_paths(program), paths, values);
}

std::string zsh_completion(const CommandNode& program) {
  std::string paths;
  std::string values;
  add_cases(program, paths, values);
  return fmt::format(
      "#compdef {0}\n"
      "_{0}() {{\n"
      "  local word path='' offer='' i\n"
      "  for ((i = 2; i < CURRENT; i++)); do\n"
      "    word=\"${{path:+$path }}${{words[i]}}\"\n"
      "    case \"$word\" in\n    {1}) path=\"$word\" ;;\n    esac\n"
      "  done\n"
      "  case \"$path\" in\n{2}  esac\n"
      "  case \"$path:${{words[CURRENT - 1]}}\" in\n{3}    *) ;;\n  esac\n"
      "  compadd -- ${{=offer}} || _files\n"
      "}}\n"
      "compdef _{0} {0}\n",
      program.name, known_paths(program), paths, values);
}

std::string fish_completion(const CommandNode& program) {
  std::string text;
  walk(program, {}, [&](const CommandNode& node, const std::string& path) {
    std::string condition = "__fish_use_subcommand";
    if (!path.empty()) {
      const size_t space = path.find(' ');
      condition = "__fish_seen_subcommand_from " + path.substr(0, space);
      if (space != path.npos)
        condition += "; and __fish_seen_subcommand_from " + path.substr(space + 1);
    }
    for (const CommandNode& verb : node.verbs)
      text += fmt::format("complete -c {} -f -n {} -a {} -d {}\n", program.name, quoted(condition),
                          verb.name, quoted(verb.text));
    for (const CommandOption& option : node.options) {
      if (option.argument || !option.names.front().starts_with("--")) continue;
      text += fmt::format("complete -c {} -n {} -l {} -d {}", program.name, quoted(condition),
                          option.names.front().substr(2), quoted(option.text));
      if (!option.words.empty())
        text += fmt::format(" -x -a {}", quoted(fmt::format("{}", fmt::join(option.words, " "))));
      else if (!option.value.empty())
        text += " -r";
      text += "\n";
    }
  });
  return text;
}

}  // namespace tidemark::mgmt
