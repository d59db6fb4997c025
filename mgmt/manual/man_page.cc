#include "mgmt/manual/man_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace tidemark::mgmt {
namespace {

/// Text as roff takes it: no escape of its own, no request at the beginning of a line.
std::string plain(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      if ((c == '.' || c == '\'') && (escaped.empty() || escaped.back() == '\n')) escaped += "\\&";
      escaped += c;
    }
  }
  return escaped;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string value_of(const CommandOption& option) {
  if (option.words.empty()) return option.value;
  return fmt::format("{}", fmt::join(option.words, "|"));
}

std::string entry(const CommandOption& option) {
  std::string names;
  for (const std::string& name : option.names)
    names += (names.empty() ? "\\fB" : ", \\fB") + plain(name) + "\\fR";
  const std::string value = option.argument ? "" : value_of(option);
  if (!value.empty()) names += " \\fI" + plain(value) + "\\fR";
  std::string text = option.text;
  if (option.argument && !option.words.empty()) text += " (" + value_of(option) + ")";
  if (option.required && !option.argument) text += " (required)";
  if (!option.initial.empty()) text += fmt::format(" [{}]", option.initial);
  return ".TP\n" + names + "\n" + plain(text) + "\n";
}

std::string entries(const CommandNode& node, bool with_help) {
  std::string text;
  for (const bool arguments : {true, false})
    for (const CommandOption& option : node.options)
      if (option.argument == arguments && (with_help || option.names.front() != "--help"))
        text += entry(option);
  return text;
}

std::string arguments_of(const CommandNode& node) {
  std::string text;
  for (const CommandOption& option : node.options)
    if (option.argument)
      text += option.required ? " \\fI" + plain(option.names.front()) + "\\fR"
                              : " [\\fI" + plain(option.names.front()) + "\\fR]";
  const bool optional = std::any_of(node.options.begin(), node.options.end(),
                                    [](const CommandOption& option) { return !option.argument; });
  return (optional ? " [options]" : "") + text;
}

/// Lines as they are: tables of exit codes and the like.
std::string as_it_is(const std::string& text) {
  return text.empty() ? "" : ".nf\n" + plain(text) + (text.ends_with('\n') ? "" : "\n") + ".fi\n";
}

std::string paragraphs(const std::string& text) {
  std::string roff = plain(text) + "\n";
  for (size_t at; (at = roff.find("\n\n")) != roff.npos;) roff.replace(at, 2, "\n.PP\n");
  return roff;
}

void add_commands(const CommandNode& node, const std::string& path, std::string& to) {
  for (const CommandNode& verb : node.verbs) {
    const std::string name = path.empty() ? verb.name : path + " " + verb.name;
    if (verb.verbs.empty()) {
      to += ".SS \"" + plain(name) + "\"\n";
      to += ".B " + plain(name) + "\n" + arguments_of(verb).substr(1) + "\n.PP\n";
      to += plain(verb.text) + ".\n" + entries(verb, false) + (verb.footer.empty() ? "" : ".PP\n") +
            as_it_is(verb.footer);
    }
    add_commands(verb, name, to);
  }
}

}  // namespace

std::string man_page(const CommandNode& program, const ManPage& page) {
  std::string text = fmt::format(".TH {} {} \"{}\" \"{} {}\" \"Tidemark\"\n", upper(program.name),
                                 page.section, page.date, program.name, page.version);
  std::string summary = program.text;
  while (summary.ends_with('.')) summary.pop_back();
  text += ".SH NAME\n" + program.name + " \\- " + plain(summary) + "\n";
  text += ".SH SYNOPSIS\n.B " + program.name + "\n" + arguments_of(program).substr(1) +
          (program.verbs.empty() ? "" : " \\fIcommand\\fR ...") + "\n";
  text += ".SH OPTIONS\n" + entries(program, true);
  if (!program.verbs.empty()) {
    text += ".SH COMMANDS\n";
    add_commands(program, {}, text);
  }
  for (const auto& [title, words] : page.sections)
    text += ".SH \"" + plain(upper(title)) + "\"\n" + paragraphs(words);
  if (!program.footer.empty()) text += ".SH NOTES\n" + as_it_is(program.footer);
  return text;
}

}  // namespace tidemark::mgmt
