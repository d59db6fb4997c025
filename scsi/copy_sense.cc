#include "scsi/copy_sense.h"

#include "scsi/logical_unit.h"
#include "scsi/sense_of_errc.h"

namespace tidemark::scsi::copy_sense {
namespace {

SenseData aborted_copy(Asc asc) {
  SenseData sense;
  sense.key = SenseKey::copy_aborted;
  sense.asc = asc;
  return sense;
}

Asc of_error(storage::Errc error) {
  using storage::Errc;
  switch (error) {
    case Errc::gone:
      return kCopyTargetNotReachable;
    case Errc::write_protected:
      return kWriteProtected;
    case Errc::no_resources:
      return kInsufficientResources;
    case Errc::preserve_failed:
      return kInternalTargetFailure;
    case Errc::cancelled:
      return kClearedByDeviceServer;
    case Errc::ok:
    case Errc::out_of_range:
    case Errc::medium_read:
    case Errc::medium_write:
    case Errc::no_space:
      break;
  }
  return kThirdPartyDeviceFailure;  // a command to source or destination failed
}

}  // namespace

SenseData in_list(SenseKey key, Asc asc, uint16_t byte) {
  SenseData sense;
  sense.key = key;
  sense.asc = asc;
  sense.field = SenseData::FieldPointer{false, byte, std::nullopt};
  return sense;
}

SenseData in_segment(Asc asc, uint16_t segment, uint16_t byte) {
  SenseData sense = in_list(SenseKey::copy_aborted, asc, byte);
  sense.segment = segment;
  return sense;
}

SenseData not_ready(const LogicalUnit& unit, bool destination, uint16_t segment, uint16_t byte) {
  SenseData sense = in_segment(kThirdPartyDeviceFailure, segment, byte);
  if (const auto reason = unit.readiness().reason())
    sense.forwarded = SenseData::Forwarded{destination, reason->key, reason->asc};
  return sense;
}

SenseData terminated() {
  return aborted_copy(kClearedByDeviceServer);
}

SenseData information(uint16_t segments) {
  return {.key = SenseKey::completed, .asc = 0x0020, .command_specific = segments};
}

SenseData of_end(storage::Errc error, bool destination) {
  SenseData sense = aborted_copy(of_error(error));
  const SenseData answered = sense_of_errc(error);
  sense.forwarded = SenseData::Forwarded{destination, answered.key, answered.asc};
  return sense;
}

SenseData operation_in_progress() {
  SenseData sense;
  sense.key = SenseKey::illegal_request;
  sense.asc = kOperationInProgress;
  return sense;
}

SenseData of_outcome(const CopyReport& report) {
  switch (report.state) {
    case CopyState::cancelled:
      return aborted_copy(kClearedByDeviceServer);
    case CopyState::broken:
      return aborted_copy(kInternalTargetFailure);
    default:
      return of_end(report.error, report.error_on_destination);
  }
}

SenseData of_refusal(CopyRefusal why) {
  switch (why) {
    case CopyRefusal::not_found:
      return aborted_copy(kCopyTargetNotReachable);
    case CopyRefusal::invalid:
      return aborted_copy(kInvalidFieldInList);
    case CopyRefusal::exhausted:
      return aborted_copy(kInsufficientResources);
    case CopyRefusal::none:
    case CopyRefusal::conflict:
      break;
  }
  return aborted_copy(kThirdPartyDeviceFailure);
}

}  // namespace tidemark::scsi::copy_sense
