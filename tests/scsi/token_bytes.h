// Builds POPULATE TOKEN and WRITE USING TOKEN parameter lists for tests, right ones and, on
// purpose, wrong ones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/big_endian.h"
#include "scsi/rod_token.h"
#include "scsi/token_list.h"

namespace tidemark::scsi::token_bytes {

using Ranges = std::vector<BlockRange>;

inline void put_ranges(std::vector<uint8_t>& list, size_t length_at, const Ranges& ranges) {
  store_be<2>(&list[length_at], ranges.size() * 16);
  for (const BlockRange& range : ranges) {
    const size_t at = list.size();
    list.resize(at + 16);
    store_be64(&list[at], range.lba);
    store_be32(&list[at + 8], range.blocks);
  }
  store_be<2>(&list[0], list.size() - 2);
}

inline std::vector<uint8_t> populate_list(const Ranges& ranges, uint8_t flags = 0,
                                          uint32_t inactivity = 0, uint32_t type = 0) {
  std::vector<uint8_t> list(16);
  list[2] = flags;
  store_be32(&list[4], inactivity);
  store_be32(&list[8], type);
  put_ranges(list, 14, ranges);
  return list;
}

inline std::vector<uint8_t> write_list(const RodToken& token, const Ranges& ranges,
                                       uint64_t offset = 0, uint8_t flags = 0) {
  std::vector<uint8_t> list(536);
  list[2] = flags;
  store_be64(&list[8], offset);
  std::copy(token.begin(), token.end(), list.begin() + 16);
  put_ranges(list, 534, ranges);
  return list;
}

inline RodToken zero_token() {
  RodToken token{};
  store_be32(&token[0], kBlockDeviceZero);
  store_be16(&token[6], kRodTokenLength);
  return token;
}

}  // namespace tidemark::scsi::token_bytes
