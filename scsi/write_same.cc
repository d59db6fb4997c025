// WRITE SAME(10), (16) (SBC-4 5.53, 5.54). Zeroes are left to the volume, which may give the space
// back if UNMAP is 1; any other block is written over and over, a piece at a time.
#include <algorithm>

#include "scsi/command_handlers.h"
#include "scsi/command_table.h"
#include "scsi/limits.h"
#include "scsi/medium.h"
#include "scsi/sense_of_errc.h"

namespace tidemark::scsi {
namespace {

/// Memory filled with the block; an I/O names it several times.
constexpr uint64_t kPatternBytes = 128 * kKiB;

bool all_zero(const DataBuffer& data) {
  const auto zero = [](uint8_t byte) { return byte == 0; };
  return std::all_of(data.vectors().begin(), data.vectors().end(), [&](const iovec& piece) {
    const auto* bytes = static_cast<const uint8_t*>(piece.iov_base);
    return std::all_of(bytes, bytes + piece.iov_len, zero);
  });
}

void io_done(Task& task) {
  finish_io(task, task.io.error);
}

void write_piece(Task& task);

void piece_written(Task& task) {
  if (task.io.error != storage::Errc::ok) return finish_io(task, task.io.error);
  task.cursor += task.io.extent.length;
  write_piece(task);
}

void write_piece(Task& task) {
  const storage::Extent whole = extent_of(task);
  const uint64_t length = std::min(whole.length - task.cursor, kPieceBytes);
  if (length == 0) return task.finish(Status::good);
  task.pieces.clear();
  for (uint64_t left = length; left > 0;) {
    const uint64_t step = std::min<uint64_t>(left, task.scratch.size());
    task.scratch.slice(0, step, task.pieces);
    left -= step;
  }
  start_io<piece_written>(task, storage::Verb::write, {whole.offset + task.cursor, length},
                          task.pieces, must_be_durable(task));
}

void fill_pattern(Task& task) {
  std::array<uint8_t, 4096> block;
  const Bytes bytes = Bytes(block).first(task.unit->block_size());
  task.data_out.copy_out(0, bytes);
  for (size_t at = 0; at < task.scratch.size(); at += bytes.size()) task.scratch.copy_in(at, bytes);
  write_piece(task);
}

}  // namespace

void write_same(Task& task) {
  const bool unmaps = field_value(task, FieldRole::unmap) != 0;
  if (field_value(task, FieldRole::anchor) != 0)  // ANC_SUP=0, and it needs UNMAP anyway
    return task.finish(invalid_field(task, FieldRole::anchor));
  if (unmaps && !task.unit->thin()) return task.finish(invalid_field(task, FieldRole::unmap));
  // Neither part of a block nor more than one: the initiator means something else.
  if (task.data_out_received < task.data_out_length || task.data_out_offered > task.data_out_length)
    return task.finish(invalid_field(task, FieldRole::transfer_length));
  if (task.data_out_length == 0 || all_zero(task.data_out)) {
    const storage::Verb verb = unmaps ? storage::Verb::unmap : storage::Verb::write_zeroes;
    return start_io<io_done>(task, verb, extent_of(task), {}, must_be_durable(task));
  }
  with_buffer(task, &Task::scratch, std::min(extent_of(task).length, kPatternBytes), fill_pattern);
}

}  // namespace tidemark::scsi
