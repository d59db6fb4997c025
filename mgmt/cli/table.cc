#include "mgmt/cli/table.h"

#include <algorithm>

namespace tidemark::mgmt::cli {
namespace {

/// Columns a text takes: UTF-8 continuation bytes take none.
size_t width_of(const std::string& text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

void append_cell(std::string& line, const std::string& cell, size_t width, bool right, bool last) {
  const std::string padding(width - std::min(width, width_of(cell)), ' ');
  if (right) line += padding;
  line += cell;
  if (last) return;
  if (!right) line += padding;
  line += "  ";
}

}  // namespace

std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

std::string Table::text() const {
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : columns_) lines[0].push_back(column.title);
  for (const auto& row : rows_) {
    lines.emplace_back();
    for (const std::string& cell : row) lines.back().push_back(printable(cell));
  }

  std::vector<size_t> widths(columns_.size(), 0);
  for (const auto& line : lines)
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width_of(line[i]));

  std::string text;
  for (const auto& cells : lines) {
    std::string line;
    for (size_t i = 0; i < cells.size(); ++i)
      append_cell(line, cells[i], widths[i], columns_[i].right, i + 1 == cells.size());
    text += line + "\n";
  }
  return text;
}

std::string list_text(const std::vector<std::pair<std::string, std::string>>& items) {
  size_t width = 0;
  for (const auto& [name, value] : items) width = std::max(width, width_of(name));
  std::string text;
  for (const auto& [name, value] : items)
    text += name + std::string(width - width_of(name) + 2, ' ') + printable(value) + "\n";
  return text;
}

}  // namespace tidemark::mgmt::cli
