#include "copyengine/images.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/invariant.h"
#include "copyengine/write_guard.h"

namespace tidemark::copyengine {
namespace {

Error stopping() {
  return {ErrorKind::conflict, "the daemon is stopping", {}};
}

bool inside(const storage::Extent& extent, uint64_t limit) {
  return extent.offset <= limit && extent.length <= limit - extent.offset;
}

bool has_grain(uint32_t grain) {
  return std::has_single_bit(grain) && grain >= kGrainMin && grain <= kGrainMax;
}

bool whole_sectors(const storage::Extent& extent) {
  return extent.offset % 512 == 0 && extent.length % 512 == 0;
}

}  // namespace

Images::Images(Executor& executor, CoreId home, ImageStoreMaker make_store)
    : executor_(executor),
      home_(home),
      make_store_(std::move(make_store)),
      preserve_memory_(kPreserveMemory),
      copy_memory_(kCopyMemory) {}

Images::~Images() = default;

void Images::add_volume(const std::string& name, storage::RangeGate& gate, WriteGuard& guard) {
  INVARIANT(gate.home() == home_);
  volumes_[name] = {&gate, &guard, std::make_shared<ImageChain>(guard)};
}

void Images::remove_volume(const std::string& name, std::function<void()> done) {
  executor_.post(home_, [this, name, done = std::move(done)] {
    volumes_.erase(name);
    std::vector<uint64_t> ids;
    for (const auto& [id, held] : images_)
      if (held.volume == name) ids.push_back(id);
    for (const uint64_t id : ids) {
      lost(id, {storage::Errc::gone, "source", "the volume is served no longer", {}});
      drop_now(id);
    }
    for (const auto& [id, copy] : copies_)
      if (copy.source == name || copy.destination == name) copy.copier->stop();
    when_idle_.push_back({name, done});
    check_idle();
  });
}

std::string Images::volume_of(uint64_t image) const {
  const auto held = images_.find(image);
  return held == images_.end() ? std::string() : held->second.volume;
}

/// Whether anything is under way on the volume, or on any.
bool Images::busy(const std::string& volume) const {
  if (volume.empty()) return !copies_.empty() || !in_use_.empty() || !images_.empty();
  if (in_use_.contains(volume)) return true;
  return std::ranges::any_of(copies_, [&](const auto& entry) {
    return entry.second.source == volume || entry.second.destination == volume;
  });
}

Result<void> Images::check(const Request& request) const {
  if (shutting_down_) return stopping();
  const auto volume = volumes_.find(request.volume);
  if (volume == volumes_.end())
    return Error{ErrorKind::not_found, "there is no volume '" + request.volume + "'", "volume"};
  if (!has_grain(request.grain))
    return Error{ErrorKind::invalid, "must be a power of two from 4KiB to 64KiB", "grain"};
  if (request.whole) {
    if (map_memory() + volume->second.gate->traits().bytes / request.grain / 8 > kMapMemory)
      return Error{ErrorKind::exhausted, "the maps of all images would take too much memory", {}};
  } else if (request.ranges.empty())
    return Error{ErrorKind::invalid, "there are no ranges", "ranges"};
  for (const storage::Extent& range : request.ranges)
    if (range.empty() || !whole_sectors(range) ||
        !inside(range, volume->second.gate->traits().bytes))
      return Error{ErrorKind::invalid,
                   "a range is empty, or not of whole sectors, or passes the end", "ranges"};
  const auto of_volume = std::ranges::count_if(
      images_, [&](const auto& entry) { return entry.second.volume == request.volume; });
  if (images_.size() >= kImagesMax || static_cast<size_t>(of_volume) >= kPerVolumeMax)
    return Error{ErrorKind::exhausted, "there are too many images", {}};
  return {};
}

Result<std::shared_ptr<Image>> Images::make(const Request& request) {
  if (const auto good = check(request); !good) return good.error();
  const Served& served = volumes_.at(request.volume);
  auto store = make_store_(next_image_, served.gate->traits().bytes);
  if (!store) return store.error();
  Image::Order order{.ranges = request.ranges,
                     .grain = request.grain,
                     .store_limit = request.store_limit,
                     .store_pool = request.store_pool ? request.store_pool : store_pool_};
  if (request.whole) order.ranges = {{0, served.gate->traits().bytes}};
  Image::Parts parts{
      executor_, home_, *served.gate, *served.guard, preserve_memory_, [this, id = next_image_] {
        if (at_begin_time_) at_begin_time_(id);
      }};
  if (request.whole) parts.chain = served.chain;
  return std::make_shared<Image>(std::move(order), std::move(parts), std::move(store).value());
}

void Images::create(Request request, std::function<void(Result<uint64_t>)> answer) {
  executor_.post(home_, [this, request = std::move(request), answer = std::move(answer)] {
    create_now(request, answer);
  });
}

void Images::create_now(const Request& request,
                        const std::function<void(Result<uint64_t>)>& answer) {
  const auto made = make(request);
  if (!made) return answer(made.error());
  const uint64_t id = next_image_++;
  const std::shared_ptr<Image> image = made.value();
  images_[id] = {request.volume, image};
  image->on_lost([this, id, weak = std::weak_ptr(image)] {
    const auto self = weak.lock();
    lost(id, self ? self->why() : CopySession::Breakage{});
    // By a message: the image is at it just now.
    executor_.post(home_, [this, id] { drop_now(id); });
  });
  // Not the image itself: it holds this until it has begun.
  image->begin([this, id, answer] {
    const auto held = images_.find(id);
    if (held != images_.end() && held->second.image->state() == Image::State::ready)
      return answer(id);
    drop_now(id);
    answer(Error{ErrorKind::io, "the image could not be begun in time", {}});
  });
}

void Images::read(uint64_t id, uint64_t offset, std::vector<iovec> memory,
                  std::function<void(storage::Errc)> then) {
  const auto held = images_.find(id);
  if (held == images_.end()) return then(storage::Errc::gone);
  const std::shared_ptr<Image> image = held->second.image;
  const std::string& volume = held->second.volume;
  uint64_t length = 0;
  for (const iovec& piece : memory) length += piece.iov_len;
  if (!inside({offset, length}, image->bytes())) return then(storage::Errc::out_of_range);
  use(volume);
  image->read(
      offset, std::move(memory),
      [this, name = volume, image, then = std::move(then)](storage::Errc error, std::string_view) {
        then(error);
        // By a message: with the last reference goes the store, which has just answered.
        executor_.post(home_, [this, name, image] { over_with(name); });
      });
}

std::optional<Images::Status> Images::status(uint64_t id) const {
  if (const auto lost = lost_.find(id); lost != lost_.end()) return lost->second;
  const auto held = images_.find(id);
  if (held == images_.end()) return std::nullopt;
  const Image& image = *held->second.image;
  return Status{id,
                held->second.volume,
                image.state(),
                image.begin_time(),
                image.bytes(),
                image.order().grain,
                image.order().store_limit,
                image.figures(),
                {}};
}

uint64_t Images::shared_store_bytes(const std::string& volume) const {
  const auto served = volumes_.find(volume);
  return served == volumes_.end() ? 0 : served->second.chain->store_bytes();
}

size_t Images::map_memory() const {
  size_t bytes = 0;
  for (const auto& [name, served] : volumes_) bytes += served.chain->map_memory();
  return bytes;
}

void Images::lost(uint64_t id, const CopySession::Breakage& why) {
  auto known = status(id);
  if (!known || lost_.contains(id)) return;
  known->state = Image::State::lost;
  known->why = why;
  lost_[id] = std::move(*known);
  if (lost_.size() > kLostKept) lost_.erase(lost_.begin());
  for (const auto& listener : on_lost_) listener(id);
}

void Images::drop(uint64_t id) {
  executor_.post(home_, [this, id] {
    drop_now(id);
    lost_.erase(id);
  });
}

void Images::over_with(const std::string& volume) {
  const auto used = in_use_.find(volume);
  if (--used->second == 0) in_use_.erase(used);
  check_idle();
}

void Images::drop_now(uint64_t id) {
  const auto held = images_.find(id);
  if (held == images_.end()) return;
  const std::shared_ptr<Image> image = held->second.image;
  const std::string volume = held->second.volume;
  images_.erase(held);
  use(volume);
  image->drop([this, image, volume] {
    // By a message: with the last reference goes the store, which is in use further up the stack.
    executor_.post(home_, [this, image, volume] { over_with(volume); });
  });
}

Result<std::shared_ptr<ImageCopier>> Images::make_copier(CopyOrder order) {
  if (shutting_down_) return stopping();
  if (copies_.size() >= kCopiesMax)
    return Error{ErrorKind::exhausted, "too many copies are running", {}};
  const auto destination = volumes_.find(order.destination);
  if (destination == volumes_.end())
    return Error{ErrorKind::not_found, "there is no volume '" + order.destination + "'",
                 "destination"};
  for (const storage::Extent& extent : order.to)
    if (!whole_sectors(extent) || !inside(extent, destination->second.gate->traits().bytes))
      return Error{ErrorKind::invalid, "a range is not of whole sectors, or passes the end", "to"};
  std::shared_ptr<Image> image;
  if (order.image != 0) {
    const auto held = images_.find(order.image);
    if (held == images_.end())
      return Error{ErrorKind::not_found, "there is no such image", "image"};
    image = held->second.image;
    uint64_t wanted = 0;
    for (const storage::Extent& extent : order.to) wanted += extent.length;
    wanted = std::min(wanted, order.zeroes_after);
    if (!inside({order.offset, wanted}, image->bytes()))
      return Error{ErrorKind::invalid, "the image is shorter", "offset"};
  }
  return std::make_shared<ImageCopier>(
      executor_, home_, *destination->second.gate, copy_memory_,
      ImageCopier::Order{image, order.offset, std::move(order.to), order.zeroes_after, order.flush,
                         order.patience});
}

void Images::copy(CopyOrder order, std::function<void(Result<uint64_t>)> begun,
                  std::function<void(uint64_t)> progress,
                  std::function<void(const ImageCopier::Outcome&)> ended) {
  executor_.post(home_, [this, order = std::move(order), begun = std::move(begun),
                         progress = std::move(progress), ended = std::move(ended)] {
    const auto made = make_copier(order);
    if (!made) return begun(made.error());
    const uint64_t id = next_copy_++;
    copies_[id] = {made.value(), volume_of(order.image), order.destination};
    begun(id);
    const std::shared_ptr<ImageCopier> copier = made.value();
    copier->start(progress, [this, id, ended](const ImageCopier::Outcome& outcome) {
      copies_.erase(id);
      ended(outcome);
      check_idle();
    });
  });
}

void Images::stop_copy(uint64_t id) {
  executor_.post(home_, [this, id] {
    if (const auto copy = copies_.find(id); copy != copies_.end()) copy->second.copier->stop();
  });
}

void Images::check_idle() {
  std::vector<Waiter> waiting;
  for (Waiter& waiter : std::exchange(when_idle_, {}))
    busy(waiter.volume) ? when_idle_.push_back(std::move(waiter))
                        : waiting.push_back(std::move(waiter));
  for (const Waiter& waiter : waiting) waiter.done();
}

void Images::shut_down(std::function<void()> done) {
  executor_.post(home_, [this, done = std::move(done)] {
    shutting_down_ = true;
    when_idle_.push_back({{}, done});
    for (const auto& [id, copy] : copies_) copy.copier->stop();
    std::vector<uint64_t> ids;
    for (const auto& [id, held] : images_) ids.push_back(id);
    for (const uint64_t id : ids) drop_now(id);
    check_idle();
  });
}

}  // namespace tidemark::copyengine
