#include "mgmt/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <functional>
#include <memory>

#include "mgmt/cli/manual_sections.h"
#include "mgmt/manual/command_tree.h"
#include "mgmt/manual/completion.h"
#include "mgmt/manual/man_page.h"

namespace tidemark::mgmt::cli {
namespace {

constexpr const char* kFooter =
    "Exit status:\n"
    "  0  done\n"
    "  1  the daemon refused, or the demonstration's proof failed\n"
    "  2  wrong use of this command\n"
    "  3  the daemon cannot be reached\n"
    "  4  the copy that was watched ended without being completed\n";

constexpr const char* kSizesFooter = "Sizes are bytes, or like 64KiB, 16MiB, 2GiB.";

/// A subcommand that stands for one verb; its options fill the verb in place.
template <class V>
std::pair<CLI::App*, V*> verb(CLI::App& parent, const char* name, const char* text,
                              std::vector<std::function<void(Verb&)>>& setters) {
  CLI::App* command = parent.add_subcommand(name, text);
  auto value = std::make_shared<V>();
  V* raw = value.get();
  setters.emplace_back([command, value](Verb& to) {
    if (command->parsed()) to = *value;
  });
  return {command, raw};
}

using Setters = std::vector<std::function<void(Verb&)>>;

void add_id(CLI::App& command, uint64_t& id) {
  command.add_option("ID", id, "Number of the copy")->required()->check(CLI::NonNegativeNumber);
}

void add_settings(CLI::App& command, CopySettings& settings) {
  command.add_option("--rate-limit", settings.rate_limit, "Bytes per second; 0 for none");
  command
      .add_option("--impact", settings.impact,
                  "What the copier may take from hosts that use the source")
      ->check(CLI::IsMember({"low", "normal", "max"}));
  command.add_option("--latency-budget", settings.latency_budget_us,
                     "Microseconds of host I/O beyond which it steps back; 0: by impact");
}

void add_order_options(CLI::App& command, CopyOrder& order) {
  command
      .add_option("--consistency", order.consistency,
                  "What is one moment: the whole source, or each segment on its own")
      ->check(CLI::IsMember({"source", "segment"}));
  command.add_option("--segment-size", order.segment_size, "Bytes copied as one segment");
  command.add_option("--grain", order.grain, "Bytes per entry of the snapshot map, 4KiB to 64KiB");
  command
      .add_option("--release", order.release,
                  "When a held write goes on: old data read, or kept in the store")
      ->check(CLI::IsMember({"ram", "written", "durable"}));
  command
      .add_option("--route", order.route,
                  "Where old data goes: the store, the destination, or where it is faster")
      ->check(CLI::IsMember({"store", "destination", "auto"}));
  command.add_option("--store-limit", order.store_limit,
                     "Bytes of old data kept at a time; 0 for no limit");
  add_settings(command, order);
  command.footer(kSizesFooter);
}

void add_growth(CLI::App& volume, Setters& setters) {
  auto [grow, grow_verb] =
      verb<VolumeGrowVerb>(volume, "grow", "Make a volume larger while it serves", setters);
  grow->add_option("VOLUME", grow_verb->volume, "Name of a volume")->required();
  grow->add_option("SIZE", grow_verb->size, "Bytes it is to have")->required();
  grow->footer(kSizesFooter);
}

void add_port_group_verbs(CLI::App& app, Setters& setters) {
  CLI::App* group = app.add_subcommand("port-group", "Asymmetric access of a target (ALUA)");
  group->require_subcommand(1);
  auto [list, list_verb] = verb<PortGroupListVerb>(
      *group, "list", "State of each LUN through each portal group", setters);
  list->add_option("TARGET", list_verb->target, "Name of a target")->required();
  auto [set, set_verb] = verb<PortGroupSetVerb>(
      *group, "set", "Change the state of all LUNs through one portal group", setters);
  set->add_option("TARGET", set_verb->target, "Name of a target")->required();
  set->add_option("GROUP", set_verb->tag, "Portal group")->required()->check(CLI::Range(0, 65535));
  set->add_option("--state", set_verb->settings.state, "Asymmetric access state")
      ->check(
          CLI::IsMember({"optimized", "non-optimized", "standby", "unavailable", "transitioning"}));
  set->add_option("--preferred", set_verb->settings.preferred, "Whether hosts shall prefer it");
}

void add_copy_verbs(CLI::App& app, Setters& setters) {
  CLI::App* copy = app.add_subcommand("copy", "Start, watch and steer copies");
  copy->require_subcommand(1);

  auto [start, start_verb] =
      verb<CopyStartVerb>(*copy, "start", "Copy a volume as it stands now", setters);
  start->add_option("SOURCE", start_verb->order.source, "Name of a volume")->required();
  start->add_option("DESTINATION", start_verb->order.destination, "Name of a volume")->required();
  add_order_options(*start, start_verb->order);
  start
      ->add_option("--on-preserve-error", start_verb->order.on_preserve_error,
                   "Old data cannot be saved: give up the copy, or fail the write")
      ->check(CLI::IsMember({"break_copy", "fail_write"}));
  start
      ->add_option("--range", start_verb->order.ranges,
                   "FROM:TO:LENGTH, instead of the whole source; may be repeated")
      ->allow_extra_args(false);
  start->add_flag("--verify", start_verb->order.verify,
                  "Read back what was copied, and fail the copy if it differs");
  start->add_flag("--hold", start_verb->order.hold,
                  "Do not start it yet: add ranges with append, then begin");
  start->add_flag("--watch", start_verb->watch, "Stay and show progress until it ends");

  verb<CopyListVerb>(*copy, "list", "All copies, newest first", setters);
  auto [show, show_verb] = verb<CopyShowVerb>(*copy, "show", "Everything about a copy", setters);
  add_id(*show, show_verb->id);
  auto [watch, watch_verb] =
      verb<CopyWatchVerb>(*copy, "watch", "Show progress until the copy ends", setters);
  add_id(*watch, watch_verb->id);
  auto [map, map_verb] = verb<CopyMapVerb>(*copy, "map", "Draw the snapshot map", setters);
  add_id(*map, map_verb->id);
  map->add_option("--lines", map_verb->lines, "Height of the drawing")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();

  auto [append, append_verb] =
      verb<CopyAppendVerb>(*copy, "append", "More ranges for a copy that is held back", setters);
  add_id(*append, append_verb->id);
  append->add_option("--range", append_verb->ranges, "FROM:TO:LENGTH; may be repeated")
      ->required()
      ->allow_extra_args(false);

  const auto change = [&](const char* name, const char* text, const char* asked = nullptr) {
    auto [command, change_verb] = verb<CopyChangeVerb>(*copy, name, text, setters);
    change_verb->verb = asked != nullptr ? asked : name;
    add_id(*command, change_verb->id);
  };
  change("begin", "Start a copy that was held back", "start");
  change("pause", "Stop copying for now; what is written meanwhile is preserved");
  change("resume", "Go on after pause");
  change("cancel", "End a copy for good");

  auto [set, set_verb] =
      verb<CopySetVerb>(*copy, "set", "Change what a running copy may take", setters);
  add_id(*set, set_verb->id);
  add_settings(*set, set_verb->settings);
}

void add_group_verbs(CLI::App& app, Setters& setters) {
  CLI::App* group = app.add_subcommand("group", "Copies of several volumes with one begin time");
  group->require_subcommand(1);
  auto [start, start_verb] =
      verb<GroupStartVerb>(*group, "start", "Copy volumes as they all stand now", setters);
  GroupOrder& order = start_verb->order;
  start->add_option("PAIRS", order.pairs, "SOURCE:DESTINATION, one or more")->required();
  start->add_option("--grain", order.grain, "Bytes per entry of the snapshot map, 4KiB to 64KiB");
  start
      ->add_option("--release", order.release,
                   "When a held write goes on: old data read, or kept in the store")
      ->check(CLI::IsMember({"ram", "written", "durable"}));
  start->add_option("--fence-deadline", order.fence_deadline_ms,
                    "Milliseconds that writes may be stopped before it is given up");
  add_settings(*start, order);
  start->footer(kSizesFooter);
  verb<GroupListVerb>(*group, "list", "All groups, newest first", setters);
  auto [show, show_verb] = verb<GroupShowVerb>(*group, "show", "A group and its copies", setters);
  show->add_option("ID", show_verb->id, "Number of the group")
      ->required()
      ->check(CLI::NonNegativeNumber);
}

void add_demo(CLI::App& app, Setters& setters) {
  auto [demo, demo_verb] = verb<DemoVerb>(
      app, "demo", "Write over iSCSI, copy meanwhile, and prove the copy (destroys both volumes)",
      setters);
  LiveProofOptions& options = demo_verb->options;
  demo->add_option("--source", options.order.source, "Volume to write and copy")
      ->capture_default_str();
  demo->add_option("--destination", options.order.destination, "Volume that takes the copy")
      ->capture_default_str();
  demo->add_option("--depth", options.depth, "Writes in flight per session")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  demo->add_option("--sessions", options.sessions, "Sessions that write")
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  demo->add_option("--seed", options.seed, "Of the random ranges; 0 for a new one each time")
      ->capture_default_str();
  add_order_options(*demo, options.order);
}

void add_bench(CLI::App& app, Setters& setters) {
  auto [command, bench_verb] = verb<BenchVerb>(
      app, "bench", "Load iSCSI targets and measure (writes destroy what the LUN holds)", setters);
  bench::LoadOptions& options = bench_verb->options;
  bench::Load& load = options.load;
  command->add_option("URL", options.urls, "iscsi://host[:port]/target/lun")->required();
  command
      ->add_option_function<std::string>(
          "--workload",
          [&load](const std::string& name) { load.pattern = *bench::pattern_of(name); },
          "What is done")
      ->check(CLI::IsMember({"randread", "randwrite", "mixed", "seqread", "seqwrite"}))
      ->default_str("randread");
  command->add_option("--block-size", load.block_size, "Bytes per I/O")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  command->add_option("--depth", load.depth, "I/Os in flight per session")->capture_default_str();
  command->add_option("--sessions", options.sessions, "Sessions per URL")->capture_default_str();
  command->add_option("--read-share", load.read_percent, "Percent of reads of a mixed load")
      ->capture_default_str();
  command->add_option("--seconds", options.seconds, "Time measured")->capture_default_str();
  command->add_option("--warm-up", options.warm_up, "Seconds before that")->capture_default_str();
  command->add_option("--count", load.count, "I/Os per session, instead of a time");
  command->add_flag("--digests", options.digests, "CRC32C of headers and data");
  command->add_flag("--verify", load.verify,
                    "Write data that names its place, and expect it of reads");
  command->add_option("--seed", load.seed, "Of data and order")->capture_default_str();
  command->add_option("--pin", options.pins, "Processors, a thread on each")->delimiter(',');
  command->add_option("--target-pid", options.target_pid, "Process to account for");
}

void add_field(CLI::App& command, const ResourceField& field, std::vector<std::string>& to) {
  using Kind = ResourceField::Kind;
  const std::string place(field.place);
  const std::string text(field.text);
  if (field.kind == Kind::flag) {
    command.add_flag_callback(
        place, [&to] { to = {"1"}; }, text);
    return;
  }
  const bool list = field.kind == Kind::initiators || field.kind == Kind::luns;
  CLI::Option* option = command.add_option(place, to, text)->required(field.required);
  option->allow_extra_args(false);
  if (!list) option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  if (field.kind == Kind::number) option->type_name("NUMBER")->check(CLI::NonNegativeNumber);
  if (!field.words.empty())
    option->check(CLI::IsMember(CLI::detail::split(std::string(field.words), ',')));
}

/// All rows of mgmt/cli/resources.h, below nouns that may have other verbs already.
void add_resources(CLI::App& app, Setters& setters) {
  for (const Noun& noun : resource_nouns()) {
    const std::string name(noun.name);
    const auto there = app.get_subcommands([&](CLI::App* at) { return at->get_name() == name; });
    CLI::App* parent =
        there.empty() ? app.add_subcommand(name, std::string(noun.text)) : there.front();
    parent->require_subcommand(1);
    for (const ResourceRow& row : resource_rows()) {
      if (row.noun != noun.name) continue;
      auto [command, resource_verb] = verb<ResourceVerb>(*parent, std::string(row.verb).c_str(),
                                                         std::string(row.text).c_str(), setters);
      resource_verb->row = &row;
      resource_verb->values.resize(row.fields.size());
      for (size_t i = 0; i < row.fields.size(); ++i)
        add_field(*command, row.fields[i], resource_verb->values[i]);
    }
  }
}

void add_contexts(CLI::App& app, Setters& setters) {
  using Act = ContextVerb::Act;
  CLI::App* parent = app.add_subcommand("context", "Daemons by name");
  parent->require_subcommand(1);
  verb<ContextVerb>(*parent, "list", "All contexts; * marks the one in use", setters);
  const auto add = [&](const char* name, const char* text, Act act) {
    auto [command, context_verb] = verb<ContextVerb>(*parent, name, text, setters);
    context_verb->act = act;
    command->add_option("NAME", context_verb->name, "Of the context")->required();
    return std::pair(command, context_verb);
  };
  auto [set, set_verb] = add("set", "Make a context, or change it", Act::set);
  set->add_option("URL", set_verb->url, "http://host:port or https://host:port")->required();
  set->add_option("--token-file", set_verb->token_file, "File with the token");
  set->add_option("--ca-file", set_verb->ca_file, "Whom to trust in TLS: certificates, in PEM");
  add("use", "Go to this daemon from now on", Act::use);
  add("remove", "Forget a context", Act::remove);
}

/// Verbs that print something made of the command line itself.
void add_prints(CLI::App& app, Setters& setters) {
  CLI::App* completion =
      app.add_subcommand("completion", "Print what a shell needs to complete commands");
  completion->require_subcommand(1);
  const auto print = [&](CLI::App& parent, const char* name, const char* text,
                         std::string (*make)(const CommandNode&)) {
    CLI::App* command = parent.add_subcommand(name, text);
    setters.emplace_back([&app, command, make](Verb& to) {
      if (command->parsed()) to = PrintVerb{make(command_tree(app))};
    });
  };
  print(*completion, "bash", "source <(tidemark completion bash)", bash_completion);
  print(*completion, "zsh", "source <(tidemark completion zsh)", zsh_completion);
  print(*completion, "fish", "tidemark completion fish | source", fish_completion);
  print(app, "manual", "Print the manual page, as roff",
        [](const CommandNode& program) { return man_page(program, manual_of_tidemark()); });
}

}  // namespace

std::variant<CommandLine, int> read_command_line(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app("Copies LUNs of a Tidemark target as they stood at one moment.", "tidemark");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(kFooter);
  app.set_version_flag("--version", TIDEMARK_VERSION);
  app.add_option("--target", line.url,
                 "URL of the daemon; else TIDEMARK_URL, a context, or http://127.0.0.1:8260");
  app.add_option("--context", line.context, "Name of a daemon; else TIDEMARK_CONTEXT");
  app.add_option(
         "--via", line.via,
         "In-band instead: iscsi://host[:port]/target/lun or sg:/dev/sgN; else TIDEMARK_VIA")
      ->envname("TIDEMARK_VIA");
  app.add_flag("--json", line.json, "Print the daemon's JSON instead of text for people");
  app.add_flag("--watch", line.watch, "Do it again every second, until it fails");

  Setters setters;
  verb<StatusVerb>(app, "status", "The daemon at a glance", setters);
  const auto add_list = [&]<class V>(V, const char* name, const char* text, const char* list) {
    CLI::App* parent = app.add_subcommand(name, text);
    parent->require_subcommand(1);
    verb<V>(*parent, "list", list, setters);
    return parent;
  };
  add_growth(*add_list(VolumeListVerb{}, "volume", "Volumes", "All volumes"), setters);
  add_list(LunListVerb{}, "lun", "Logical units", "Which volume is which LUN of which target");
  add_list(SessionListVerb{}, "session", "Sessions", "Initiators that are logged in");
  add_resources(app, setters);
  add_port_group_verbs(app, setters);
  add_copy_verbs(app, setters);
  add_group_verbs(app, setters);
  add_demo(app, setters);
  add_bench(app, setters);
  auto [doctor, doctor_verb] =
      verb<DoctorVerb>(app, "doctor", "Look for what is wrong, or soon will be", setters);
  doctor->add_option("--initiator", doctor_verb->initiator,
                     "iSCSI name of one that is not let in: say why");
  add_contexts(app, setters);
  add_prints(app, setters);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  for (const auto& set : setters) set(line.verb);
  return line;
}

}  // namespace tidemark::mgmt::cli
