// The bytes of a journal: frames and records (docs/journal.md). No I/O, no state.
//
// All integers are big-endian.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "copyengine/interval_set.h"

namespace tidemark::copyengine {

inline constexpr uint64_t kJournalPage = 4096;  // bytes; a frame is a whole number of them
inline constexpr uint64_t kFrameHead = 32;      // bytes
inline constexpr uint64_t kRecordHead = 8;      // bytes
inline constexpr uint64_t kRunRecord = kRecordHead + 16;
/// Most that the records of one frame take.
inline constexpr uint64_t kFramePayloadMax = kMiB;
/// So many fit into a header.
inline constexpr size_t kJournalRangesMax = 32768;
inline constexpr uint16_t kJournalVersion = 1;

enum class RecordType : uint16_t {
  header = 1,
  stored = 2,
  zero = 3,
  copied = 4,
  begun = 5,
  segment = 6,
  paused = 7,
  stopped = 8,
  ended = 9,
  checkpoint_end = 10,
};

/// Bytes as they are put together.
class ByteWriter {
 public:
  explicit ByteWriter(std::vector<uint8_t>& out) : out_(out) {}
  template <class T>
  ByteWriter& put(T value) {
    std::array<uint8_t, sizeof(T)> bytes;
    for (size_t i = 0; i < sizeof(T); ++i)
      bytes[i] = static_cast<uint8_t>(value >> (8 * (sizeof(T) - 1 - i)));
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  ByteWriter& text(std::string_view text);

 private:
  std::vector<uint8_t>& out_;
};

/// Bytes as they are taken apart. What is not there reads as zero or empty, and is remembered.
class ByteReader {
 public:
  explicit ByteReader(ConstBytes from) : from_(from) {}
  template <class T>
  T take() {
    T value{};
    for (const uint8_t byte : next(sizeof(T))) value = static_cast<T>(uint64_t{value} << 8 | byte);
    return value;
  }
  std::string text();
  /// `length` bytes, or none if there are fewer.
  ConstBytes next(uint64_t length);
  uint64_t left() const { return from_.size(); }
  /// All was there, and nothing is left.
  bool used_up() const { return !short_ && from_.empty(); }

 private:
  ConstBytes from_;
  bool short_ = false;
};

/// One record, ready to be put into a frame.
std::vector<uint8_t> make_record(RecordType type, ConstBytes body);
std::vector<uint8_t> make_run_record(RecordType type, Interval grains);

/// What all frames of a log have in common. The mark is random: it tells them from what is left of
/// an earlier log of the same generation that was never whole, so that nobody knew of it.
struct LogName {
  uint64_t generation = 0;
  uint32_t mark = 0;
  friend bool operator==(const LogName&, const LogName&) = default;
};

/// `records`, of kFramePayloadMax at most, as a frame, filled up to whole pages.
std::vector<uint8_t> make_frame(LogName log, uint64_t number, ConstBytes records);

struct FrameHead {
  uint32_t crc = 0;
  LogName log;
  uint64_t number = 0;
  uint32_t payload = 0;  // bytes of the records

  uint64_t frame_bytes() const;
};
/// The head at the start of `page`, if it looks like one. Whether the frame is whole is told by
/// frame_is_whole().
std::optional<FrameHead> read_frame_head(ConstBytes page);
/// `frame` is all of it, as many bytes as its head says.
bool frame_is_whole(const FrameHead& head, ConstBytes frame);
inline ConstBytes records_of(const FrameHead& head, ConstBytes frame) {
  return frame.subspan(kFrameHead, head.payload);
}

}  // namespace tidemark::copyengine
