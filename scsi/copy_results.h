// What the copy manager says of itself and of its copies, as bytes (SPC-4 clauses 6.20 to 6.26 and
// 7.8.17). One set of limits (xcopy_list.h, copy_records.h) feeds both the operating parameters
// and the VPD page, and the parser that enforces them.
//
// Pure functions for any thread. Each returns the whole parameter data; the caller cuts it at the
// allocation length.
#pragma once

#include <cstdint>
#include <vector>

#include "scsi/copy_records.h"
#include "scsi/rod_token.h"

namespace tidemark::scsi {

/// 84h/03h.
std::vector<uint8_t> encode_operating_parameters();
/// 84h/00h. `bytes` is what has been written so far, by ended orders and the one under way.
std::vector<uint8_t> encode_copy_status(const CopyRecord& record, uint64_t bytes);
/// 84h/01h: what the copy holds for the initiator, which is nothing.
std::vector<uint8_t> encode_held_data();
/// 84h/05h, and what 84h/06h and 84h/07h begin with.
std::vector<uint8_t> encode_copy_status_lid4(const CopyRecord& record, uint64_t bytes,
                                             bool descriptor_format);
/// 84h/06h.
std::vector<uint8_t> encode_held_data_lid4(const CopyRecord& record, uint64_t bytes,
                                           bool descriptor_format);
/// 84h/07h: with the token the copy made, if it has not been fetched.
std::vector<uint8_t> encode_rod_token_information(const CopyRecord& record, uint64_t bytes,
                                                  bool descriptor_format);
/// 84h/08h.
std::vector<uint8_t> encode_all_rod_tokens(const std::vector<RodToken>& tokens);
/// 84h/04h. The sense data in fixed or descriptor format, as the unit reports it elsewhere.
std::vector<uint8_t> encode_failure_details(const CopyRecord& record, bool descriptor_format);
/// The Third-party Copy VPD page (8Fh), header included. The commands in it are those of the
/// command table.
std::vector<uint8_t> encode_third_party_copy_page(const LogicalUnit& unit);

}  // namespace tidemark::scsi
