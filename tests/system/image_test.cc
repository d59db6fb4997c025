// Point-in-time images as LUNs, of a real daemon: what hosts find there, and what becomes of it.
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <nlohmann/json.hpp>

#include "tests/system/daemon.h"
#include "tests/system/process.h"
#include "tests/system/scsi_host.h"

namespace tidemark::system_test {
namespace {

using nlohmann::json;

constexpr int kLun = 5;
constexpr uint64_t kFar = 20000;  // blocks

Bytes blocks_of(uint8_t value, size_t blocks = 8) {
  return Bytes(blocks * 512, value);
}

class ImageLun : public testing::Test {
 protected:
  json ask(const char* method, const std::string& path, const json& body = nullptr) {
    const auto answer = request(method, path, body);
    EXPECT_TRUE(answer) << method << " " << path << ": " << answer.error.message;
    return answer ? json::parse(answer.body) : json::object();
  }
  mgmt::cli::Answer request(const char* method, const std::string& path,
                            const json& body = nullptr) {
    return daemon_.api().request(method, path, body.is_null() ? "" : body.dump());
  }
  json take(const std::string& name, const json& more = json::object()) {
    json body = {{"source", "source"}, {"name", name}};
    body.update(more);
    return ask("POST", "/images", body);
  }
  void attach(const std::string& name, int lun = kLun) {
    ask("POST", "/images/" + name + "/luns", {{"target", kTarget}, {"lun", lun}});
  }
  static Bytes vpd(ScsiHost& host, uint8_t page) {
    return host.send({0x12, 1, page, 0, 255, 0}, {}, 255).data;
  }

