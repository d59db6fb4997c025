// CHAP (RFC 7143 clause 12.1.3, RFC 1994): the algorithms, and what an initiator and a target must
// know to prove themselves to each other.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "target/secret.h"

namespace tidemark::target {

/// Numbers of CHAP_A, as registered with IANA ("PPP Authentication Algorithms").
enum class ChapAlgorithm : uint8_t { md5 = 5, sha1 = 6, sha256 = 7, sha3_256 = 8 };

struct ChapAlgorithmRow {
  ChapAlgorithm algorithm;
  const char* digest;  // as OpenSSL calls it
  size_t length;       // of a response, in bytes
};
/// Strongest first.
std::span<const ChapAlgorithmRow> chap_algorithms();
/// The strongest of those that `offer` ("8,7,6,5") lists; null if we know none of them. The choice
/// is the target's, whatever the initiator would like best.
const ChapAlgorithmRow* choose_algorithm(std::string_view offer);

/// 64 bytes: no digest is longer.
struct ChapResponse {
  std::array<uint8_t, 64> bytes{};
  size_t length = 0;  // 0: the digest is not to be had (a crypto policy may forbid MD5)
  ConstBytes view() const { return {bytes.data(), length}; }
};
/// digest(identifier, secret, challenge), RFC 1994 clause 4.1.
ChapResponse chap_response(const ChapAlgorithmRow& row, uint8_t identifier, const Secret& secret,
                           ConstBytes challenge);

inline constexpr size_t kChapSecretMin = 12;  // 96 bits, RFC 7143 clause 9.2.1
inline constexpr size_t kChapSecretMax = 255;
inline constexpr size_t kChapBinaryMax = 1024;  // CHAP_C and CHAP_R, in bytes

struct ChapIdentity {
  std::string name;  // CHAP_N
  Secret secret;
  bool operator==(const ChapIdentity&) const = default;
};

/// What a login has to prove, and what it may ask the target to prove in turn.
struct ChapRule {
  ChapIdentity initiator;
  std::optional<ChapIdentity> target;
  bool operator==(const ChapRule&) const = default;
};

/// From the operating system's generator. False if there is none to be had.
bool fill_random(std::span<uint8_t> bytes);

}  // namespace tidemark::target
