// IsnsModel: an iSNS server as far as one entity needs it, for tests: takes requests, checks their
// form against RFC 4171, keeps what is registered, and answers. No I/O.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/big_endian.h"
#include "target/isns.h"

namespace tidemark::target {

class IsnsModel {
 public:
  using Place = std::pair<IsnsAddress, uint32_t>;
  struct Request {
    uint16_t function = 0;
    bool replaces = false;
    std::string source;
  };

  // What is registered.
  std::string entity;  // empty: nothing
  std::set<std::string> nodes;
  std::set<Place> portals;
  std::map<std::pair<std::string, Place>, uint32_t> groups;
  std::vector<Request> requests;  // all there have been

  // How it answers.
  uint32_t status = 0;  // instead of doing anything
  uint32_t period = 3600;

  void forget() {
    entity.clear();
    nodes.clear();
    portals.clear();
    groups.clear();
  }

  /// A whole request PDU; the response PDU.
  std::vector<uint8_t> answer(ConstBytes pdu) {
    EXPECT_GE(pdu.size(), kIsnsHeaderSize);
    EXPECT_EQ(load_be16(&pdu[0]), 1) << "version";
    EXPECT_EQ(load_be16(&pdu[4]), pdu.size() - kIsnsHeaderSize);
    const uint16_t flags = load_be16(&pdu[6]);
    EXPECT_EQ(flags & ~kIsnsReplace, kIsnsFromClient | kIsnsFirstPdu | kIsnsLastPdu);
    EXPECT_EQ(load_be16(&pdu[10]), 0) << "sequence";
    Request request{load_be16(&pdu[2]), (flags & kIsnsReplace) != 0, {}};
    read(pdu.subspan(kIsnsHeaderSize), request);
    requests.push_back(request);
    std::vector<uint8_t> payload(4);
    uint32_t outcome = status;
    if (outcome == 0 && !may_ask(request)) outcome = 6;  // SOURCE UNKNOWN
    store_be32(payload.data(), outcome);
    if (outcome == 0) carry_out(request, payload);
    return response(pdu, payload);
  }
  /// The response PDU to a request with a payload of the test's choice.
  static std::vector<uint8_t> response(ConstBytes request, ConstBytes payload) {
    std::vector<uint8_t> pdu(request.begin(), request.begin() + kIsnsHeaderSize);
    store_be16(&pdu[2], static_cast<uint16_t>(load_be16(&pdu[2]) | kIsnsResponse));
    store_be16(&pdu[4], static_cast<uint16_t>(payload.size()));
    store_be16(&pdu[6], 0x4000 | kIsnsFirstPdu | kIsnsLastPdu);
    pdu.insert(pdu.end(), payload.begin(), payload.end());
    return pdu;
  }
  static void put(std::vector<uint8_t>& payload, IsnsTag tag, ConstBytes value) {
    const size_t at = payload.size();
    payload.resize(at + 8);
    store_be32(&payload[at], static_cast<uint32_t>(tag));
    store_be32(&payload[at + 4], static_cast<uint32_t>(value.size()));
    payload.insert(payload.end(), value.begin(), value.end());
  }

 private:
  void read(ConstBytes bytes, Request& request) {
    key_.clear();
    operating_.clear();
    bool in_key = true;
    while (!bytes.empty()) {
      ASSERT_GE(bytes.size(), 8u);
      IsnsAttribute one{load_be32(&bytes[0]), {}};
      const uint32_t length = load_be32(&bytes[4]);
      ASSERT_LE(length, bytes.size() - 8);
      EXPECT_EQ(length % 4, 0u);
      one.value = bytes.subspan(8, length);
      bytes = bytes.subspan(8 + length);
      if (request.source.empty()) {
        EXPECT_TRUE(one.is(IsnsTag::iscsi_name)) << "a source comes first";
        request.source = one.text();
      } else if (in_key && one.is(IsnsTag::delimiter)) {
        in_key = false;
      } else {
        (in_key ? key_ : operating_).push_back(one);
      }
    }
    EXPECT_FALSE(in_key) << "there is a delimiter";
    EXPECT_FALSE(operating_.empty());
  }

