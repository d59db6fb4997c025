// Vendor commands: snapshot copies started and watched in-band, by whoever can send a CDB
// (docs/vendor-commands.md has the byte tables; vendor_layout.h the codecs).
//
// Opcode C8h changes something, C9h returns parameter data; CDBs have 16 bytes with the service
// action in byte 1, the copy identifier in bytes 2 to 5 (all but START), the list or allocation
// length in bytes 10 to 13 (all but ABORT). They run on the core of the asking nexus. A unit is
// named only by what this nexus sees, and a copy is watched or aborted only through the unit that
// is its source or its destination; identifier 0 means the copy START last began on that unit for
// this nexus.
#pragma once

namespace tidemark::scsi {

class Task;

/// C8h/01h START: begins a snapshot copy; ends once the begin time has passed. Parameter list
/// length in bytes 10 to 13; the other bytes but control are reserved.
void vendor_start(Task& task);
/// C8h/02h ABORT: cancels the copy. No data; bytes 6 to 14 are reserved.
void vendor_abort(Task& task);
/// C9h/02h STATUS: the figures of the copy. Bytes 6 to 9 are reserved.
void vendor_status(Task& task);
/// C9h/03h SNAPSHOT MAP: the map from the grain in bytes 6 to 9 on, as many runs as fit.
void vendor_snapshot_map(Task& task);

}  // namespace tidemark::scsi
