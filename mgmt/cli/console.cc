#include "mgmt/cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace tidemark::mgmt::cli {
namespace {

constexpr size_t kUsualWidth = 80;

}  // namespace

bool Console::is_terminal() const {
  return isatty(STDOUT_FILENO) == 1;
}

size_t Console::width() const {
  if (!is_terminal()) return 0;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualWidth;
  return size.ws_col;
}

void Console::print(const std::string& text) {
  end_progress();
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void Console::clear() {
  if (is_terminal()) std::fputs("\x1b[H\x1b[2J\x1b[3J", stdout);
}

void Console::progress(const std::string& line) {
  const size_t columns = width();
  if (columns == 0) {
    print(line + "\n");
    return;
  }
  const std::string shown = line.substr(0, columns - 1);
  std::fprintf(stdout, "\r\x1b[K%s", shown.c_str());
  std::fflush(stdout);
  line_open_ = true;
}

void Console::end_progress() {
  if (!line_open_) return;
  std::fputc('\n', stdout);
  line_open_ = false;
}

void Console::complain(const std::string& text) {
  end_progress();
  std::fprintf(stderr, "tidemark: %s\n", text.c_str());
}

}  // namespace tidemark::mgmt::cli
