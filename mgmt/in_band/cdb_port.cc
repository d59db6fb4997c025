#include "mgmt/in_band/cdb_port.h"

#include "base/big_endian.h"
#include "mgmt/in_band/iscsi_port.h"
#include "mgmt/in_band/sg_port.h"

namespace tidemark::mgmt {
namespace {

/// Sense key specific data: a field pointer, of ILLEGAL REQUEST (SPC-4 4.5.2.4.2).
void read_field_pointer(const uint8_t* from, CdbReply& reply) {
  if ((from[0] & 0x80) == 0 || reply.key != 0x05) return;
  reply.field_in_cdb = (from[0] & 0x40) != 0;
  reply.field = load_be16(from + 1);
}

}  // namespace

void read_sense(ConstBytes sense, CdbReply& reply) {
  if (sense.size() < 8) return;
  const uint8_t format = sense[0] & 0x7f;
  if (format == 0x70 || format == 0x71) {
    reply.key = sense[2] & 0x0f;
    if (sense.size() >= 14) reply.asc = load_be16(&sense[12]);
    if (sense.size() >= 18) read_field_pointer(&sense[15], reply);
    return;
  }
  reply.key = sense[1] & 0x0f;
  reply.asc = load_be16(&sense[2]);
  for (size_t at = 8; at + 8 <= sense.size(); at += 2u + sense[at + 1])
    if (sense[at] == 0x02) read_field_pointer(&sense[at + 4], reply);
}

Result<std::unique_ptr<CdbPort>> open_cdb_port(const std::string& where) {
  if (where.starts_with("iscsi://")) return open_iscsi_port(where);
  if (where.starts_with("sg:")) return open_sg_port(where.substr(3));
  return Error{ErrorKind::invalid, "must be iscsi://host[:port]/target/lun or sg:/dev/sgN",
               "--via"};
}

}  // namespace tidemark::mgmt
