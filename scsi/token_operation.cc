#include "scsi/token_operation.h"

#include <algorithm>
#include <utility>

#include "scsi/copy_sense.h"
#include "scsi/logical_unit.h"
#include "scsi/nexus.h"
#include "scsi/task.h"

namespace tidemark::scsi {
namespace {

SenseData with_key(SenseKey key, Asc asc) {
  return {.key = key, .asc = asc};
}

std::vector<storage::Extent> extents_of(const std::vector<BlockRange>& ranges,
                                        uint32_t block_size) {
  std::vector<storage::Extent> extents;
  for (const BlockRange& range : ranges)
    extents.push_back({range.lba * block_size, uint64_t{range.blocks} * block_size});
  return extents;
}

/// The first `bytes` of them.
std::vector<storage::Extent> cut(std::vector<storage::Extent> extents, uint64_t bytes) {
  for (storage::Extent& extent : extents) {
    extent.length = std::min(extent.length, bytes);
    bytes -= extent.length;
  }
  std::erase_if(extents, [](const storage::Extent& extent) { return extent.empty(); });
  return extents;
}

}  // namespace

PopulateOperation::PopulateOperation(Task& task, PopulateTokenList list,
                                     std::shared_ptr<CopyRecords> records,
                                     std::shared_ptr<CopyRecord> record)
    : CopyCommand(task, list.immediate, std::move(records), std::move(record)),
      list_(std::move(list)) {}

void PopulateOperation::start() {
  begin();
  record().block_size = unit()->block_size();
  if (list_.ranges.empty()) return conclude(Status::good, {});
  // What is there is not what will be there, but a copy in the making.
  if (unit()->volume().host_write_protected(core()))
    return conclude(Status::check_condition,
                    with_key(SenseKey::copy_aborted, copy_sense::kThirdPartyDeviceFailure));
  RodTokens::Wanted wanted{.unit = unit(),
                           .ranges = extents_of(list_.ranges, unit()->block_size()),
                           .type = list_.type,
                           .inactivity = std::chrono::seconds(list_.inactivity_seconds),
                           .initiator = initiator()};
  accept();
  const auto self = std::static_pointer_cast<PopulateOperation>(shared_from_this());
  copies().tokens()->create(std::move(wanted), core(),
                            [self](const auto& result) { self->created(result); });
}

void PopulateOperation::created(const std::variant<RodToken, SenseData>& result) {
  if (const auto* wrong = std::get_if<SenseData>(&result))
    return stopped() ? conclude_stopped() : conclude(Status::check_condition, *wrong);
  const RodToken& token = std::get<RodToken>(result);
  if (stopped()) {
    copies().tokens()->remove(identifier_of(token));
    return conclude_stopped();
  }
  record().token = token;
  record().bytes = blocks_of(list_.ranges) * unit()->block_size();
  conclude(Status::good, {});
}

WriteOperation::WriteOperation(Task& task, WriteUsingTokenList list,
                               std::shared_ptr<CopyRecords> records,
                               std::shared_ptr<CopyRecord> record)
    : CopyCommand(task, list.immediate, std::move(records), std::move(record)),
      list_(std::move(list)),
      units_(task.nexus->units()),
      asker_(static_cast<Nexus&>(*task.nexus).name()) {}

std::shared_ptr<WriteOperation> WriteOperation::self() {
  return std::static_pointer_cast<WriteOperation>(shared_from_this());
}

void WriteOperation::start() {
  begin();
  record().block_size = unit()->block_size();
  if (list_.ranges.empty()) return conclude(Status::good, {});
  accept();
  if (type_of(list_.token) == kBlockDeviceZero) return write(0, 0);
  copies().tokens()->use(list_.token, initiator(), core(),
                         [self = self()](const auto& result) { self->used(result); });
}

void WriteOperation::stop() {
  if (copy_ != 0) copies().tokens()->images().stop_image_copy(copy_);
}

/// The unit it was made of must be the asker's to read now, as it was when the token was made.
bool WriteOperation::may_use(const RodTokens::Use& use) const {
  const UnitPointer made_of = find_by_naa(units_, use.unit);
  return made_of && may_read(restriction_of(made_of->reservations().state(core()), asker_));
}

void WriteOperation::used(const std::variant<RodTokens::Use, SenseData>& result) {
  if (const auto* wrong = std::get_if<SenseData>(&result))
    return stopped() ? conclude_stopped() : conclude(Status::check_condition, *wrong);
  const auto& use = std::get<RodTokens::Use>(result);
  token_ = use.identifier;
  token_bytes_ = use.bytes;
  const uint64_t block = unit()->block_size();
  SenseData wrong;
  if (!may_use(use)) {
    wrong = with_key(SenseKey::illegal_request, copy_sense::kTokenUnknown);
  } else if (list_.offset >= (use.bytes + block - 1) / block) {
    wrong = sense::invalid_field_in_list(8);
  } else if (!stopped()) {
    return write(use.image, use.bytes - list_.offset * block);
  }
  release(false);
  stopped() ? conclude_stopped() : conclude(Status::check_condition, wrong);
}

/// `readable` bytes of the image are there; of zeroes, without a token, as many as are wanted.
void WriteOperation::write(uint64_t image, uint64_t readable) {
  const uint64_t block = unit()->block_size();
  const uint64_t wanted = blocks_of(list_.ranges) * block;
  ImageCopyOrder order;
  order.image = image;
  order.offset = image == 0 ? 0 : list_.offset * block;
  order.destination = unit()->traits().name;
  order.to = extents_of(list_.ranges, unit()->block_size());
  if (image != 0 && wanted > readable) {
    underrun_ = true;
    order.zeroes_after = readable;
    order.to = cut(std::move(order.to), (readable + block - 1) / block * block);
  }
  order.initiator = initiator();
  order.durable = !unit()->settings().write_cache.load(std::memory_order_relaxed);
  if (!immediate()) order.patience = kPatience;
  copies().tokens()->images().copy_image(
      std::move(order), core(),
      [self = self()](uint64_t id, CopyRefusal why) { self->begun(id, why); },
      [self = self()](uint64_t bytes) { self->record().bytes = bytes; },
      [self = self()](const ImageCopyOutcome& outcome) { self->ended(outcome); });
}

void WriteOperation::begun(uint64_t id, CopyRefusal why) {
  if (over()) return;
  copy_ = id;
  if (id != 0) return stopped() ? stop() : void();
  release(false);
  if (stopped()) return conclude_stopped();
  // The image went just now.
  if (why == CopyRefusal::not_found)
    return conclude(Status::check_condition,
                    with_key(SenseKey::illegal_request, copy_sense::kTokenCancelled));
  conclude(Status::check_condition, copy_sense::of_refusal(why));
}

void WriteOperation::ended(const ImageCopyOutcome& outcome) {
  if (over()) return;
  copy_ = 0;
  const uint64_t block = unit()->block_size();
  record().bytes = outcome.bytes / block * block;
  const bool all_done = outcome.error == storage::Errc::ok && !outcome.out_of_patience;
  release(all_done);
  if (outcome.error != storage::Errc::ok) return failed(outcome);
  if (stopped() && outcome.stopped) return conclude_stopped();
  if (underrun_ && all_done) {
    SenseData short_of = with_key(SenseKey::copy_aborted, copy_sense::kTargetDataUnderrun);
    short_of.information = record().bytes / block;
    return conclude(Status::check_condition, short_of);
  }
  if (outcome.out_of_patience)
    record().completion = CopyCompletion::residual;
  else if (token_ != 0 && list_.offset * block + record().bytes < token_bytes_)
    record().completion = CopyCompletion::partial_token;
  conclude(Status::good, {});
}

void WriteOperation::failed(const ImageCopyOutcome& outcome) {
  if (stopped()) return conclude_stopped();
  const bool image_lost = outcome.error == storage::Errc::gone && !outcome.error_on_destination;
  SenseData sense =
      image_lost ? with_key(outcome.bytes == 0 ? SenseKey::illegal_request : SenseKey::copy_aborted,
                            copy_sense::kTokenCancelled)
                 : copy_sense::of_end(outcome.error, outcome.error_on_destination);
  if (outcome.bytes != 0) sense.information = outcome.bytes / unit()->block_size();
  conclude(Status::check_condition, sense);
}

void WriteOperation::release(bool all_done) {
  if (const uint64_t token = token_)
    copies().tokens()->release(token, list_.delete_token && all_done);
}

}  // namespace tidemark::scsi
