#include <chrono>
#include <thread>

#include "mgmt/cli/commands.h"
#include "mgmt/cli/render.h"

namespace tidemark::mgmt::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPollEvery = std::chrono::milliseconds(200);
// Where nobody sees a bar grow, a line every now and then will do.
constexpr auto kLineEvery = std::chrono::seconds(2);

class Watch {
 public:
  Watch(bool json, Console& console) : json_(json), console_(console) {}

  void show(const CopyView& copy, const std::string& body) {
    const bool changed = copy.state != last_state_;
    const bool bar = console_.is_terminal() && !json_;
    if (!bar && !changed && Clock::now() - last_line_ < kLineEvery) return;
    last_state_ = copy.state;
    last_line_ = Clock::now();
    if (json_)
      console_.print(body + "\n");
    else
      console_.progress(progress_line(copy, console_.width()));
  }

 private:
  bool json_;
  Console& console_;
  std::string last_state_;
  Clock::time_point last_line_;
};

}  // namespace

int watch_copy(const Api& api, uint64_t id, bool json, Console& console) {
  Watch watch(json, console);
  while (true) {
    const Answer answer = api.copy(id);
    if (!answer) return report_failure(answer, console);
    const Result<CopyView> copy = read_copy(answer.body);
    if (!copy) return report_failure(copy.error(), console);
    watch.show(copy.value(), answer.body);
    if (copy.value().has_ended()) {
      console.end_progress();
      return copy.value().completed() ? kExitOk : kExitNotCompleted;
    }
    std::this_thread::sleep_for(kPollEvery);
  }
}

}  // namespace tidemark::mgmt::cli
