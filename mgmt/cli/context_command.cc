#include "mgmt/cli/commands.h"
#include "mgmt/cli/contexts.h"
#include "mgmt/cli/table.h"

namespace tidemark::mgmt::cli {
namespace {

int list(const Contexts& contexts, Console& console) {
  Table table({{"", false}, {"name", false}, {"url", false}, {"token file", false}});
  for (const Context& context : contexts.all)
    table.add({context.name == contexts.current ? "*" : "", context.name, context.url,
               context.token_file});
  console.print(table.text());
  return kExitOk;
}

Result<void> change(Contexts& contexts, const ContextVerb& verb) {
  using Act = ContextVerb::Act;
  if (verb.act == Act::set) {
    if (const auto url = parse_url(verb.url); !url) return url.error();
    contexts.set({verb.name, verb.url, verb.token_file, verb.ca_file});
    return {};
  }
  if (contexts.find(verb.name) == nullptr)
    return Error{ErrorKind::not_found, "there is no context " + verb.name, {}};
  if (verb.act == Act::use) {
    contexts.current = verb.name;
  } else {
    contexts.remove(verb.name);
    if (contexts.current == verb.name) contexts.current.clear();
  }
  return {};
}

}  // namespace

int run_context(const ContextVerb& verb, Console& console) {
  const std::string file = contexts_file();
  Result<Contexts> contexts = load_contexts(file);
  if (!contexts) return report_failure(contexts.error(), console);
  if (verb.act == ContextVerb::Act::list) return list(contexts.value(), console);
  if (const auto changed = change(contexts.value(), verb); !changed)
    return report_failure(changed.error(), console);
  if (const auto saved = save_contexts(file, contexts.value()); !saved)
    return report_failure(saved.error(), console);
  return kExitOk;
}

}  // namespace tidemark::mgmt::cli
