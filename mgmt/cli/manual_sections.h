// What the manual page of `tidemark` says besides its commands.
#pragma once

#include "mgmt/manual/man_page.h"

namespace tidemark::mgmt::cli {

inline ManPage manual_of_tidemark() {
  return {.section = 1,
          .version = TIDEMARK_VERSION,
          .date = "2026-11-27",
          .sections = {
              {"description",
               "tidemark speaks to the management port of tidemarkd(8): it shows what is served, "
               "makes and "
               "removes volumes, targets and LUNs, and starts, watches and steers copies of "
               "volumes as they stood "
               "at one moment.\n\nWhat changes what is served takes the token of an administrator. "
               "The first one "
               "lies in the daemon's state directory and is found there by itself on the same "
               "machine, by the "
               "same user."},
              {"environment",
               "TIDEMARK_URL: the daemon. TIDEMARK_CONTEXT: the name of a context. TIDEMARK_TOKEN: "
               "the token to "
               "show. TIDEMARK_TOKEN_FILE: a file with the token. TIDEMARK_CA: certificates to "
               "trust in TLS."},
              {"files",
               "$XDG_CONFIG_HOME/tidemark/contexts.json, or below ~/.config: contexts, without "
               "tokens."},
              {"see also", "tidemarkd(8)"},
          }};
}

}  // namespace tidemark::mgmt::cli
