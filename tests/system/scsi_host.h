// ScsiHost: one initiator port with a session to one target of a daemon, sending CDBs as they are
// and waiting for their end, by libiscsi.
//
// The same name gives the same initiator port, also after a restart of the daemon: name and ISID
// are what an I_T nexus is known by. Single-threaded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/system/daemon.h"

struct iscsi_context;

namespace tidemark::system_test {

using Bytes = std::vector<uint8_t>;

/// How a command ended.
struct Ended {
  bool lost = false;  // without a status: the connection is gone
  int status = 0;
  uint8_t key = 0;
  uint16_t asc = 0;  // additional sense code and qualifier
  Bytes data;

  bool good() const { return !lost && status == 0; }
  bool conflict() const { return !lost && status == 0x18; }
  bool failed(uint8_t sense_key, uint16_t code) const {
    return !lost && status == 0x02 && key == sense_key && asc == code;
  }
};

class ScsiHost {
 public:
  /// Logs in. Unit attentions that wait are fetched. Fails the test if there is no session.
  ScsiHost(const Daemon& daemon, const std::string& name, int lun = 0)
      : ScsiHost(daemon.portal(), name, lun) {}
  ScsiHost(const std::string& portal, const std::string& name, int lun = 0);
  ~ScsiHost();
  ScsiHost(const ScsiHost&) = delete;
  ScsiHost& operator=(const ScsiHost&) = delete;

  bool attached() const { return attached_; }

  /// A command with data-out, or with up to `data_in` bytes of data-in, or with neither.
  Ended send(const Bytes& cdb, const Bytes& data_out = {}, size_t data_in = 0) {
    return send_to(lun_, cdb, data_out, data_in);
  }
  /// The same, to another LUN of the target.
  Ended send_to(int lun, const Bytes& cdb, const Bytes& data_out = {}, size_t data_in = 0);

  // The commands that tests of several hosts use most. Blocks of 512 bytes.
  Ended test_unit_ready() { return send(Bytes(6)); }
  Ended read(uint64_t lba, uint32_t blocks);
  Ended write(uint64_t lba, const Bytes& data, bool fua = false);
  Ended synchronize_cache();
  Ended write_atomic(uint64_t lba, const Bytes& data);
  Ended compare_and_write(uint64_t lba, const Bytes& compare, const Bytes& write);

  /// PERSISTENT RESERVE OUT and IN.
  Ended reserve_out(uint8_t action, uint64_t key, uint64_t action_key, uint8_t type = 0,
                    bool aptpl = false);
  Ended reserve_in(uint8_t action) {
    return send({0x5e, action, 0, 0, 0, 0, 0, 0x10, 0, 0}, {}, 4096);
  }

 private:
  iscsi_context* context_ = nullptr;
  int lun_;
  bool attached_ = false;
};

}  // namespace tidemark::system_test
