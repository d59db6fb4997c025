// Table: rows of text in columns that fit them; numbers to the right.
#pragma once

#include <string>
#include <vector>

namespace tidemark::mgmt::cli {

class Table {
 public:
  struct Column {
    std::string title;
    bool right = false;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// Title line and rows; control characters from outside are shown as '?'.
  std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// Name and value per line, the values in one column.
std::string list_text(const std::vector<std::pair<std::string, std::string>>& items);

/// What may go to a terminal: without control characters.
std::string printable(std::string text);

}  // namespace tidemark::mgmt::cli
