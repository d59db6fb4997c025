// What the copy manager says of itself and of its copies, as bytes (SPC-4 clauses 6.22, 6.23, 6.25
// and 7.8.17). One set of limits (xcopy_list.h, copy_records.h) feeds both the operating parameters
// and the VPD page, and the parser that enforces them.
//
// Pure functions for any thread. Each returns the whole parameter data; the caller cuts it at the
// allocation length.
#pragma once

#include <cstdint>
#include <vector>

#include "scsi/copy_records.h"

namespace tidemark::scsi {

/// 84h/03h.
std::vector<uint8_t> encode_operating_parameters();
/// 84h/00h. `bytes` is what has been written so far, by ended orders and the one under way.
std::vector<uint8_t> encode_copy_status(const CopyRecord& record, uint64_t bytes);
/// 84h/04h. The sense data in fixed or descriptor format, as the unit reports it elsewhere.
std::vector<uint8_t> encode_failure_details(const CopyRecord& record, bool descriptor_format);
/// The Third-party Copy VPD page (8Fh), header included.
std::vector<uint8_t> encode_third_party_copy_page();

}  // namespace tidemark::scsi
