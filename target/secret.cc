#include "target/secret.h"

#include <openssl/crypto.h>

namespace tidemark::target {

bool equal_in_constant_time(ConstBytes one, ConstBytes other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

Secret::~Secret() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

}  // namespace tidemark::target