  Daemon daemon_{DaemonOptions{.anonymous = "admin"}};
};

TEST_F(ImageLun, ShowsTheSourceAsItStoodWhileThatIsWritten) {
  ScsiHost source(daemon_, "writer", 0);
  ASSERT_TRUE(source.write(0, blocks_of(0x11)).good());
  ASSERT_TRUE(source.write(kFar, blocks_of(0x12)).good());
  take("night");
  attach("night");
  source.test_unit_ready();  // fetches the news that there is another LUN
  ASSERT_TRUE(source.write(0, blocks_of(0x21)).good());
  ScsiHost image(daemon_, "reader", kLun);
  ASSERT_TRUE(image.attached());
  EXPECT_EQ(image.read(0, 8).data, blocks_of(0x11));
  EXPECT_EQ(image.read(kFar, 8).data, blocks_of(0x12));
  ASSERT_TRUE(source.write(kFar, blocks_of(0x22)).good());
  EXPECT_EQ(image.read(kFar, 8).data, blocks_of(0x12));
  EXPECT_EQ(image.read(100, 8).data, blocks_of(0));
  EXPECT_EQ(source.read(0, 8).data, blocks_of(0x21));
}

TEST_F(ImageLun, IsAnotherUnitThatCannotBeWritten) {
  take("night");
  attach("night");
  ScsiHost source(daemon_, "one", 0);
  ScsiHost image(daemon_, "two", kLun);
  for (const uint8_t page : std::to_array<uint8_t>({0x80, 0x83}))
    EXPECT_NE(vpd(source, page), vpd(image, page)) << "VPD page " << int{page};
  EXPECT_TRUE(image.write(0, blocks_of(1)).failed(0x07, 0x2700));
  EXPECT_TRUE(image.send({0x93, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0}, Bytes(512))
                  .failed(0x07, 0x2700))
      << "WRITE SAME";
  EXPECT_TRUE(image.test_unit_ready().good());
  const Bytes first = vpd(image, 0x83);
  ask("DELETE", "/images/night?force=1");
  take("night");
  attach("night");
  ScsiHost again(daemon_, "three", kLun);
  EXPECT_NE(vpd(again, 0x83), first) << "another image of the same name is another unit";
}

TEST_F(ImageLun, SeveralShareWhatIsSaved) {
  ScsiHost source(daemon_, "writer", 0);
  ASSERT_TRUE(source.write(0, blocks_of(1, 128)).good());
  take("first", {{"grain", "4KiB"}});
  take("second", {{"grain", "4KiB"}});
  attach("first", 5);
  attach("second", 6);
  source.test_unit_ready();
  ASSERT_TRUE(source.write(0, blocks_of(2, 128)).good());
  take("third");
  attach("third", 7);
  source.test_unit_ready();
  ASSERT_TRUE(source.write(0, blocks_of(3, 64)).good());
  EXPECT_EQ(ask("GET", "/images/first").at("store_bytes"), 0);
  EXPECT_EQ(ask("GET", "/images/second").at("store_bytes"), 64 * 1024);
  EXPECT_EQ(ask("GET", "/images/third").at("store_bytes"), 32 * 1024);
  ScsiHost reader(daemon_, "reader", 5);
  EXPECT_EQ(reader.read(0, 128).data, blocks_of(1, 128));
  ask("DELETE", "/images/second?force=1");
  ScsiHost after(daemon_, "after", 5);
  EXPECT_EQ(after.read(0, 128).data, blocks_of(1, 128));
  ScsiHost third(daemon_, "third", 7);
  EXPECT_EQ(third.read(0, 128).data, blocks_of(2, 128));
}

TEST_F(ImageLun, IsDroppedOnlyWhenItIsNoLunUnlessForced) {
  take("night");
  attach("night");
  const auto refused = request("DELETE", "/images/night");
  EXPECT_EQ(refused.error.kind, ErrorKind::conflict) << refused.error.message;
  ask("DELETE", "/images/night/luns");
  EXPECT_TRUE(ask("GET", "/images/night").at("luns").empty());
  ask("DELETE", "/images/night");
  EXPECT_EQ(request("GET", "/images/night").error.kind, ErrorKind::not_found);
  take("night");
  attach("night");
  ScsiHost host(daemon_, "reader", kLun);
  ask("DELETE", "/images/night?force=1");
  EXPECT_FALSE(host.read(0, 8).good());
  EXPECT_EQ(request("DELETE", "/volumes/source").error.kind, ErrorKind::conflict);
}

TEST_F(ImageLun, AFullStoreBreaksItAndHostsWriteOn) {
  ScsiHost source(daemon_, "writer", 0);
  // Holes would take no space in the store.
  for (uint64_t lba = 0; lba < 1024; lba += 128)
    ASSERT_TRUE(source.write(lba, blocks_of(9, 128)).good());
  take("small", {{"store_limit", "64KiB"}, {"grain", "4KiB"}});
  attach("small");
  source.test_unit_ready();
  ScsiHost image(daemon_, "reader", kLun);
  ASSERT_TRUE(source.write(0, blocks_of(1)).good());
  EXPECT_TRUE(image.read(0, 8).good());
  for (uint64_t lba = 0; lba < 1024; lba += 8)
    ASSERT_TRUE(source.write(lba, blocks_of(static_cast<uint8_t>(lba))).good());
  ScsiHost late(daemon_, "late", 0);
  EXPECT_TRUE(image.read(0, 8).failed(0x02, 0x0403)) << "NOT READY, manual intervention required";
  EXPECT_TRUE(image.test_unit_ready().failed(0x02, 0x0403));
  EXPECT_TRUE(image.send({0x12, 0, 0, 0, 36, 0}, {}, 36).good());
  const json shown = ask("GET", "/images/small");
  EXPECT_EQ(shown.at("state"), "broken");
  EXPECT_EQ(shown.at("error").at("party"), "store");
  ask("DELETE", "/images/small?force=1");
}

TEST_F(ImageLun, EndsWithTheDaemonAndSaysSo) {
  take("night");
  attach("night");
  for (const bool killed : {false, true}) {
    if (killed) {
      take("again");
      attach("again", 6);
      kill(daemon_.pid(), SIGKILL);
      daemon_.restart_after_kill();
    } else {
      daemon_.restart();
    }
    const json image = ask("GET", killed ? "/images/again" : "/images/night");
    EXPECT_EQ(image.at("state"), "broken");
    EXPECT_NE(image.at("error").at("text").get<std::string>().find("outlive"), std::string::npos);
    for (const json& lun : ask("GET", "/luns").at("luns"))
      EXPECT_TRUE(lun.at("lun") == 0 || lun.at("lun") == 1) << lun;
  }
  ask("DELETE", "/images/night");
  ask("DELETE", "/images/again");
  EXPECT_TRUE(ask("GET", "/images").at("images").empty());
  take("night");  // the name is free again
}

TEST_F(ImageLun, CanBeCopiedFrom) {
  ScsiHost source(daemon_, "writer", 0);
  ASSERT_TRUE(source.write(0, blocks_of(1)).good());
  take("night");
  ASSERT_TRUE(source.write(0, blocks_of(2)).good());
  mgmt::cli::CopyOrder order;
  order.source = "night";
  order.destination = "copy";
  const auto started = daemon_.api().start(order);
  ASSERT_TRUE(started) << started.error.message;
  const auto copy = await_copy(daemon_.api(), mgmt::cli::read_copy(started.body).value().id,
                               [](const auto& view) { return view.has_ended(); });
  EXPECT_EQ(copy.state, "completed") << copy.error;
  ScsiHost target(daemon_, "reader", 1);
  EXPECT_EQ(target.read(0, 8).data, blocks_of(1));
}

TEST_F(ImageLun, HasAFileSystemThatIsSound) {
  const std::string made = (daemon_.directory() / "made.raw").string();
  const std::string back = (daemon_.directory() / "back.raw").string();
  const auto run = [](const std::vector<std::string>& words) {
    const Finished finished = run_program(words);
    EXPECT_EQ(finished.status, 0) << words[0] << "\n" << finished.output;
  };
  run({"mkfs.ext4", "-q", "-d", TIDEMARK_SOURCE_DIR "/copyengine", made, "32M"});
  run({"qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", made, daemon_.lun_url(0)});
  take("night");
  attach("night");
  run({"qemu-io", "-f", "raw", "-c", "write -P 0xa5 0 16M", "-c", "discard 20M 4M",
       daemon_.lun_url(0)});
  run({"qemu-img", "convert", "-f", "raw", "-O", "raw", daemon_.lun_url(kLun), back});
  run({"cmp", made, back});
  run({"e2fsck", "-fn", back});
}

}  // namespace
}  // namespace tidemark::system_test
