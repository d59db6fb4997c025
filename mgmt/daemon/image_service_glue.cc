#include "mgmt/daemon/image_service_glue.h"

#include <utility>

#include "base/clock.h"
#include "mgmt/daemon/copy_service_glue.h"
#include "mgmt/daemon/token_copies.h"

namespace tidemark::mgmt {
namespace {

using copyengine::CopyStatus;
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

ImageServiceGlue::ImageServiceGlue(Executor& executor, copyengine::Images& images,
                                   copyengine::CopyEngine& engine, uint64_t store_limit)
    : executor_(executor),
      images_(images),
      engine_(engine),
      store_pool_(std::make_shared<copyengine::StoreQuota>(store_limit, images.store_pool())) {
  images_.on_lost([this](uint64_t id) {
    made_.erase(id);
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
  request.volume = order.volume;
  request.ranges = order.ranges;
  request.store_pool = store_pool_;
  // Less than a grain: it keeps what was zeroes, which takes no space, and nothing else.
  if (order.vulnerable) request.store_limit = 1;
  images_.create(std::move(request), [this, order = std::move(order), core,
                                      done = std::move(done)](Result<uint64_t> made) {
    const uint64_t id = made ? made.value() : 0;
    const CopyRefusal why = made ? CopyRefusal::none : refusal_of(made.error().kind);
    if (made) made_[id] = order;
    executor_.post(core, [done, id, why] { done(id, why); });
  });
}

void ImageServiceGlue::drop_image(uint64_t id) {
  executor_.post(images_.home(), [this, id] { made_.erase(id); });
  images_.drop(id);
}

/// It is in the engine's list from now on, and `shown` is what is said of it.
void ImageServiceGlue::show(const scsi::ImageCopyOrder& order, uint64_t copy, CopyStatus& shown) {
  const auto source = made_.find(order.image);
  shown = shown_copy(order, source == made_.end() ? scsi::ImageOrder{} : source->second,
                     wall_clock_ns());
  shown.id = engine_.enlist(shown, [this, copy] { images_.stop_copy(copy); });
}

void ImageServiceGlue::copy_image(scsi::ImageCopyOrder order, CoreId core,
                                  std::function<void(uint64_t, CopyRefusal)> begun,
                                  std::function<void(uint64_t)> progress,
                                  std::function<void(const scsi::ImageCopyOutcome&)> ended) {
  copyengine::Images::CopyOrder wanted;
  wanted.image = order.image;
  wanted.offset = order.offset;
  wanted.destination = order.destination;
  wanted.to = order.to;
  wanted.zeroes_after = order.zeroes_after;
  wanted.flush = order.durable;
  wanted.patience = order.patience;
  const auto shown = std::make_shared<CopyStatus>();  // home core
  images_.copy(
      std::move(wanted),
      [this, core, shown, order = std::move(order),
       begun = std::move(begun)](Result<uint64_t> made) {
        const uint64_t id = made ? made.value() : 0;
        const CopyRefusal why = made ? CopyRefusal::none : refusal_of(made.error().kind);
        if (made) show(order, id, *shown);
        executor_.post(core, [begun, id, why] { begun(id, why); });
      },
      [this, core, shown, progress = std::move(progress)](uint64_t bytes) {
        progress_to(bytes, *shown);
        engine_.update(*shown);
        executor_.post(core, [progress, bytes] { progress(bytes); });
      },
      [this, core, shown, ended = std::move(ended)](const ImageCopier::Outcome& outcome) {
        end_as(outcome, *shown);
        engine_.update(*shown);
        executor_.post(core, [ended, told = outcome_of(outcome)] { ended(told); });
      });
}

}  // namespace tidemark::mgmt
