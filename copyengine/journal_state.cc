#include "copyengine/journal_state.h"

#include <algorithm>
#include <bit>

namespace tidemark::copyengine {
namespace {

Error unknown(const std::string& what) {
  return {ErrorKind::unsupported, "the journal has " + what, {}};
}

void put_mark(ByteWriter& out, const VolumeMark& mark) {
  out.text(mark.identity).put(mark.bytes);
}

VolumeMark take_mark(ByteReader& in) {
  VolumeMark mark;
  mark.identity = in.text();
  mark.bytes = in.take<uint64_t>();
  return mark;
}

/// An enumerator, if it is not beyond `last`.
template <class Enum>
bool take_enum(ByteReader& in, Enum last, Enum& to) {
  const auto value = in.take<uint8_t>();
  if (value > static_cast<uint8_t>(last)) return false;
  to = static_cast<Enum>(value);
  return true;
}

void put_order(ByteWriter& out, const CopyRequest& request) {
  out.text(request.source)
      .text(request.destination)
      .put(static_cast<uint8_t>(request.consistency))
      .put(static_cast<uint8_t>(request.release))
      .put(static_cast<uint8_t>(request.on_preserve_error))
      .put(static_cast<uint8_t>(request.origin))
      .put(static_cast<uint8_t>(request.protect_destination))
      .put(static_cast<uint8_t>(request.verify))
      .put(static_cast<uint8_t>(request.impact))
      .put(static_cast<uint64_t>(request.latency_budget.count()))
      .put(request.grain)
      .put(request.segment_size)
      .put(request.rate_limit)
      .put(static_cast<uint64_t>(request.hold_deadline.count()))
      .text(request.initiator)
      .put(static_cast<uint32_t>(request.ranges.size()));
  for (const CopyRange& range : request.ranges)
    out.put(range.source_offset).put(range.destination_offset).put(range.length);
}

bool take_order(ByteReader& in, CopyRequest& request) {
  request.source = in.text();
  request.destination = in.text();
  if (!take_enum(in, Consistency::segment, request.consistency) ||
      !take_enum(in, Release::durable, request.release) ||
      !take_enum(in, OnPreserveError::fail_write, request.on_preserve_error) ||
      !take_enum(in, Origin::vendor, request.origin))
    return false;
  request.protect_destination = in.take<uint8_t>() != 0;
  request.verify = in.take<uint8_t>() != 0;
  if (!take_enum(in, Impact::max, request.impact)) return false;
  request.latency_budget = Duration(static_cast<int64_t>(in.take<uint64_t>()));
  request.grain = in.take<uint32_t>();
  request.segment_size = in.take<uint64_t>();
  request.rate_limit = in.take<uint64_t>();
  request.hold_deadline = Duration(static_cast<int64_t>(in.take<uint64_t>()));
  request.initiator = in.text();
  const auto ranges = in.take<uint32_t>();
  if (in.left() / 24 < ranges) return false;
  for (uint32_t i = 0; i < ranges; ++i) {
    CopyRange& range = request.ranges.emplace_back();
    range.source_offset = in.take<uint64_t>();
    range.destination_offset = in.take<uint64_t>();
    range.length = in.take<uint64_t>();
  }
  return std::has_single_bit(request.grain) && request.segment_size > 0;
}

Result<JournalHeader> take_header(ConstBytes body) {
  ByteReader in(body);
  const auto version = in.take<uint16_t>();
  if (version != kJournalVersion)
    return unknown("format version " + std::to_string(version) +
                   ", which this program cannot read");
  JournalHeader header;
  header.copy_id = in.take<uint64_t>();
  header.started_unix_ns = in.take<uint64_t>();
  header.resumed = in.take<uint32_t>();
  header.boot_id = in.text();
  header.source = take_mark(in);
  header.destination = take_mark(in);
  if (!take_order(in, header.request) || !in.used_up()) return unknown("a bad header");
  return header;
}

std::optional<JournalEnd> take_end(ByteReader& in) {
  JournalEnd end;
  if (!take_enum(in, CopyState::broken, end.state) || !ended(end.state)) return std::nullopt;
  if (!take_enum(in, storage::Errc::no_resources, end.error)) return std::nullopt;
  end.party = in.text();
  end.text = in.text();
  end.extent.offset = in.take<uint64_t>();
  end.extent.length = in.take<uint64_t>();
  return end;
}

}  // namespace

Result<void> JournalState::apply(ConstBytes records, bool& checkpoint_whole) {
  ByteReader in(records);
  while (in.left() > 0) {
    const auto type = static_cast<RecordType>(in.take<uint16_t>());
    (void)in.take<uint16_t>();
    const auto length = in.take<uint32_t>();
    if (in.left() < length) return unknown("a record cut short");
    if (seen_header_ == (type == RecordType::header)) return unknown("its header out of place");
    if (type == RecordType::checkpoint_end) checkpoint_whole = true;
    if (auto done = apply_one(type, in.next(length)); !done) return done;
  }
  return {};
}

Result<void> JournalState::apply_one(RecordType type, ConstBytes body) {
  ByteReader in(body);
  if (type != RecordType::ended) stopped = false;
  switch (type) {
    case RecordType::header: {
      auto found = take_header(body);
      if (!found) return found.error();
      header = std::move(found).value();
      seen_header_ = true;
      return {};
    }
    case RecordType::stored:
    case RecordType::zero:
    case RecordType::copied: {
      const auto first = in.take<uint64_t>();
      const auto count = in.take<uint64_t>();
      if (count > UINT64_MAX - first) return unknown("a run that has no end");
      const Interval grains{first, first + count};
      (type == RecordType::stored ? stored
       : type == RecordType::zero ? zero
                                  : copied)
          .insert(grains);
      break;
    }
    case RecordType::begun:
      t0_unix_ns = in.take<uint64_t>();
      break;
    case RecordType::segment:
      segment.emplace();
      segment->source_offset = in.take<uint64_t>();
      segment->destination_offset = in.take<uint64_t>();
      segment->length = in.take<uint64_t>();
      break;
    case RecordType::paused:
      paused = in.take<uint8_t>() != 0;
      break;
    case RecordType::stopped:
      stopped = true;
      break;
    case RecordType::ended:
      ended = take_end(in);
      if (!ended) return unknown("an end that is none");
      break;
    case RecordType::checkpoint_end:
      break;
    default:
      return unknown("a record of type " + std::to_string(static_cast<unsigned>(type)));
  }
  if (!in.used_up()) return unknown("a record of a wrong length");
  return {};
}

std::vector<uint8_t> make_header_record(const JournalHeader& header) {
  std::vector<uint8_t> body;
  ByteWriter out(body);
  out.put(kJournalVersion)
      .put(header.copy_id)
      .put(header.started_unix_ns)
      .put(header.resumed)
      .text(header.boot_id);
  put_mark(out, header.source);
  put_mark(out, header.destination);
  put_order(out, header.request);
  return make_record(RecordType::header, body);
}

std::vector<uint8_t> make_begun_record(uint64_t t0_unix_ns) {
  std::vector<uint8_t> body;
  ByteWriter(body).put(t0_unix_ns);
  return make_record(RecordType::begun, body);
}

std::vector<uint8_t> make_segment_record(const CopyRange& segment) {
  std::vector<uint8_t> body;
  ByteWriter(body).put(segment.source_offset).put(segment.destination_offset).put(segment.length);
  return make_record(RecordType::segment, body);
}

std::vector<uint8_t> make_paused_record(bool paused) {
  const std::vector<uint8_t> body{static_cast<uint8_t>(paused)};
  return make_record(RecordType::paused, body);
}

std::vector<uint8_t> make_ended_record(const JournalEnd& end) {
  std::vector<uint8_t> body;
  ByteWriter(body)
      .put(static_cast<uint8_t>(end.state))
      .put(static_cast<uint8_t>(end.error))
      .text(end.party)
      .text(end.text)
      .put(end.extent.offset)
      .put(end.extent.length);
  return make_record(RecordType::ended, body);
}

}  // namespace tidemark::copyengine
