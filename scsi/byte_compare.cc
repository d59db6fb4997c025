#include "scsi/byte_compare.h"

#include <algorithm>
#include <cstring>

namespace tidemark::scsi {
namespace {

/// Walks the pieces of a buffer.
class Cursor {
 public:
  Cursor(const DataBuffer& buffer, size_t from) : piece_(buffer.vectors().begin()), offset_(from) {
    while (offset_ != 0 && offset_ >= piece_->iov_len) {
      offset_ -= piece_->iov_len;
      ++piece_;
    }
  }
  const uint8_t* data() const { return static_cast<const uint8_t*>(piece_->iov_base) + offset_; }
  size_t contiguous() const { return piece_->iov_len - offset_; }
  void advance(size_t by) {
    offset_ += by;
    if (offset_ != piece_->iov_len) return;
    offset_ = 0;
    ++piece_;
  }

 private:
  std::vector<iovec>::const_iterator piece_;
  size_t offset_;
};

}  // namespace

std::optional<size_t> first_difference(const DataBuffer& a, size_t a_from, const DataBuffer& b,
                                       size_t b_from, size_t length) {
  if (length == 0) return std::nullopt;
  Cursor in_a(a, a_from);
  Cursor in_b(b, b_from);
  for (size_t done = 0; done < length;) {
    const size_t step = std::min({in_a.contiguous(), in_b.contiguous(), length - done});
    if (std::memcmp(in_a.data(), in_b.data(), step) != 0)
      return done +
             (std::mismatch(in_a.data(), in_a.data() + step, in_b.data()).first - in_a.data());
    done += step;
    if (done == length) break;
    in_a.advance(step);
    in_b.advance(step);
  }
  return std::nullopt;
}

}  // namespace tidemark::scsi
