// Contexts: daemons by name, in a file of the user's: where each one is, whom to trust for it, and
// where its token is. Tokens themselves are not in it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tidemark::mgmt::cli {

struct Context {
  std::string name;
  std::string url;
  std::string token_file;  // empty: none
  std::string ca_file;     // empty: the system's
};

struct Contexts {
  std::string current;  // empty: none
  std::vector<Context> all;

  const Context* find(const std::string& name) const;
  /// Adds it, or takes the place of the one of its name.
  void set(Context context);
  /// False if there is none of that name.
  bool remove(const std::string& name);
};

/// $XDG_CONFIG_HOME/tidemark/contexts.json, or below ~/.config.
std::string contexts_file();
/// A file that is not there has none. The error says what is wrong with it.
Result<Contexts> load_contexts(const std::string& file);
/// For the user only.
Result<void> save_contexts(const std::string& file, const Contexts& contexts);

}  // namespace tidemark::mgmt::cli
