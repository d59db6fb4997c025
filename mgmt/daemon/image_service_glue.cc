#include "mgmt/daemon/image_service_glue.h"

#include <utility>

#include "mgmt/daemon/copy_service_glue.h"

namespace tidemark::mgmt {
namespace {

using copyengine::ImageCopier;
using scsi::CopyRefusal;

scsi::ImageCopyOutcome outcome_of(const ImageCopier::Outcome& outcome) {
  return {.bytes = outcome.bytes,
          .out_of_patience = outcome.out_of_patience,
          .stopped = outcome.stopped,
          .error = outcome.error,
          .error_on_destination = outcome.party == "destination"};
}

}  // namespace

ImageServiceGlue::ImageServiceGlue(Executor& executor, copyengine::Images& images)
    : executor_(executor), images_(images) {
  images_.on_lost([this](uint64_t id) {
    for (const Listener& listener : listeners_)
      executor_.post(listener.core, [&listener, id] { listener.lost(id); });
  });
}

void ImageServiceGlue::on_image_lost(CoreId core, std::function<void(uint64_t)> listener) {
  listeners_.push_back({core, std::move(listener)});
}

void ImageServiceGlue::create_image(scsi::ImageOrder order, CoreId core,
                                    std::function<void(uint64_t, CopyRefusal)> done) {
  copyengine::Images::Request request;
  request.volume = std::move(order.volume);
  request.ranges = std::move(order.ranges);
  images_.create(std::move(request), [this, core, done = std::move(done)](Result<uint64_t> made) {
    const uint64_t id = made ? made.value() : 0;
    const CopyRefusal why = made ? CopyRefusal::none : refusal_of(made.error().kind);
    executor_.post(core, [done, id, why] { done(id, why); });
  });
}

void ImageServiceGlue::copy_image(scsi::ImageCopyOrder order, CoreId core,
                                  std::function<void(uint64_t, CopyRefusal)> begun,
                                  std::function<void(uint64_t)> progress,
                                  std::function<void(const scsi::ImageCopyOutcome&)> ended) {
  copyengine::Images::CopyOrder wanted;
  wanted.image = order.image;
  wanted.offset = order.offset;
  wanted.destination = std::move(order.destination);
  wanted.to = std::move(order.to);
  wanted.zeroes_after = order.zeroes_after;
  wanted.flush = order.durable;
  wanted.patience = order.patience;
  images_.copy(
      std::move(wanted),
      [this, core, begun = std::move(begun)](Result<uint64_t> made) {
        const uint64_t id = made ? made.value() : 0;
        const CopyRefusal why = made ? CopyRefusal::none : refusal_of(made.error().kind);
        executor_.post(core, [begun, id, why] { begun(id, why); });
      },
      [this, core, progress = std::move(progress)](uint64_t bytes) {
        executor_.post(core, [progress, bytes] { progress(bytes); });
      },
      [this, core, ended = std::move(ended)](const ImageCopier::Outcome& outcome) {
        executor_.post(core, [ended, told = outcome_of(outcome)] { ended(told); });
      });
}

}  // namespace tidemark::mgmt
