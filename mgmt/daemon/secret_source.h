// SecretSource: where a CHAP secret is kept: in a file of its own or in the environment, never in
// the configuration, which people copy, show and commit.
#pragma once

#include <string>

#include "base/result.h"
#include "target/secret.h"

namespace tidemark::mgmt {

struct SecretSource {
  std::string file;         // one of the two is set
  std::string environment;  // name of a variable
  bool operator==(const SecretSource&) const = default;
};

/// The secret without one newline at its end. Refused: a file that others can read or that a group
/// can write, fewer than 12 or more than 255 bytes, control characters. No error has a byte of it.
Result<target::Secret> read_secret(const SecretSource& source);

}  // namespace tidemark::mgmt
