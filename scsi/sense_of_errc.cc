#include "scsi/sense_of_errc.h"

#include "scsi/logical_unit.h"

namespace tidemark::scsi {

SenseData sense_of_errc(storage::Errc error, std::optional<uint64_t> lba) {
  using storage::Errc;
  switch (error) {
    case Errc::ok:
      return sense::no_sense();
    case Errc::out_of_range:
      return sense::lba_out_of_range(lba.value_or(0));
    case Errc::write_protected:
      return sense::write_protected();
    case Errc::medium_read:  // UNRECOVERED READ ERROR
      return {.key = SenseKey::medium_error, .asc = 0x1100, .information = lba};
    case Errc::medium_write:  // WRITE ERROR
      return {.key = SenseKey::medium_error, .asc = 0x0c00, .information = lba};
    case Errc::no_space:  // SPACE ALLOCATION FAILED WRITE PROTECT
      return {.key = SenseKey::data_protect, .asc = 0x2707};
    case Errc::gone:  // INTERNAL TARGET FAILURE
      return {.key = SenseKey::hardware_error, .asc = 0x4400};
    case Errc::cancelled:
      return sense::aborted(0x0000);
    case Errc::preserve_failed:
      return sense::aborted(0x0c00);  // WRITE ERROR: nothing was changed
    case Errc::no_resources:
      return sense::aborted(0x5500);  // SYSTEM RESOURCE FAILURE
  }
  return {.key = SenseKey::hardware_error, .asc = 0x4400};
}

void set_io_status(Task& task, storage::Errc error) noexcept {
  task.status = Status::good;
  if (error == storage::Errc::ok) return;
  if (error == storage::Errc::no_resources) {
    task.status = Status::busy;
    return;
  }
  task.status = Status::check_condition;
  // The unit may know better why there is no data.
  const auto lost = task.unit->readiness().state() == Readiness::State::lost
                        ? task.unit->readiness().reason()
                        : std::nullopt;
  task.sense = lost ? *lost : sense_of_errc(error, task.io.extent.offset / task.unit->block_size());
}

void finish_io(Task& task, storage::Errc error) noexcept {
  set_io_status(task, error);
  task.finish();
}

}  // namespace tidemark::scsi
