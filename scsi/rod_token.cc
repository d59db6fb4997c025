#include "scsi/rod_token.h"

#include <sys/random.h>

#include <algorithm>

#include "base/big_endian.h"
#include "scsi/xcopy_list.h"

namespace tidemark::scsi {

RodToken encode_rod_token(const RodTokenParts& parts, std::span<const uint8_t, 48> secret) {
  RodToken token{};
  store_be32(&token[0], parts.type);
  store_be16(&token[6], kRodTokenLength);
  store_be64(&token[8], parts.identifier);
  // The unit that made it, as the descriptor of a copy source would name it.
  token[16] = kIdentificationCscd;
  token[20] = 0x01;  // binary
  token[21] = 0x03;  // NAA, of the unit
  token[23] = static_cast<uint8_t>(parts.creator.size());
  std::ranges::copy(parts.creator, &token[24]);
  store_be24(&token[16 + 29], parts.block_size);
  store_be64(&token[48 + 8], parts.bytes);  // of 16 bytes
  store_be32(&token[96], parts.block_size);
  // Bytes 14 and 15 of READ CAPACITY(16): LBPME, LBPRZ, LOWEST ALIGNED LBA.
  store_be16(&token[102], static_cast<uint16_t>((parts.thin ? 0xc000 : 0) |
                                                (parts.lowest_aligned_lba & 0x3fff)));
  std::ranges::copy(secret, &token[128]);
  return token;
}

std::optional<RodToken> make_rod_token(const RodTokenParts& parts) {
  std::array<uint8_t, 48> secret{};
  if (getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size()))
    return std::nullopt;
  return encode_rod_token(parts, secret);
}

uint32_t type_of(const RodToken& token) {
  return load_be32(&token[0]);
}

uint64_t identifier_of(const RodToken& token) {
  return load_be64(&token[8]);
}

bool equal_in_constant_time(const RodToken& one, const RodToken& other) {
  uint8_t differences = 0;
  for (size_t i = 0; i < one.size(); ++i)
    differences = static_cast<uint8_t>(differences | (one[i] ^ other[i]));
  return differences == 0;
}

}  // namespace tidemark::scsi
