// CdbPort: a way to send SCSI commands to one logical unit, from the initiator's side: over an
// iSCSI session of its own (iscsi_port.h) or through a device node of the host (sg_port.h).
//
// Blocks the calling thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace tidemark::mgmt {

/// How a command ended. No answer at all is an Error of send().
struct CdbReply {
  uint8_t status = 0;
  uint8_t key = 0;
  uint16_t asc = 0;  // additional sense code and qualifier
  int field = -1;    // byte that the sense data points at; -1: none
  bool field_in_cdb = false;
  std::vector<uint8_t> data;

  bool good() const { return status == 0; }
};

class CdbPort {
 public:
  virtual ~CdbPort() = default;
  /// With data-out, or with up to `data_in` bytes of data-in, or with neither.
  virtual Result<CdbReply> send(ConstBytes cdb, ConstBytes data_out, size_t data_in) const = 0;
};

/// What sense data of either format says. `reply.status` is CHECK CONDITION.
void read_sense(ConstBytes sense, CdbReply& reply);

/// "iscsi://host[:port]/target/lun" or "sg:/dev/sgN".
Result<std::unique_ptr<CdbPort>> open_cdb_port(const std::string& where);

}  // namespace tidemark::mgmt
