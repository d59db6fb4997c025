// POPULATE TOKEN, WRITE USING TOKEN and the commands that tell of their outcome (SBC-4 clauses
// 5.12, 5.25, 5.59; SPC-4 clauses 6.26, 6.31), as seen from the command table.
#pragma once

namespace tidemark::scsi {

class Task;

/// 83h/10h, list identifier in CDB bytes 6 to 9, parameter list length in bytes 10 to 13. Ends when
/// the begin time of the token's image lies behind.
void populate_token(Task& task);
/// 83h/11h, likewise. Ends when all has been written, or after a few seconds with a part.
void write_using_token(Task& task);
/// 84h/07h, list identifier in CDB bytes 2 to 5, allocation length in bytes 10 to 13.
void receive_rod_token_information(Task& task);
/// 84h/08h, allocation length in bytes 10 to 13: the asker's tokens of this unit.
void report_all_rod_tokens(Task& task);

}  // namespace tidemark::scsi
