// Copy manager: EXTENDED COPY and the commands that tell of its outcome (SPC-4 clauses 5.17, 6.5,
// 6.22, 6.23 and 6.25), as seen from the command table.
//
// Runs on the core of the asking nexus. A parameter list is parsed by xcopy_list.h, its descriptors
// are resolved by cscd.h among the logical units this nexus sees and no others, and the data is
// moved by the CopyService of the unit that got the command. Status is sent when the copy is over.
#pragma once

#include "base/bytes.h"

namespace tidemark::scsi {

class Task;

/// 83h/00h, parameter list length in CDB bytes 10 to 13. Ends when the copy has ended; the copy
/// holds the source as it stood when the command was accepted.
void extended_copy_lid1(Task& task);
/// 84h/00h, list identifier in CDB byte 2, allocation length in bytes 10 to 13.
void receive_copy_status_lid1(Task& task);
/// 84h/03h, allocation length in CDB bytes 10 to 13.
void receive_copy_operating_parameters(Task& task);
/// 84h/04h, list identifier in CDB byte 2, allocation length in bytes 10 to 13.
void receive_copy_failure_details_lid1(Task& task);

/// Bytes third_party_copy_page() may need.
inline constexpr size_t kThirdPartyCopyPageMax = 128;
/// Writes the whole Third-party Copy VPD page (8Fh; SPC-4 clause 7.8.17), its four-byte header
/// included, for a connected disk; returns its length. `to` has kThirdPartyCopyPageMax bytes.
size_t third_party_copy_page(Bytes to);

}  // namespace tidemark::scsi
