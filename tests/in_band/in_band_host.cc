#include "tests/in_band/in_band_host.h"

#include <fmt/core.h>
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>

namespace tidemark::in_band {
namespace {

system_test::DaemonOptions options(const std::string& keys) {
  system_test::DaemonOptions options;
  options.keys = keys;
  options.kind = "memory";
  options.volumes =
      R"(, {"name": "large", "location": "memory:", "size": "32MiB", "block_size": 4096},
        {"name": "archive", "location": "memory:", "size": "32MiB", "read_only": true},
        {"name": "hidden", "location": "memory:", "size": "32MiB"})";
  options.luns = R"(, {"lun": 2, "volume": "large"}, {"lun": 3, "volume": "archive"})";
  options.access = R"({"initiator": "*", "copy_commands": true})";
  options.targets =
      R"(, {"name": "iqn.2026-11.dev.tidemark:elsewhere", "access": [{"initiator": "*"}],
         "luns": [{"lun": 0, "volume": "hidden"}]})";
  return options;
}

uint64_t block_of(int lun) {
  return lun == kLarge ? 4096 : 512;
}

Bytes cdb_of(uint8_t opcode, uint8_t service_action, size_t length) {
  Bytes cdb(16);
  cdb[0] = opcode;
  cdb[1] = service_action;
  store_be<4>(&cdb[10], length);
  return cdb;
}

}  // namespace

// libiscsi hands over the sense data as it came, with its length in front.
Sense::Sense(const Ended& ended) {
  if (ended.data.size() < 20) return;
  const uint8_t* sense = ended.data.data() + 2;
  const size_t length = ended.data.size() - 2;
  key = sense[2] & 0x0f;
  asc = load_be16(sense + 12);
  if ((sense[0] & 0x80) != 0) information = load_be32(sense + 3);
  segment = load_be16(sense + 10);
  if ((sense[15] & 0x80) != 0) {
    field = load_be16(sense + 16);
    in_cdb = (sense[15] & 0x40) != 0;
  }
  const auto forwarded = [&](uint8_t at) -> std::optional<uint32_t> {
    if (key != 0x0a || at == 0 || at + 15u > length) return std::nullopt;
    return uint32_t{sense[at + 1 + 2]} << 16 | load_be16(sense + at + 1 + 12);
  };
  source = forwarded(sense[8]);
  destination = forwarded(sense[9]);
}

InBandHost::InBandHost(const system_test::Daemon& daemon, const std::string& name)
    : session_(daemon, name) {
  // What waits to be told of the other units.
  for (const int lun : {kCopy, kLarge, kReadOnly})
    for (int i = 0; i < 4 && !session_.send_to(lun, Bytes(6)).good(); ++i) continue;
}

Ended InBandHost::send(int lun, const Bytes& cdb, const Bytes& out, size_t in) {
  return session_.send_to(lun, cdb, out, in);
}

std::array<uint8_t, 8> InBandHost::naa(int lun) {
  const Ended page = send(lun, {0x12, 0x01, 0x83, 0x02, 0x00, 0x00}, {}, 512);
  std::array<uint8_t, 8> found{};
  if (page.data.size() < 16) {
    ADD_FAILURE() << "no device identification page";
    return found;
  }
  std::copy_n(page.data.begin() + 8, found.size(), found.begin());  // the first designator
  return found;
}

Bytes InBandHost::read(int lun, uint64_t offset, size_t bytes) {
  Bytes cdb(16);
  cdb[0] = 0x88;
  store_be64(&cdb[2], offset / block_of(lun));
  store_be<4>(&cdb[10], bytes / block_of(lun));
  const Ended ended = send(lun, cdb, {}, bytes);
  EXPECT_TRUE(ended.good());
  return ended.data;
}

void InBandHost::write(int lun, uint64_t offset, const Bytes& data) {
  constexpr size_t kPiece = 1 << 20;
  for (size_t at = 0; at < data.size(); at += kPiece) {
    const size_t length = std::min(kPiece, data.size() - at);
    const auto from = data.begin() + static_cast<ptrdiff_t>(at);
    Bytes cdb(16);
    cdb[0] = 0x8a;
    store_be64(&cdb[2], (offset + at) / block_of(lun));
    store_be<4>(&cdb[10], length / block_of(lun));
    EXPECT_TRUE(send(lun, cdb, {from, from + static_cast<ptrdiff_t>(length)}).good());
  }
}

