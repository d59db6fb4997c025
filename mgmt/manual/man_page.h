// Manual pages (man(7)) from a program's command line.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mgmt/manual/command_tree.h"

namespace tidemark::mgmt {

struct ManPage {
  int section = 1;
  std::string version;
  std::string date;  // "2026-11-27"
  /// More sections, after the options: title and plain text; an empty line begins a paragraph.
  std::vector<std::pair<std::string, std::string>> sections;
};

std::string man_page(const CommandNode& program, const ManPage& page);

}  // namespace tidemark::mgmt
