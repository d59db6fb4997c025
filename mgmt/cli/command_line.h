// The command line of `tidemark`, read into a value.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "mgmt/bench/load_run.h"
#include "mgmt/cli/model.h"
#include "mgmt/cli/resources.h"
#include "mgmt/demo/live_proof.h"

namespace tidemark::mgmt::cli {

/// What a caller can tell from the exit status.
enum ExitStatus : int {
  kExitOk = 0,
  kExitRefused = 1,
  kExitUsage = 2,
  kExitUnreachable = 3,
  kExitNotCompleted = 4,
};

struct StatusVerb {};
struct VolumeListVerb {};
struct VolumeGrowVerb {
  std::string volume;
  std::string size;
};
struct LunListVerb {};
struct SessionListVerb {};
struct PortGroupListVerb {
  std::string target;
};
struct PortGroupSetVerb {
  std::string target;
  uint64_t tag = 0;
  PortGroupSettings settings;
};
struct CopyStartVerb {
  CopyOrder order;
  bool watch = false;
};
struct CopyListVerb {};
struct CopyShowVerb {
  uint64_t id = 0;
};
struct CopyWatchVerb {
  uint64_t id = 0;
};
struct CopyMapVerb {
  uint64_t id = 0;
  size_t lines = 16;
};
struct CopyAppendVerb {
  uint64_t id = 0;
  std::vector<std::string> ranges;
};
struct CopySetVerb {
  uint64_t id = 0;
  CopySettings settings;
};
struct CopyChangeVerb {
  uint64_t id = 0;
  std::string verb;  // as the daemon names it
};
struct GroupStartVerb {
  GroupOrder order;
};
struct GroupListVerb {};
struct GroupShowVerb {
  uint64_t id = 0;
};
struct DemoVerb {
  LiveProofOptions options;
};
struct BenchVerb {
  bench::LoadOptions options;
};

struct DoctorVerb {
  std::string initiator;  // who should be let in; empty: nobody in particular
};
struct ContextVerb {
  enum class Act { list, set, use, remove };
  Act act = Act::list;
  std::string name;
  std::string url;
  std::string token_file;
  std::string ca_file;
};
/// Something that takes no daemon.
struct PrintVerb {
  std::string text;
};

using Verb = std::variant<StatusVerb, VolumeListVerb, VolumeGrowVerb, LunListVerb, SessionListVerb,
                          CopyStartVerb, CopyListVerb, CopyShowVerb, CopyWatchVerb, CopyMapVerb,
                          PortGroupListVerb, PortGroupSetVerb, CopyChangeVerb, CopyAppendVerb,
                          CopySetVerb, GroupStartVerb, GroupListVerb, GroupShowVerb, DemoVerb,
                          BenchVerb, ResourceVerb, DoctorVerb, ContextVerb, PrintVerb>;

struct CommandLine {
  std::string url;      // empty: find_destination() knows
  std::string context;  // likewise
  std::string via;      // in-band instead, if not empty: "iscsi://...", "sg:/dev/sgN"
  bool json = false;
  bool watch = false;  // again and again
  Verb verb;
};

/// Either what to do, or the exit status after help or a complaint has been printed.
std::variant<CommandLine, int> read_command_line(int argc, const char* const* argv);

}  // namespace tidemark::mgmt::cli
