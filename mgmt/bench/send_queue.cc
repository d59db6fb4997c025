#include "mgmt/bench/send_queue.h"

#include <algorithm>

#include "base/crc32c.h"

namespace tidemark::mgmt::bench {
namespace {

constexpr size_t kVectorsMax = 1024;  // IOV_MAX
constexpr uint8_t kZeroes[4] = {};

}  // namespace

void SendQueue::add_own(const void* bytes, size_t length) {
  const auto* from = static_cast<const uint8_t*>(bytes);
  const size_t offset = own_.size();
  own_.insert(own_.end(), from, from + length);
  if (!pieces_.empty() && pieces_.back().data == nullptr)
    pieces_.back().length += length;
  else
    pieces_.push_back({nullptr, offset, length});
}

void SendQueue::add(target::Bhs bhs, ConstBytes data) {
  target::set_segment_length(bhs, static_cast<uint32_t>(data.size()));
  add_own(bhs.data(), bhs.size());
  // Digests go least significant byte first, as they lie in memory here.
  if (digests_) {
    const uint32_t digest = crc32c({bhs.data(), bhs.size()});
    add_own(&digest, sizeof digest);
  }
  if (data.empty()) return;
  pieces_.push_back({data.data(), 0, data.size()});
  const size_t padding = target::padding_of(data.size());
  if (padding > 0) add_own(kZeroes, padding);
  if (digests_) {
    const uint32_t digest = crc32c({kZeroes, padding}, crc32c(data));
    add_own(&digest, sizeof digest);
  }
}

std::span<const iovec> SendQueue::pending() {
  vectors_.clear();
  size_t skip = first_sent_;
  for (size_t i = first_; i < pieces_.size() && vectors_.size() < kVectorsMax; ++i) {
    const Piece& piece = pieces_[i];
    const uint8_t* at = piece.data != nullptr ? piece.data : own_.data() + piece.offset;
    vectors_.push_back({const_cast<uint8_t*>(at) + skip, piece.length - skip});
    skip = 0;
  }
  return vectors_;
}

void SendQueue::sent(size_t bytes) {
  while (bytes > 0) {
    const size_t left = pieces_[first_].length - first_sent_;
    if (bytes < left) {
      first_sent_ += bytes;
      return;
    }
    bytes -= left;
    first_sent_ = 0;
    ++first_;
  }
  if (first_ < pieces_.size()) return;
  pieces_.clear();
  own_.clear();
  first_ = 0;
}

}  // namespace tidemark::mgmt::bench
