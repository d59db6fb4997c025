// ImageRows: what the state keeps of a point-in-time image, a row of kind "image" among those made
// through the port (made_rows.h). An image itself ends with the daemon; its row outlives it, so
// that its fate can be read.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "mgmt/daemon/config.h"
#include "mgmt/daemon/made_rows.h"

namespace tidemark::mgmt {

struct ImageRow {
  uint64_t id = 0;     // of copyengine::Images; 0: it has ended with an earlier daemon
  std::string source;  // volume
  uint64_t t0_unix_ns = 0;
  uint64_t size = 0;
  uint32_t block_size = 512;
  uint32_t physical_block_size = 4096;
  uint16_t lowest_aligned_lba = 0;
  uint32_t grain = 0;
  uint64_t store_limit = 0;
};

std::string made_image(const ImageRow& row);
Result<ImageRow> read_image_row(const std::string& row);

/// As which volume it is served.
storage::VolumeSpec volume_of(const std::string& name, const ImageRow& row);
/// The image that a volume is; 0 if it is none.
uint64_t image_of(const storage::VolumeSpec& volume);

/// Marks the images that an earlier daemon had, and forgets which LUNs they were. Their names.
std::vector<std::string> end_left_images(MadeRows& rows);

/// What could stand in a file: an image cannot.
Config without_images(Config config);

}  // namespace tidemark::mgmt