  /// The source has to be a node of the entity, unless the request makes it one.
  bool may_ask(const Request& request) const {
    const bool registers =
        request.function == static_cast<uint16_t>(IsnsFunction::register_attributes);
    return nodes.contains(request.source) || (registers && (entity.empty() || request.replaces)) ||
           request.function == static_cast<uint16_t>(IsnsFunction::query_attributes);
  }

  void carry_out(const Request& request, std::vector<uint8_t>& payload) {
    switch (static_cast<IsnsFunction>(request.function)) {
      case IsnsFunction::register_attributes:
        return enter(request, payload);
      case IsnsFunction::query_attributes:
        return tell(payload);
      case IsnsFunction::deregister:
        return remove();
    }
    ADD_FAILURE() << "function " << request.function;
  }

  void enter(const Request& request, std::vector<uint8_t>& payload) {
    ASSERT_EQ(key_.size(), 1u);
    ASSERT_TRUE(key_[0].is(IsnsTag::entity_identifier));
    const std::string name(key_[0].text());
    if (request.replaces && name == entity) forget();
    entity = name;
    ASSERT_TRUE(operating_[0].is(IsnsTag::entity_identifier)) << "key attributes come first";
    std::string node;
    uint32_t tag = 0;
    IsnsAddress address{};
    for (const IsnsAttribute& one : operating_) {
      if (one.value.size() == 16) std::copy(one.value.begin(), one.value.end(), address.begin());
      if (one.is(IsnsTag::entity_protocol)) {
        EXPECT_EQ(one.number(), 2u);
      } else if (one.is(IsnsTag::portal_port)) {
        portals.insert({address, one.number()});
      } else if (one.is(IsnsTag::iscsi_name)) {
        node = one.text();
        nodes.insert(node);
      } else if (one.is(IsnsTag::iscsi_node_type)) {
        EXPECT_EQ(one.number(), 1u);
      } else if (one.is(IsnsTag::pg_tag)) {
        tag = one.number();
      } else if (one.is(IsnsTag::pg_portal_port)) {
        EXPECT_TRUE(portals.contains({address, one.number()})) << "a portal that was registered";
        groups[{node, {address, one.number()}}] = tag;
      }
    }
    tell(payload);
  }

  void tell(std::vector<uint8_t>& payload) const {
    if (entity.empty()) return put(payload, IsnsTag::delimiter, {});
    put(payload, IsnsTag::delimiter, {});
    std::vector<uint8_t> name(entity.begin(), entity.end());
    name.resize((name.size() / 4 + 1) * 4);
    put(payload, IsnsTag::entity_identifier, name);
    std::array<uint8_t, 4> seconds{};
    store_be32(seconds.data(), period);
    put(payload, IsnsTag::registration_period, seconds);
  }

  void remove() {
    EXPECT_TRUE(key_.empty());
    IsnsAddress address{};
    for (const IsnsAttribute& one : operating_) {
      if (one.value.size() == 16) std::copy(one.value.begin(), one.value.end(), address.begin());
      if (one.is(IsnsTag::entity_identifier)) return forget();
      if (one.is(IsnsTag::iscsi_name)) {
        const std::string node(one.text());
        nodes.erase(node);
        std::erase_if(groups, [&](const auto& row) { return row.first.first == node; });
      }
      if (one.is(IsnsTag::portal_port)) {
        const Place place{address, one.number()};
        portals.erase(place);
        std::erase_if(groups, [&](const auto& row) { return row.first.second == place; });
      }
    }
    if (nodes.empty() && portals.empty()) forget();
  }

  std::vector<IsnsAttribute> key_;
  std::vector<IsnsAttribute> operating_;
};

}  // namespace tidemark::target
