// What the suite over real sessions runs on: a daemon with LUNs of either block size, one that is
// read-only, and one that this target does not show; and a host that sends third-party copy
// commands as raw CDBs through libiscsi.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/big_endian.h"
#include "tests/scsi/token_bytes.h"
#include "tests/scsi/xcopy_bytes.h"
#include "tests/system/daemon.h"
#include "tests/system/scsi_host.h"

namespace tidemark::in_band {

using scsi::BlockRange;
using scsi::RodToken;
using scsi::XcopyBytes;
using system_test::Bytes;
using system_test::Ended;

/// LUNs of the target.
inline constexpr int kSource = 0;
inline constexpr int kCopy = 1;
inline constexpr int kLarge = 2;     // blocks of 4096
inline constexpr int kReadOnly = 3;  // blocks of 512
/// Another target of the same daemon; its LUN 0 is not mapped in the first.
inline constexpr const char* kElsewhere = "iqn.2026-11.dev.tidemark:elsewhere";
inline constexpr uint64_t kUnitBytes = 32 << 20;

/// Sense data as it came: fixed format.
struct Sense {
  explicit Sense(const Ended& ended);
  uint8_t key = 0;
  uint16_t asc = 0;
  std::optional<uint32_t> information;
  uint16_t segment = 0;  // third and fourth byte of the command specific information
  std::optional<uint16_t> field;
  bool in_cdb = false;
  /// Forwarded: sense key << 16 | additional sense code; of the source, of the destination.
  std::optional<uint32_t> source;
  std::optional<uint32_t> destination;
};

class InBandHost {
 public:
  InBandHost(const system_test::Daemon& daemon, const std::string& name);

  Ended send(int lun, const Bytes& cdb, const Bytes& out = {}, size_t in = 0);

  std::array<uint8_t, 8> naa(int lun);
  /// Bytes of a LUN; block size 512 or, for kLarge, 4096.
  Bytes read(int lun, uint64_t offset, size_t bytes);
  void write(int lun, uint64_t offset, const Bytes& data);

  Ended extended_copy(const Bytes& list, int lun = kSource);
  Ended extended_copy_lid4(const Bytes& list, int lun = kSource);
  Ended copy_operation_abort(uint32_t list_id, int lun = kSource);
  /// 84h with a list identifier of 8 or, from service action 05h on, 32 bits.
  Ended receive(uint8_t service_action, uint32_t list_id, int lun = kSource, uint32_t bytes = 4096);

  Ended populate(const Bytes& list, uint32_t list_id, int lun = kSource);
  Ended write_using(const Bytes& list, uint32_t list_id, int lun = kCopy);
  /// The token of these blocks of a LUN; `type` 0: as the target likes.
  RodToken token_of(const std::vector<BlockRange>& ranges, int lun = kSource,
                    uint32_t inactivity = 0, uint32_t type = 0);

 private:
  system_test::ScsiHost session_;
  uint32_t next_list_id_ = 0x1000;
};

/// The name of LUN 0 of the other target, from a session of its own there.
std::array<uint8_t, 8> naa_elsewhere(const system_test::Daemon& daemon);

/// Bytes that tell where they lie and which writing they come from.
Bytes pattern(size_t bytes, uint32_t writing, uint64_t from = 0);

/// A daemon and a host, and a source full of the first writing.
class InBand : public testing::Test {
 protected:
  /// `keys` are further ones of the configuration, each after a comma.
  explicit InBand(const std::string& keys = {});

  /// The first writing of [offset, offset + bytes) of the source.
  static Bytes first(uint64_t offset, size_t bytes) { return pattern(bytes, 1, offset); }
  /// A list with descriptors 0 to 3 for the LUNs of these numbers.
  XcopyBytes list(uint32_t list_id = 1);
  void expect_error(const Ended& ended, uint8_t key, uint16_t asc, int field = -1,
                    int segment = -1);

  system_test::Daemon daemon_;
  InBandHost host_{daemon_, "host"};
};

}  // namespace tidemark::in_band
