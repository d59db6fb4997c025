#include "target/isns.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "base/big_endian.h"
#include "base/invariant.h"

namespace tidemark::target {
namespace {

constexpr uint16_t kVersion = 1;
constexpr size_t kAttributeHeader = 8;

/// Lengths that an attribute may have besides none at all (clause 6.1).
struct AttributeRow {
  IsnsTag tag;
  uint32_t shortest;
  uint32_t longest;
};
constexpr AttributeRow kAttributes[] = {
    {IsnsTag::delimiter, 0, 0},
    {IsnsTag::entity_identifier, 4, 256},
    {IsnsTag::entity_protocol, 4, 4},
    {IsnsTag::registration_period, 4, 4},
    {IsnsTag::portal_address, 16, 16},
    {IsnsTag::portal_port, 4, 4},
    {IsnsTag::iscsi_name, 4, 224},
    {IsnsTag::iscsi_node_type, 4, 4},
    {IsnsTag::pg_portal_address, 16, 16},
    {IsnsTag::pg_portal_port, 4, 4},
    {IsnsTag::pg_tag, 4, 4},
};

const AttributeRow* find_row(uint32_t tag) {
  const auto is_it = [tag](const AttributeRow& row) {
    return static_cast<uint32_t>(row.tag) == tag;
  };
  const auto* const row = std::find_if(std::begin(kAttributes), std::end(kAttributes), is_it);
  return row == std::end(kAttributes) ? nullptr : row;
}

bool may_be_that_long(uint32_t tag, uint32_t length) {
  if (length % 4 != 0) return false;
  const AttributeRow* const row = find_row(tag);
  return row == nullptr || length == 0 || (length >= row->shortest && length <= row->longest);
}

constexpr std::string_view kStatusNames[] = {
    "successful",
    "unknown error",
    "message format error",
    "invalid registration",
    "a reserved status",
    "invalid query",
    "source unknown",
    "source absent",
    "source unauthorized",
    "no such entry",
    "version not supported",
    "internal error",
    "busy",
    "option not understood",
    "invalid update",
    "message not supported",
    "SCN event rejected",
    "SCN registration rejected",
    "attribute not implemented",
    "FC_DOMAIN_ID not available",
    "FC_DOMAIN_ID not allocated",
    "ESI not available",
    "invalid deregistration",
    "registration feature not supported",
};

Error broken(const char* what) {
  return {ErrorKind::io, std::string("its answer ") + what, {}};
}

}  // namespace

std::string_view isns_status_name(uint32_t status) {
  return status < std::size(kStatusNames) ? kStatusNames[status] : kStatusNames[4];
}

IsnsRequest::IsnsRequest(IsnsFunction function, uint16_t flags) : bytes_(kIsnsHeaderSize) {
  store_be16(&bytes_[0], kVersion);
  store_be16(&bytes_[2], static_cast<uint16_t>(function));
  store_be16(&bytes_[6],
             static_cast<uint16_t>(kIsnsFromClient | kIsnsFirstPdu | kIsnsLastPdu | flags));
}

uint8_t* IsnsRequest::append(IsnsTag tag, size_t length) {
  INVARIANT(may_be_that_long(static_cast<uint32_t>(tag), static_cast<uint32_t>(length)));
  const size_t at = bytes_.size();
  bytes_.resize(at + kAttributeHeader + length);
  store_be32(&bytes_[at], static_cast<uint32_t>(tag));
  store_be32(&bytes_[at + 4], static_cast<uint32_t>(length));
  return bytes_.data() + at + kAttributeHeader;
}

IsnsRequest& IsnsRequest::put(IsnsTag tag) {
  append(tag, 0);
  return *this;
}

IsnsRequest& IsnsRequest::put(IsnsTag tag, uint32_t number) {
  store_be32(append(tag, 4), number);
  return *this;
}

IsnsRequest& IsnsRequest::put(IsnsTag tag, std::string_view text) {
  // At least one NUL at the end, then as many as alignment asks for (clause 5.3.1).
  std::ranges::copy(text, append(tag, (text.size() / 4 + 1) * 4));
  return *this;
}

IsnsRequest& IsnsRequest::put(IsnsTag tag, const IsnsAddress& address) {
  std::ranges::copy(address, append(tag, address.size()));
  return *this;
}

Result<std::vector<uint8_t>> IsnsRequest::finish(uint16_t transaction) const {
  const size_t length = bytes_.size() - kIsnsHeaderSize;
  if (length > kIsnsPayloadMax)
    return Error{ErrorKind::invalid, "more portals than one iSNS message can name", {}};
  std::vector<uint8_t> pdu = bytes_;
  store_be16(&pdu[4], static_cast<uint16_t>(length));
  store_be16(&pdu[8], transaction);
  return pdu;
}

Result<size_t> isns_payload_length(ConstBytes header, IsnsFunction function, uint16_t transaction) {
  if (header.size() < kIsnsHeaderSize) return broken("is too short");
  if (load_be16(&header[0]) != kVersion) return broken("is of another version");
  if (load_be16(&header[2]) != (static_cast<uint16_t>(function) | kIsnsResponse))
    return broken("is of another function");
  if (load_be16(&header[8]) != transaction) return broken("is to something else");
  // What is asked for here is never answered at such length.
  const uint16_t flags = load_be16(&header[6]);
  if (!(flags & kIsnsFirstPdu) || !(flags & kIsnsLastPdu) || load_be16(&header[10]) != 0)
    return broken("is of several parts");
  const size_t length = load_be16(&header[4]);
  if (length % 4 != 0 || length < 4) return broken("has an impossible length");
  return length;
}

uint32_t IsnsAttribute::number() const {
  return value.size() == 4 ? load_be32(value.data()) : 0;
}

std::string_view IsnsAttribute::text() const {
  const std::string_view all(reinterpret_cast<const char*>(value.data()), value.size());
  return all.substr(0, all.find('\0'));
}

std::optional<uint32_t> IsnsPayload::status() {
  if (rest_.size() < 4) return std::nullopt;
  const uint32_t status = load_be32(rest_.data());
  rest_ = rest_.subspan(4);
  return status;
}

std::optional<IsnsAttribute> IsnsPayload::next() {
  if (rest_.empty() || malformed_) return std::nullopt;
  malformed_ = rest_.size() < kAttributeHeader;
  if (malformed_) return std::nullopt;
  const uint32_t tag = load_be32(&rest_[0]);
  const uint32_t length = load_be32(&rest_[4]);
  malformed_ = length > rest_.size() - kAttributeHeader || !may_be_that_long(tag, length);
  if (malformed_) return std::nullopt;
  const IsnsAttribute attribute{tag, rest_.subspan(kAttributeHeader, length)};
  rest_ = rest_.subspan(kAttributeHeader + length);
  return attribute;
}

}  // namespace tidemark::target
