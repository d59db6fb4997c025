// MediumBytes: bytes in order, told by where they lie on the media of units; what EXTENDED COPY
// calls source data and destination data (SPC-4 clause 5.17.7.2). No byte is read or held.
//
// A value, for any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "scsi/cscd.h"

namespace tidemark::scsi {

class MediumBytes {
 public:
  struct Piece {
    CopyEnd from;
    uint64_t offset = 0;  // bytes of the unit's medium
    uint64_t length = 0;
  };

  uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear() {
    pieces_.clear();
    size_ = 0;
  }
  void append(Piece piece) {
    if (piece.length == 0) return;
    size_ += piece.length;
    pieces_.push_back(std::move(piece));
  }
  /// Removes the first `length` bytes, of which there are as many.
  std::vector<Piece> take(uint64_t length) {
    std::vector<Piece> taken;
    size_ -= length;
    while (length > 0) {
      Piece& first = pieces_.front();
      Piece part = first;
      part.length = std::min(first.length, length);
      length -= part.length;
      first.offset += part.length;
      first.length -= part.length;
      if (first.length == 0) pieces_.pop_front();
      taken.push_back(std::move(part));
    }
    return taken;
  }

 private:
  std::deque<Piece> pieces_;
  uint64_t size_ = 0;
};

}  // namespace tidemark::scsi
