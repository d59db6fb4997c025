// Rows of images in the state: read as they were written, ended with the daemon, never in a file.
#include "mgmt/daemon/image_rows.h"

#include <gtest/gtest.h>

namespace tidemark::mgmt {
namespace {

ImageRow some_row() {
  return {.id = 7,
          .source = "source",
          .t0_unix_ns = 1234567890123456789,
          .size = 1 << 20,
          .block_size = 4096,
          .physical_block_size = 8192,
          .lowest_aligned_lba = 1,
          .grain = 16384,
          .store_limit = 5};
}

TEST(ImageRowsOfState, AreReadAsTheyWereWritten) {
  const auto row = read_image_row(made_image(some_row()));
  ASSERT_TRUE(row.ok());
  EXPECT_EQ(made_image(row.value()), made_image(some_row()));
  EXPECT_EQ(row.value().t0_unix_ns, some_row().t0_unix_ns);
  EXPECT_FALSE(read_image_row("{}").ok());
  EXPECT_FALSE(read_image_row("nonsense").ok());
}

TEST(ImageRowsOfState, AreServedAsVolumesThatCannotBeWritten) {
  const storage::VolumeSpec volume = volume_of("night", some_row());
  EXPECT_TRUE(volume.read_only);
  EXPECT_EQ(volume.block_size, 4096u);
  EXPECT_EQ(image_of(volume), 7u);
  storage::VolumeSpec other;
  other.location = "file:image:7";
  EXPECT_EQ(image_of(other), 0u);
}

TEST(ImageRowsOfState, EndWithTheDaemonAndTheirLunsWithThem) {
  MadeRows rows;
  rows[MadeKey::image("night")] = made_image(some_row());
  rows[MadeKey::lun("iqn.a:b", 3)] = made_lun({3, "night"});
  rows[MadeKey::lun("iqn.a:b", 4)] = made_lun({4, "source"});
  EXPECT_EQ(end_left_images(rows), std::vector<std::string>{"night"});
  EXPECT_FALSE(rows.contains(MadeKey::lun("iqn.a:b", 3)));
  EXPECT_TRUE(rows.contains(MadeKey::lun("iqn.a:b", 4)));
  EXPECT_EQ(read_image_row(rows.at(MadeKey::image("night"))).value().id, 0u);
  EXPECT_TRUE(end_left_images(rows).empty()) << "that has been said";
  EXPECT_TRUE(with_made(Config{}, {{MadeKey::image("night"), rows[MadeKey::image("night")]}})
                  .config.volumes.empty());
}

TEST(ImageRowsOfState, AreNotExported) {
  Config config;
  storage::VolumeSpec source;
  source.name = "source";
  config.volumes = {source, volume_of("night", some_row())};
  TargetConfig target;
  target.luns = {{0, "source"}, {3, "night"}};
  config.targets = {target};
  const Config exported = without_images(config);
  ASSERT_EQ(exported.volumes.size(), 1u);
  EXPECT_EQ(exported.volumes[0].name, "source");
  EXPECT_EQ(exported.targets[0].luns.size(), 1u);
}

}  // namespace
}  // namespace tidemark::mgmt
