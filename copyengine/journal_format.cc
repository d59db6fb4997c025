#include "copyengine/journal_format.h"

#include <algorithm>
#include <array>

#include "base/big_endian.h"
#include "base/crc32c.h"
#include "base/invariant.h"

namespace tidemark::copyengine {
namespace {

constexpr uint32_t kMagic = 0x544d4a31;  // "TMJ1"
constexpr uint64_t kCrcFrom = 8;         // what the checksum covers begins behind it

uint32_t crc_of(ConstBytes frame, uint32_t payload) {
  return crc32c(frame.subspan(kCrcFrom, kFrameHead - kCrcFrom + payload));
}

}  // namespace

ByteWriter& ByteWriter::text(std::string_view text) {
  const size_t length = std::min<size_t>(text.size(), UINT16_MAX);
  put(static_cast<uint16_t>(length));
  out_.insert(out_.end(), text.begin(), text.begin() + static_cast<ptrdiff_t>(length));
  return *this;
}

ConstBytes ByteReader::next(uint64_t length) {
  if (length > from_.size()) {
    short_ = true;
    from_ = {};
    return {};
  }
  const ConstBytes found = from_.first(length);
  from_ = from_.subspan(length);
  return found;
}

std::string ByteReader::text() {
  const ConstBytes found = next(take<uint16_t>());
  return {found.begin(), found.end()};
}

std::vector<uint8_t> make_record(RecordType type, ConstBytes body) {
  std::vector<uint8_t> record;
  record.reserve(kRecordHead + body.size());
  ByteWriter(record)
      .put(static_cast<uint16_t>(type))
      .put(uint16_t{0})
      .put(static_cast<uint32_t>(body.size()));
  record.insert(record.end(), body.begin(), body.end());
  return record;
}

std::vector<uint8_t> make_run_record(RecordType type, Interval grains) {
  std::array<uint8_t, kRunRecord - kRecordHead> body;
  store_be64(body.data(), grains.first);
  store_be64(body.data() + 8, grains.size());
  return make_record(type, body);
}

std::vector<uint8_t> make_frame(LogName log, uint64_t number, ConstBytes records) {
  INVARIANT(records.size() <= kFramePayloadMax);
  const FrameHead head{0, log, number, static_cast<uint32_t>(records.size())};
  std::vector<uint8_t> frame;
  frame.reserve(head.frame_bytes());
  ByteWriter(frame)
      .put(kMagic)
      .put(head.crc)
      .put(log.generation)
      .put(number)
      .put(head.payload)
      .put(log.mark);
  frame.insert(frame.end(), records.begin(), records.end());
  store_be32(frame.data() + 4, crc_of(frame, head.payload));
  frame.resize(head.frame_bytes());
  return frame;
}

uint64_t FrameHead::frame_bytes() const {
  return (kFrameHead + payload + kJournalPage - 1) / kJournalPage * kJournalPage;
}

std::optional<FrameHead> read_frame_head(ConstBytes page) {
  if (page.size() < kFrameHead) return std::nullopt;
  ByteReader reader(page);
  if (reader.take<uint32_t>() != kMagic) return std::nullopt;
  FrameHead head;
  head.crc = reader.take<uint32_t>();
  head.log.generation = reader.take<uint64_t>();
  head.number = reader.take<uint64_t>();
  head.payload = reader.take<uint32_t>();
  head.log.mark = reader.take<uint32_t>();
  if (head.payload > kFramePayloadMax) return std::nullopt;
  return head;
}

bool frame_is_whole(const FrameHead& head, ConstBytes frame) {
  return frame.size() >= kFrameHead + head.payload && crc_of(frame, head.payload) == head.crc;
}

}  // namespace tidemark::copyengine
