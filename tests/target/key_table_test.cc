// One line per key and offer: what RFC 7143 clause 13 makes of it.
#include "target/key_table.h"

#include <gtest/gtest.h>

#include <set>

#include "target/negotiation.h"

namespace tidemark::target {
namespace {

struct Offer {
  const char* key;
  const char* value;
  const char* answer;  // null: none
};

std::string answer_to(const char* key, const char* value, NegotiationStage stage,
                      bool discovery = false) {
  Limits limits;
  Parameters parameters;
  if (discovery) parameters.set(Key::session_type, kSessionDiscovery);
  Negotiation negotiation(parameters, limits);
  std::string answer;
  EXPECT_EQ(negotiation.take({key, value}, stage, answer), KeyFault::none) << key;
  return answer;
}

std::string pair_text(const char* key, const char* value) {
  std::string text;
  if (value) append_pair(text, key, value);
  return text;
}

class OperationalKey : public testing::TestWithParam<Offer> {};

TEST_P(OperationalKey, IsAnsweredAsTheStandardSays) {
  const auto& [key, value, expected] = GetParam();
  EXPECT_EQ(answer_to(key, value, NegotiationStage::operational), pair_text(key, expected));
}

INSTANTIATE_TEST_SUITE_P(
    Offers, OperationalKey,
    testing::Values(
        Offer{"HeaderDigest", "None", "None"}, Offer{"HeaderDigest", "CRC32C,None", "CRC32C"},
        Offer{"HeaderDigest", "None,CRC32C", "None"}, Offer{"HeaderDigest", "X-md5,None", "None"},
        Offer{"HeaderDigest", "X-md5", "Reject"}, Offer{"DataDigest", "CRC32C", "CRC32C"},
        Offer{"MaxConnections", "1", "1"}, Offer{"MaxConnections", "8", "4"},
        Offer{"MaxConnections", "0", "Reject"}, Offer{"MaxConnections", "65536", "Reject"},
        Offer{"InitialR2T", "Yes", "Yes"}, Offer{"InitialR2T", "No", "No"},
        Offer{"InitialR2T", "yes", "Reject"}, Offer{"ImmediateData", "Yes", "Yes"},
        Offer{"ImmediateData", "No", "No"}, Offer{"ImmediateData", "", "Reject"},
        Offer{"MaxRecvDataSegmentLength", "4096", nullptr},
        Offer{"MaxBurstLength", "16776192", "16776192"}, Offer{"MaxBurstLength", "512", "512"},
        Offer{"MaxBurstLength", "16777215", "16776192"}, Offer{"MaxBurstLength", "511", "Reject"},
        Offer{"MaxBurstLength", "0x10000", "65536"}, Offer{"MaxBurstLength", "12a", "Reject"},
        Offer{"MaxBurstLength", "-1", "Reject"},
        Offer{"MaxBurstLength", "99999999999999999999", "Reject"},
        Offer{"FirstBurstLength", "65536", "65536"}, Offer{"FirstBurstLength", "1048576", "262144"},
        Offer{"DefaultTime2Wait", "0", "0"}, Offer{"DefaultTime2Wait", "2", "2"},
        Offer{"DefaultTime2Wait", "3601", "Reject"}, Offer{"DefaultTime2Retain", "20", "0"},
        Offer{"MaxOutstandingR2T", "1", "1"}, Offer{"MaxOutstandingR2T", "16", "4"},
        Offer{"MaxOutstandingR2T", "0", "Reject"}, Offer{"DataPDUInOrder", "No", "Yes"},
        Offer{"DataPDUInOrder", "Yes", "Yes"}, Offer{"DataSequenceInOrder", "No", "Yes"},
        Offer{"ErrorRecoveryLevel", "2", "0"}, Offer{"ErrorRecoveryLevel", "0", "0"},
        Offer{"ErrorRecoveryLevel", "3", "Reject"},
        Offer{"TaskReporting", "FastAbort,RFC3720", "RFC3720"},
        Offer{"TaskReporting", "FastAbort", "Reject"}, Offer{"iSCSIProtocolLevel", "1", "1"},
        Offer{"iSCSIProtocolLevel", "31", "2"}, Offer{"IFMarker", "No", "Reject"},
        Offer{"OFMarker", "Yes", "Reject"}, Offer{"IFMarkInt", "2048~8192", "Reject"},
        Offer{"OFMarkInt", "2048", "Reject"}, Offer{"RDMAExtensions", "Yes", "NotUnderstood"},
        Offer{"InitiatorRecvDataSegmentLength", "512", "NotUnderstood"},
        Offer{"TargetRecvDataSegmentLength", "512", "NotUnderstood"},
        Offer{"X-com.example.key", "1", "NotUnderstood"}, Offer{"Nonsense", "", "NotUnderstood"},
        Offer{"InitiatorAlias", "a host", nullptr}, Offer{"X#NodeArchitecture", "pdp11", nullptr}));

class DiscoveryKey : public testing::TestWithParam<Offer> {};

TEST_P(DiscoveryKey, MayBeIrrelevant) {
  const auto& [key, value, expected] = GetParam();
  EXPECT_EQ(answer_to(key, value, NegotiationStage::operational, true), pair_text(key, expected));
}

INSTANTIATE_TEST_SUITE_P(Offers, DiscoveryKey,
                         testing::Values(Offer{"MaxConnections", "1", "Irrelevant"},
                                         Offer{"InitialR2T", "Yes", "Irrelevant"},
                                         Offer{"ImmediateData", "Yes", "Irrelevant"},
                                         Offer{"MaxBurstLength", "512", "Irrelevant"},
                                         Offer{"FirstBurstLength", "512", "Irrelevant"},
                                         Offer{"MaxOutstandingR2T", "1", "Irrelevant"},
                                         Offer{"DataPDUInOrder", "Yes", "Irrelevant"},
                                         Offer{"DataSequenceInOrder", "Yes", "Irrelevant"},
                                         Offer{"TaskReporting", "RFC3720", "Irrelevant"},
                                         Offer{"HeaderDigest", "CRC32C", "CRC32C"},
                                         Offer{"ErrorRecoveryLevel", "1", "0"},
                                         Offer{"DefaultTime2Wait", "5", "5"}));

class FullFeatureKey : public testing::TestWithParam<Offer> {};

TEST_P(FullFeatureKey, OfLoginIsRejected) {
  const auto& [key, value, expected] = GetParam();
  EXPECT_EQ(answer_to(key, value, NegotiationStage::full_feature), pair_text(key, expected));
}

INSTANTIATE_TEST_SUITE_P(Offers, FullFeatureKey,
                         testing::Values(Offer{"MaxBurstLength", "512", "Reject"},
                                         Offer{"HeaderDigest", "None", "Reject"},
                                         Offer{"AuthMethod", "None", "Reject"},
                                         Offer{"SessionType", "Normal", "Reject"},
                                         Offer{"MaxRecvDataSegmentLength", "512", nullptr}));

struct Fault {
  const char* key;
  const char* value;
  NegotiationStage stage;
  KeyFault fault;
};
class FaultyKey : public testing::TestWithParam<Fault> {};

TEST_P(FaultyKey, EndsTheNegotiation) {
  Limits limits;
  Parameters parameters;
  Negotiation negotiation(parameters, limits);
  std::string answer;
  EXPECT_EQ(negotiation.take({GetParam().key, GetParam().value}, GetParam().stage, answer),
            GetParam().fault);
}

INSTANTIATE_TEST_SUITE_P(
    Faults, FaultyKey,
    testing::Values(
        Fault{"TargetAlias", "x", NegotiationStage::operational, KeyFault::wrong_side},
        Fault{"TargetAddress", "x", NegotiationStage::operational, KeyFault::wrong_side},
        Fault{"TargetPortalGroupTag", "1", NegotiationStage::operational, KeyFault::wrong_side},
        Fault{"SendTargets", "All", NegotiationStage::operational, KeyFault::wrong_stage},
        Fault{"MaxBurstLength", "512", NegotiationStage::security, KeyFault::wrong_stage},
        Fault{"HeaderDigest", "None", NegotiationStage::security, KeyFault::wrong_stage},
        Fault{"MaxRecvDataSegmentLength", "512", NegotiationStage::security, KeyFault::wrong_stage},
        Fault{"AuthMethod", "None", NegotiationStage::operational, KeyFault::wrong_stage},
        Fault{"AuthMethod", "CHAP", NegotiationStage::security, KeyFault::auth_method},
        Fault{"AuthMethod", "KRB5,SRP", NegotiationStage::security, KeyFault::auth_method},
        Fault{"MaxRecvDataSegmentLength", "511", NegotiationStage::operational,
              KeyFault::bad_value},
        Fault{"MaxRecvDataSegmentLength", "16777216", NegotiationStage::operational,
              KeyFault::bad_value},
        Fault{"SessionType", "Other", NegotiationStage::security, KeyFault::bad_value},
        Fault{"InitiatorName", "", NegotiationStage::security, KeyFault::bad_value},
        Fault{"InitiatorName", "iqn with space", NegotiationStage::security, KeyFault::bad_value},
        Fault{"TargetName", "a,b", NegotiationStage::security, KeyFault::bad_value}));

TEST(KeyTable, NamesAreUniqueAndFound) {
  std::set<std::string_view> names;
  for (const KeyRow& row : key_rows()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(find_key(row.name), &row);
  }
  EXPECT_EQ(find_key("initialr2t"), nullptr);  // names are case sensitive
}

TEST(KeyTable, DefaultsAreThoseOfTheStandard) {
  const Parameters p;
  EXPECT_TRUE(p.yes(Key::initial_r2t));
  EXPECT_TRUE(p.yes(Key::immediate_data));
  EXPECT_EQ(p.get(Key::max_recv_data_segment_length), 8192u);
  EXPECT_EQ(p.get(Key::max_burst_length), 262144u);
  EXPECT_EQ(p.get(Key::first_burst_length), 65536u);
  EXPECT_EQ(p.get(Key::default_time2wait), 2u);
  EXPECT_EQ(p.get(Key::default_time2retain), 20u);
  EXPECT_EQ(p.get(Key::max_outstanding_r2t), 1u);
  EXPECT_EQ(p.get(Key::error_recovery_level), 0u);
  EXPECT_EQ(p.get(Key::iscsi_protocol_level), 1u);
  EXPECT_EQ(p.our_segment_max, 8192u);
}

TEST(KeyTable, OurValueStaysInsideTheRange) {
  Limits limits;
  limits.max_burst = UINT32_MAX;
  limits.outstanding_r2t = 0;
  EXPECT_EQ(our_value(row_of(Key::max_burst_length), limits), 16777215u);
  EXPECT_EQ(our_value(row_of(Key::max_outstanding_r2t), limits), 1u);
}

TEST(Negotiation, TheSameKeyTwiceIsAFault) {
  Limits limits;
  Parameters parameters;
  Negotiation negotiation(parameters, limits);
  std::string answer;
  EXPECT_EQ(negotiation.take({"InitialR2T", "No"}, NegotiationStage::operational, answer),
            KeyFault::none);
  EXPECT_EQ(negotiation.take({"InitialR2T", "No"}, NegotiationStage::operational, answer),
            KeyFault::repeated);
}

TEST(Negotiation, FirstBurstNeverExceedsMaxBurst) {
  Parameters p;
  p.set(Key::max_burst_length, 4096);
  EXPECT_EQ(p.first_burst(), 4096u);
}

TEST(Negotiation, DeclaresOurSegmentOnce) {
  Limits limits;
  Parameters parameters;
  Negotiation negotiation(parameters, limits);
  std::string answer;
  negotiation.declare(answer);
  negotiation.declare(answer);
  EXPECT_EQ(answer, pair_text("MaxRecvDataSegmentLength", "262144"));
  EXPECT_EQ(parameters.our_segment_max, 262144u);
}

TEST(Text, PairsAreSplit) {
  std::vector<KeyValue> pairs;
  EXPECT_EQ(parse_text(std::string_view("a=1\0b=\0c=x=y\0", 13), 10, pairs), TextFault::none);
  ASSERT_EQ(pairs.size(), 3u);
  EXPECT_EQ(pairs[1].value, "");
  EXPECT_EQ(pairs[2].value, "x=y");
}

TEST(Text, MalformedIsRefused) {
  std::vector<KeyValue> pairs;
  EXPECT_EQ(parse_text("a=1", 10, pairs), TextFault::unterminated);
  EXPECT_EQ(parse_text(std::string_view("abc\0", 4), 10, pairs), TextFault::no_equals);
  EXPECT_EQ(parse_text(std::string_view("=b\0", 3), 10, pairs), TextFault::bad_key);
  EXPECT_EQ(parse_text(std::string_view("a b=c\0", 6), 10, pairs), TextFault::bad_key);
  EXPECT_EQ(parse_text(std::string(64, 'k') + "=1" + '\0', 10, pairs), TextFault::bad_key);
  EXPECT_EQ(parse_text("k=" + std::string(256, 'v') + '\0', 10, pairs), TextFault::long_value);
  EXPECT_EQ(parse_text(std::string_view("a=1\0b=1\0", 8), 1, pairs), TextFault::too_many);
}

TEST(Text, LogsAreSafe) {
  EXPECT_EQ(printable("a\nb\\\x80"), "a\\x0ab\\x5c\\x80");
  EXPECT_LE(printable(std::string(100000, 'x')).size(), kValueMax);
}

}  // namespace
}  // namespace tidemark::target
