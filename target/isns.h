// The iSNS protocol (RFC 4171 clauses 5 and 6), as far as one who registers targets speaks it:
// messages made and read, without I/O. What an attribute is and how long it may be is one table.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace tidemark::target {

inline constexpr uint16_t kIsnsPort = 3205;
inline constexpr size_t kIsnsHeaderSize = 12;
inline constexpr size_t kIsnsPayloadMax = 65532;  // of a PDU: the largest multiple of 4 it can say

/// Function IDs of requests (clause 5.1.2).
enum class IsnsFunction : uint16_t {
  register_attributes = 1,
  query_attributes = 2,
  deregister = 4
};
/// In the function ID of a response.
inline constexpr uint16_t kIsnsResponse = 0x8000;

/// Of the FLAGS field (clause 5.1.4).
inline constexpr uint16_t kIsnsFromClient = 0x8000;
inline constexpr uint16_t kIsnsReplace = 0x1000;
inline constexpr uint16_t kIsnsLastPdu = 0x0800;
inline constexpr uint16_t kIsnsFirstPdu = 0x0400;

enum class IsnsTag : uint32_t {
  delimiter = 0,
  entity_identifier = 1,
  entity_protocol = 2,
  registration_period = 6,
  portal_address = 16,
  portal_port = 17,
  iscsi_name = 32,
  iscsi_node_type = 33,
  pg_portal_address = 49,
  pg_portal_port = 50,
  pg_tag = 51,
};
inline constexpr uint32_t kIsnsProtocolIscsi = 2;  // ENTITY PROTOCOL
inline constexpr uint32_t kIsnsNodeTarget = 1;     // ISCSI NODE TYPE

/// IPv6, or IPv4 as IPv6 has it.
using IsnsAddress = std::array<uint8_t, 16>;

/// The words of clause 5.4; "a reserved status" for those it has none for.
std::string_view isns_status_name(uint32_t status);

/// A request, one PDU. Attributes are put in the order of clause 5.6: source, message key,
/// delimiter, operating attributes.
class IsnsRequest {
 public:
  explicit IsnsRequest(IsnsFunction function, uint16_t flags = 0);

  /// Of no length: the delimiter, or what a query asks for.
  IsnsRequest& put(IsnsTag tag);
  IsnsRequest& put(IsnsTag tag, uint32_t number);
  IsnsRequest& put(IsnsTag tag, std::string_view text);
  IsnsRequest& put(IsnsTag tag, const IsnsAddress& address);

  /// The PDU; an Error if it is longer than a PDU can be.
  Result<std::vector<uint8_t>> finish(uint16_t transaction) const;

 private:
  uint8_t* append(IsnsTag tag, size_t length);

  std::vector<uint8_t> bytes_;  // with room for the header
};

/// How many bytes follow the header of a response. An Error: this is no response to such a request,
/// and what follows it has no meaning.
Result<size_t> isns_payload_length(ConstBytes header, IsnsFunction function, uint16_t transaction);

/// One attribute of a payload; `value` points into it.
struct IsnsAttribute {
  uint32_t tag = 0;
  ConstBytes value;

  bool is(IsnsTag wanted) const { return tag == static_cast<uint32_t>(wanted); }
  /// Of one whose length the table has checked; 0 if it has none.
  uint32_t number() const;
  /// Without the NUL and the padding.
  std::string_view text() const;
};

/// The payload of a response: a status, and attributes.
class IsnsPayload {
 public:
  explicit IsnsPayload(ConstBytes bytes) : rest_(bytes) {}

  /// None if there is not even that. First.
  std::optional<uint32_t> status();
  /// The next attribute; none at the end, and at the first that is not as its row of the table says
  /// or leaves the payload. Those of no row are handed out as they are.
  std::optional<IsnsAttribute> next();
  bool malformed() const { return malformed_; }

 private:
  ConstBytes rest_;
  bool malformed_ = false;
};

}  // namespace tidemark::target
