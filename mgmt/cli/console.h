// Console: where the output goes, and whether a person is watching it.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

namespace tidemark::mgmt::cli {

class Console {
 public:
  /// Columns of the terminal, or 0 if standard output is none.
  size_t width() const;
  bool is_terminal() const;

  void print(const std::string& text);
  /// Empties the terminal; on none, does nothing.
  void clear();
  /// One line that replaces the one before it; on no terminal, a line of its own.
  void progress(const std::string& line);
  /// Ends the line that progress() left open.
  void end_progress();
  /// "tidemark: ..." on standard error.
  void complain(const std::string& text);

 private:
  bool line_open_ = false;
};

}  // namespace tidemark::mgmt::cli