Ended InBandHost::extended_copy(const Bytes& list, int lun) {
  return send(lun, cdb_of(0x83, 0x00, list.size()), list);
}

Ended InBandHost::extended_copy_lid4(const Bytes& list, int lun) {
  return send(lun, cdb_of(0x83, 0x01, list.size()), list);
}

Ended InBandHost::copy_operation_abort(uint32_t list_id, int lun) {
  Bytes cdb = cdb_of(0x83, 0x1c, 0);
  store_be32(&cdb[2], list_id);
  return send(lun, cdb);
}

Ended InBandHost::receive(uint8_t service_action, uint32_t list_id, int lun, uint32_t bytes) {
  Bytes cdb = cdb_of(0x84, service_action, bytes);
  if (service_action < 0x05)
    cdb[2] = static_cast<uint8_t>(list_id);
  else
    store_be32(&cdb[2], list_id);
  return send(lun, cdb, {}, bytes);
}

Ended InBandHost::populate(const Bytes& list, uint32_t list_id, int lun) {
  Bytes cdb = cdb_of(0x83, 0x10, list.size());
  store_be32(&cdb[6], list_id);
  return send(lun, cdb, list);
}

Ended InBandHost::write_using(const Bytes& list, uint32_t list_id, int lun) {
  Bytes cdb = cdb_of(0x83, 0x11, list.size());
  store_be32(&cdb[6], list_id);
  return send(lun, cdb, list);
}

RodToken InBandHost::token_of(const std::vector<BlockRange>& ranges, int lun, uint32_t inactivity,
                              uint32_t type) {
  const uint32_t id = next_list_id_++;
  const uint8_t type_valid = type != 0 ? 0x02 : 0;
  const Bytes list = scsi::token_bytes::populate_list(ranges, type_valid, inactivity, type);
  EXPECT_TRUE(populate(list, id, lun).good());
  const Bytes data = receive(0x07, id, lun).data;
  RodToken token{};
  if (data.size() != 32 + 4 + 2 + token.size()) {
    ADD_FAILURE() << "no token";
    return token;
  }
  std::copy_n(data.begin() + 38, token.size(), token.begin());
  return token;
}

std::array<uint8_t, 8> naa_elsewhere(const system_test::Daemon& daemon) {
  iscsi_context* const context = iscsi_create_context("iqn.2026-11.dev.tidemark.test:elsewhere");
  iscsi_set_targetname(context, kElsewhere);
  iscsi_set_session_type(context, ISCSI_SESSION_NORMAL);
  std::array<uint8_t, 8> found{};
  if (iscsi_full_connect_sync(context, daemon.portal().c_str(), 0) != 0) {
    ADD_FAILURE() << iscsi_get_error(context);
  } else {
    scsi_task* const task = iscsi_inquiry_sync(context, 0, 1, 0x83, 255);
    if (task != nullptr && task->status == SCSI_STATUS_GOOD && task->datain.size >= 16)
      std::copy_n(task->datain.data + 8, found.size(), found.begin());
    else
      ADD_FAILURE() << "no device identification page elsewhere";
    if (task != nullptr) scsi_free_scsi_task(task);
    iscsi_logout_sync(context);
  }
  iscsi_destroy_context(context);
  return found;
}

Bytes pattern(size_t bytes, uint32_t writing, uint64_t from) {
  Bytes data(bytes);
  for (size_t at = 0; at + 16 <= bytes; at += 16) {
    store_be64(&data[at], from + at);
    store_be64(&data[at + 8], writing);
  }
  return data;
}

InBand::InBand(const std::string& keys) : daemon_(options(keys)) {
  host_.write(kSource, 0, first(0, kUnitBytes / 4));
}

XcopyBytes InBand::list(uint32_t list_id) {
  XcopyBytes bytes;
  bytes.list_id = list_id;
  for (const int lun : {kSource, kCopy, kLarge, kReadOnly}) bytes.add_naa(host_.naa(lun));
  return bytes;
}

void InBand::expect_error(const Ended& ended, uint8_t key, uint16_t asc, int field, int segment) {
  ASSERT_EQ(ended.status, 0x02);
  const Sense sense(ended);
  EXPECT_EQ(sense.key, key);
  EXPECT_EQ(sense.asc, asc) << std::hex << sense.asc;
  if (field >= 0) {
    EXPECT_EQ(sense.field ? *sense.field : -1, field);
  }
  if (segment >= 0) {
    EXPECT_EQ(sense.segment, segment);
  }
}

}  // namespace tidemark::in_band
