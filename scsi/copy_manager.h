// Copy manager: EXTENDED COPY and the commands that tell of its outcome (SPC-4 clauses 5.17, 6.3
// to 6.5 and 6.20 to 6.25), as seen from the command table.
//
// Runs on the core of the asking nexus. A parameter list is parsed by xcopy_list.h, its descriptors
// are resolved by cscd.h among the logical units this nexus sees and no others, and the data is
// moved by the CopyService of the unit that got the command. Status is sent when the copy is over.
#pragma once

#include "base/bytes.h"

namespace tidemark::scsi {

class LogicalUnit;
class Task;

/// 83h/00h, parameter list length in CDB bytes 10 to 13. Ends when the copy has ended; the copy
/// holds the source as it stood when the command was accepted.
void extended_copy_lid1(Task& task);
/// 83h/01h, the same with list identifiers of 32 bits; with IMMED it ends when the copy is
/// accepted.
void extended_copy_lid4(Task& task);
/// 83h/1Ch, list identifier in CDB bytes 2 to 5. Ends when the copy has really stopped.
void copy_operation_abort(Task& task);
/// 84h/00h, list identifier in CDB byte 2, allocation length in bytes 10 to 13.
void receive_copy_status_lid1(Task& task);
/// 84h/01h, as 84h/00h.
void receive_copy_data_lid1(Task& task);
/// 84h/03h, allocation length in CDB bytes 10 to 13.
void receive_copy_operating_parameters(Task& task);
/// 84h/04h, list identifier in CDB byte 2, allocation length in bytes 10 to 13.
void receive_copy_failure_details_lid1(Task& task);
/// 84h/05h, list identifier in CDB bytes 2 to 5, allocation length in bytes 10 to 13.
void receive_copy_status_lid4(Task& task);
/// 84h/06h, as 84h/05h.
void receive_copy_data_lid4(Task& task);

/// Bytes third_party_copy_page() may need.
inline constexpr size_t kThirdPartyCopyPageMax = 1024;
/// Writes the whole Third-party Copy VPD page (8Fh; SPC-4 clause 7.8.17), its four-byte header
/// included, for a connected disk; returns its length. `to` has kThirdPartyCopyPageMax bytes.
size_t third_party_copy_page(const LogicalUnit& unit, Bytes to);

}  // namespace tidemark::scsi
