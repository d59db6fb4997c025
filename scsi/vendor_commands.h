// Vendor commands: snapshot copies started, watched and steered in-band, by whoever can send a CDB
// and whose access allows it (docs/vendor-commands.md has the byte tables; vendor_layout.h and
// copy_descriptor.h the codecs).
//
// Opcode C8h changes something, C9h returns parameter data; CDBs have 16 bytes with the service
// action in byte 1, the copy identifier in bytes 2 to 5, the list or allocation length in bytes 10
// to 13. They run on the core of the asking nexus. A unit is named only by what this nexus sees,
// and a copy is watched or steered only through the unit that is its source or its destination;
// identifier 0 means the copy START last began on that unit for this nexus.
#pragma once

namespace tidemark::scsi {

class Task;

/// C8h/01h START: begins a snapshot copy; ends once the begin time has passed. Parameter list
/// length in bytes 10 to 13; the other bytes but control are reserved.
void vendor_start(Task& task);
/// C8h/02h ABORT: cancels the copy. No data; bytes 6 to 14 are reserved. So are PAUSE, RESUME,
/// BEGIN.
void vendor_abort(Task& task);
/// C8h/03h PAUSE: the copier rests; the source stays guarded.
void vendor_pause(Task& task);
/// C8h/04h RESUME.
void vendor_resume(Task& task);
/// C8h/05h SET: changes what may be changed while a copy runs.
void vendor_set(Task& task);
/// C8h/06h APPEND: more ranges for a copy that is held back.
void vendor_append(Task& task);
/// C8h/07h BEGIN: starts a copy that is held back; ends once the begin time has passed.
void vendor_begin(Task& task);
/// C9h/01h LIST: copies of this unit, from the identifier given on downwards; 0: all.
void vendor_list(Task& task);
/// C9h/02h STATUS: the figures of the copy; byte 14 is the version of the layout.
void vendor_status(Task& task);
/// C9h/03h SNAPSHOT MAP: the map from the grain in bytes 6 to 9 on, as many runs as fit.
void vendor_snapshot_map(Task& task);
/// C9h/04h LIMITS: what these commands take at most.
void vendor_limits(Task& task);

}  // namespace tidemark::scsi
