// What is written of a volume reads as the same volume.
#include "mgmt/http/volume_reader.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tidemark::mgmt {
namespace {

TEST(VolumeReader, WhatIsWrittenReadsAsTheSame) {
  storage::VolumeSpec volume;
  volume.name = "v";
  volume.location = "file:volumes/v.img";
  for (int i = 0; i < 2; ++i) {
    Faults faults;
    EXPECT_EQ(
        read_volume(nlohmann::json::parse(write_volume(volume).dump()), {}, Need::required, faults),
        volume);
    EXPECT_FALSE(faults.any());
    volume = {.name = "w",
              .location = "memory:",
              .size = 8192,
              .block_size = 4096,
              .read_only = true,
              .write_through = true,
              .thick = true,
              .physical_block_size = 65536,
              .lowest_aligned_lba = 3,
              .removable = true};
  }
}

}  // namespace
}  // namespace tidemark::mgmt
