// Builds EXTENDED COPY parameter lists for tests, right ones and, on purpose, wrong ones.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/big_endian.h"
#include "base/bytes.h"

namespace tidemark::scsi {

struct XcopyBytes {
  using Block = std::vector<uint8_t>;

  uint32_t list_id = 1;  // 8 bits of it in LID1
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

  /// Appends a 07h segment.
  Block& add_verify(uint16_t source, bool test_unit_ready) {
    Block segment(0x0c);
    segment[0] = 0x07;
    store_be16(&segment[2], 0x08);
    store_be16(&segment[4], source);
    segment[8] = test_unit_ready ? 1 : 0;
    return segments.emplace_back(std::move(segment));
  }

  /// Appends a 16h segment.
  Block& add_image(uint16_t source, uint16_t destination, uint64_t source_lba,
                   uint64_t destination_lba, uint32_t count) {
    Block segment(0x1c);
    segment[0] = 0x16;
    store_be16(&segment[2], 0x18);
    store_be16(&segment[4], source);
    store_be16(&segment[6], destination);
    store_be64(&segment[8], source_lba);
    store_be64(&segment[16], destination_lba);
    store_be32(&segment[24], count);
    return segments.emplace_back(std::move(segment));
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

  static Block joined(const std::vector<Block>& blocks) {
    Block all;
    for (const Block& block : blocks) all.insert(all.end(), block.begin(), block.end());
    return all;
  }

  /// With the header of LID4. CSCD descriptor IDs are one more than in LID1.
  Block build_lid4(uint8_t flags = 0) const {
    const Block cscd_bytes = joined(cscds);
    const Block segment_bytes = joined(segments);
    Block list(48);
    list[0] = 0x01;
    list[1] = static_cast<uint8_t>(usage << 3);
    store_be16(&list[2], 0x0020);
    list[15] = flags;
    list[16] = 0xff;
    store_be32(&list[20], list_id);
    store_be<2>(&list[42], cscd_bytes.size());
    store_be<2>(&list[44], segment_bytes.size());
    store_be<2>(&list[46], inline_length);
    list.insert(list.end(), cscd_bytes.begin(), cscd_bytes.end());
    list.insert(list.end(), segment_bytes.begin(), segment_bytes.end());
    return list;
  }

  Block build() const {
    const Block cscd_bytes = joined(cscds);
    const Block segment_bytes = joined(segments);
    Block list(16);
    list[0] = static_cast<uint8_t>(list_id);
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
