#include "scsi/transport_id.h"

#include <gtest/gtest.h>

namespace tidemark::scsi {
namespace {

using Data = std::vector<uint8_t>;

TEST(TransportId, OfAPortReadsBack) {
  const TransportId id{"iqn.2026-11.dev.tidemark:host", 0x400001370000};
  const Data bytes = encode_transport_id(id);
  EXPECT_EQ(bytes[0], 0x45);
  EXPECT_EQ(bytes.size() % 4, 0u);
  EXPECT_EQ(bytes.back(), 0);
  const std::string text(bytes.begin() + 4, bytes.end());
  EXPECT_EQ(text.c_str(), id.initiator + ",i,0x400001370000");
  const auto parsed = parse_transport_id(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->id, id);
  EXPECT_EQ(parsed->length, bytes.size());
}

TEST(TransportId, OfAnInitiatorHasNoIsid) {
  const Data bytes = encode_transport_id({"iqn.a", std::nullopt});
  EXPECT_EQ(bytes[0], 0x05);
  EXPECT_EQ(bytes.size(), kTransportIdMin);
  EXPECT_EQ(parse_transport_id(bytes)->id, (TransportId{"iqn.a", std::nullopt}));
}

TEST(TransportId, WhatFollowsIsLeftAlone) {
  Data bytes = encode_transport_id({"iqn.a", 1});
  const size_t length = bytes.size();
  bytes.resize(length + 100, 0xff);
  EXPECT_EQ(parse_transport_id(bytes)->length, length);
}

TEST(TransportId, CutShortAlienOrNamelessIsNone) {
  const Data good = encode_transport_id({"iqn.a", 1});
  for (size_t length = 0; length < good.size(); ++length)
    EXPECT_FALSE(parse_transport_id(ConstBytes(good).first(length))) << length;
  const auto with = [&](size_t at, uint8_t value) {
    Data bad = good;
    bad[at] = value;
    return parse_transport_id(bad).has_value();
  };
  EXPECT_FALSE(with(0, 0x46)) << "another protocol";
  EXPECT_FALSE(with(0, 0x85)) << "a format nobody has defined";
  EXPECT_FALSE(with(3, 19)) << "not a multiple of four";
  EXPECT_FALSE(with(2, 0xff)) << "longer than what is there";
  EXPECT_FALSE(with(4, 0)) << "no name";
  EXPECT_FALSE(with(4 + 5, 0)) << "no ISID";
  EXPECT_FALSE(with(4 + 10, 'x')) << "an ISID that is no number";
}

}  // namespace
}  // namespace tidemark::scsi
