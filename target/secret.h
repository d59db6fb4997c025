// Secret: bytes that prove who one is. Compared in constant time and wiped when dropped. Nothing
// prints one, so none reaches a log or an answer by accident.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace tidemark::target {

/// Takes as long whatever the bytes are; the lengths are no secret.
bool equal_in_constant_time(ConstBytes one, ConstBytes other);

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : bytes_(text.begin(), text.end()) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) = default;
  Secret& operator=(Secret other) {
    bytes_.swap(other.bytes_);
    return *this;
  }
  ~Secret();

  ConstBytes bytes() const { return bytes_; }
  bool operator==(const Secret& other) const {
    return equal_in_constant_time(bytes_, other.bytes_);
  }

 private:
  std::vector<uint8_t> bytes_;  // not a string, whose short form would leave copies behind
};

}  // namespace tidemark::target
