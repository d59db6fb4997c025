// VolumeSpec: a volume as configured, before anything of it has been checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tidemark::storage {

struct VolumeSpec {
  std::string name;
  std::string location;          // "file:PATH", "block:PATH" or "memory:"
  std::optional<uint64_t> size;  // bytes at least; may be left out where the store already has one
  uint32_t block_size = 512;
  bool read_only = false;
  bool write_through = false;           // every write is on the medium before it is answered
  bool thick = false;                   // all space is taken in advance, and unmap gives none back
  uint32_t physical_block_size = 4096;  // bytes; raised to block_size where that is more
  uint16_t lowest_aligned_lba = 0;
  bool removable = false;

  bool operator==(const VolumeSpec&) const = default;
};

}  // namespace tidemark::storage
