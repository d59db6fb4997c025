// Builds EXTENDED COPY(LID1) parameter lists for tests, right ones and, on purpose, wrong ones.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/big_endian.h"
#include "base/bytes.h"

namespace tidemark::scsi {

struct XcopyBytes {
  using Block = std::vector<uint8_t>;

  uint8_t list_id = 1;
  uint8_t usage = 0;
  std::vector<Block> cscds;
  std::vector<Block> segments;
  uint32_t inline_length = 0;

  /// Appends an identification descriptor with a NAA designator; returns its descriptor ID.
  uint16_t add_naa(const std::array<uint8_t, 8>& naa, uint32_t block_length = 0) {
    Block cscd(32);
    cscd[0] = 0xe4;
    cscd[4] = 0x01;
    cscd[5] = 0x03;
    cscd[7] = 8;
    std::copy(naa.begin(), naa.end(), cscd.begin() + 8);
    store_be24(&cscd[29], block_length);
    cscds.push_back(std::move(cscd));
    return static_cast<uint16_t>(cscds.size() - 1);
  }

  /// Appends a 02h segment.
  Block& add_blocks(uint16_t source, uint16_t destination, uint64_t source_lba,
                    uint64_t destination_lba, uint16_t count) {
    Block segment(0x1c);
    segment[0] = 0x02;
    store_be16(&segment[2], 0x18);
    store_be16(&segment[4], source);
    store_be16(&segment[6], destination);
    store_be16(&segment[10], count);
    store_be64(&segment[12], source_lba);
    store_be64(&segment[20], destination_lba);
    return segments.emplace_back(std::move(segment));
  }

  /// Appends a 0Ah segment.
  Block& add_bytes(uint16_t source, uint16_t destination, uint64_t source_lba,
                   uint64_t destination_lba, uint32_t bytes) {
    Block segment(0x20);
    segment[0] = 0x0a;
    store_be16(&segment[2], 0x1c);
    store_be16(&segment[4], source);
    store_be16(&segment[6], destination);
    store_be32(&segment[8], bytes);
    store_be64(&segment[12], source_lba);
    store_be64(&segment[20], destination_lba);
    return segments.emplace_back(std::move(segment));
  }

  Block build() const {
    Block cscd_bytes;
    for (const Block& block : cscds)
      cscd_bytes.insert(cscd_bytes.end(), block.begin(), block.end());
    Block segment_bytes;
    for (const Block& block : segments)
      segment_bytes.insert(segment_bytes.end(), block.begin(), block.end());
    Block list(16);
    list[0] = list_id;
    list[1] = static_cast<uint8_t>(usage << 3);
    store_be<2>(&list[2], cscd_bytes.size());
    store_be<4>(&list[8], segment_bytes.size());
    store_be32(&list[12], inline_length);
    list.insert(list.end(), cscd_bytes.begin(), cscd_bytes.end());
    list.insert(list.end(), segment_bytes.begin(), segment_bytes.end());
    return list;
  }
};

}  // namespace tidemark::scsi
