// What the tests of ROD tokens run on: the fixture of third-party copy, with tokens, and an image
// service that does what the test says.
#pragma once

#include "scsi/rod_tokens.h"
#include "tests/scsi/copy_fixture.h"
#include "tests/scsi/token_bytes.h"

namespace tidemark::scsi {

class ScriptedImages final : public ImageService {
 public:
  struct Copy {
    ImageCopyOrder order;
    std::function<void(uint64_t, CopyRefusal)> begun;
    std::function<void(uint64_t)> progress;
    std::function<void(const ImageCopyOutcome&)> ended;
  };

  bool at_once = true;  // copies end at once, and well
  CopyRefusal refuse = CopyRefusal::none;
  std::vector<ImageOrder> images;  // number: place from 1
  std::vector<uint64_t> dropped;
  std::vector<Copy> copies;  // number: place from 1
  std::vector<uint64_t> stopped;

  void create_image(ImageOrder order, CoreId,
                    std::function<void(uint64_t, CopyRefusal)> done) override {
    if (refuse != CopyRefusal::none) return done(0, refuse);
    images.push_back(std::move(order));
    done(images.size(), CopyRefusal::none);
  }
  void drop_image(uint64_t id) override { dropped.push_back(id); }
  void on_image_lost(CoreId, std::function<void(uint64_t)> listener) override {
    lost = std::move(listener);
  }
  void copy_image(ImageCopyOrder order, CoreId, std::function<void(uint64_t, CopyRefusal)> begun,
                  std::function<void(uint64_t)> progress,
                  std::function<void(const ImageCopyOutcome&)> ended) override {
    if (refuse != CopyRefusal::none) return begun(0, refuse);
    copies.push_back({std::move(order), begun, std::move(progress), std::move(ended)});
    const size_t number = copies.size();
    begun(number, CopyRefusal::none);
    if (at_once) end(number, {.bytes = bytes_of(copies[number - 1].order)});
  }
  void stop_image_copy(uint64_t id) override { stopped.push_back(id); }

  static uint64_t bytes_of(const ImageCopyOrder& order) {
    uint64_t sum = 0;
    for (const storage::Extent& extent : order.to) sum += extent.length;
    return sum;
  }
  void end(size_t number, const ImageCopyOutcome& outcome) {
    const auto ended = copies.at(number - 1).ended;
    ended(outcome);
  }
  std::function<void(uint64_t)> lost;
};

class TokenFixture : public CopyFixture {
 protected:
  using Ranges = std::vector<BlockRange>;
  static constexpr uint8_t kImmed = 0x01;

  TokenFixture() { copies_.rod_tokens = &tokens_; }

  static std::vector<uint8_t> populate_list(const Ranges& ranges, uint8_t flags = 0,
                                            uint32_t inactivity = 0, uint32_t type = 0) {
    return token_bytes::populate_list(ranges, flags, inactivity, type);
  }
  static std::vector<uint8_t> write_list(const RodToken& token, const Ranges& ranges,
                                         uint64_t offset = 0, uint8_t flags = 0) {
    return token_bytes::write_list(token, ranges, offset, flags);
  }
  static RodToken zero_token() { return token_bytes::zero_token(); }

  void settle() { pass(std::chrono::milliseconds(1)); }
  Sent& token_command(ItNexus& nexus, uint16_t lun, uint8_t service_action, uint32_t list_id,
                      const std::vector<uint8_t>& list) {
    auto cdb = cdb_of(0x83, service_action, static_cast<uint32_t>(list.size()));
    store_be32(&cdb[6], list_id);
    Sent& sent = send(nexus, lun, cdb, list);
    settle();
    return sent;
  }
  Sent& populate(const Ranges& ranges, uint32_t list_id = 1, uint8_t flags = 0) {
    return token_command(host_, 0, 0x10, list_id, populate_list(ranges, flags));
  }
  Sent& write(const RodToken& token, const Ranges& ranges, uint64_t offset = 0, uint8_t flags = 0,
              uint32_t list_id = 2, uint16_t lun = 1) {
    return token_command(host_, lun, 0x11, list_id, write_list(token, ranges, offset, flags));
  }
  Sent& receive(ItNexus& nexus, uint8_t service_action, uint32_t list_id, uint16_t lun = 0,
                uint32_t allocation = 4096) {
    auto cdb = cdb_of(0x84, service_action, allocation);
    store_be32(&cdb[2], list_id);
    Sent& sent = send(nexus, lun, cdb);
    settle();
    return sent;
  }
  /// RECEIVE ROD TOKEN INFORMATION.
  Sent& information(uint32_t list_id, uint16_t lun = 0, uint32_t allocation = 4096) {
    return receive(host_, 0x07, list_id, lun, allocation);
  }
  /// The token that a POPULATE TOKEN of these blocks of LUN 0 makes.
  RodToken token_of(const Ranges& ranges, uint32_t list_id = 1) {
    EXPECT_TRUE(populate(ranges, list_id).good());
    const auto data = information(list_id).data;
    RodToken token{};
    if (data.size() != 32 + 4 + 2 + 512) {
      ADD_FAILURE() << "no token, but " << data.size() << " bytes";
      return token;
    }
    std::copy(data.begin() + 38, data.end(), token.begin());
    return token;
  }

  ScriptedImages images_;
  RodTokens tokens_{executor_, 0, images_};
  ItNexus& host_ = attach();
};

}  // namespace tidemark::scsi
