// Every key of the table times every kind of value, in every stage: what is answered follows from
// the row and from nothing else.
#include <gtest/gtest.h>

#include <set>

#include "target/negotiation.h"

namespace tidemark::target {
namespace {

const std::string kValues[] = {"",
                               "Yes",
                               "No",
                               "yes",
                               "None",
                               "CHAP",
                               "0",
                               "1",
                               "2",
                               "511",
                               "512",
                               "3600",
                               "3601",
                               "65535",
                               "65536",
                               "16777215",
                               "16777216",
                               "0x200",
                               "0x",
                               "-1",
                               "1.5",
                               "12a",
                               "99999999999999999999",
                               "CRC32C",
                               "CRC32C,None",
                               "None,CRC32C",
                               "X-other,None",
                               "X-other",
                               "Normal",
                               "Discovery",
                               "RFC3720",
                               "FastAbort,RFC3720",
                               "Reject",
                               "Irrelevant",
                               "NotUnderstood",
                               "?",
                               "1~5",
                               ",",
                               "None,",
                               "iqn.a",
                               "a name with blanks",
                               std::string(255, 'v')};

struct Taken {
  KeyFault fault = KeyFault::none;
  std::string answer;
  uint32_t before = 0;
  uint32_t after = 0;
};

Taken take(const KeyRow& row, const std::string& value, NegotiationStage stage, bool discovery) {
  Limits limits;
  Parameters parameters;
  if (discovery) parameters.set(Key::session_type, kSessionDiscovery);
  Negotiation negotiation(parameters, limits);
  Taken taken;
  taken.before = parameters.get(row.key);
  taken.fault = negotiation.take({row.name, value}, stage, taken.answer);
  taken.after = parameters.get(row.key);
  return taken;
}

bool is_offer(KeyKind kind) {
  return kind == KeyKind::list || kind == KeyKind::boolean_or || kind == KeyKind::boolean_and ||
         kind == KeyKind::minimum || kind == KeyKind::maximum;
}

template <class Check>
void for_every_key_and_value(NegotiationStage stage, bool discovery, const Check& check) {
  for (const KeyRow& row : key_rows())
    for (const std::string& value : kValues) {
      SCOPED_TRACE(std::string(row.name) + "=" + value);
      check(row, value, take(row, value, stage, discovery));
    }
}

std::string answer_of(const KeyRow& row, std::string_view value) {
  std::string text;
  append_pair(text, row.name, value);
  return text;
}

TEST(EveryKey, AnswersNeverGoBeyondTheOffer) {
  for_every_key_and_value(
      NegotiationStage::operational, false,
      [](const KeyRow& row, const std::string& value, const Taken& taken) {
        if (!is_offer(row.kind) || taken.fault != KeyFault::none) return;
        Limits limits;
        const auto result = result_of(row, value, our_value(row, limits));
        char scratch[16];
        EXPECT_EQ(taken.answer, answer_of(row, result ? word_of(row, *result, scratch) : "Reject"));
        EXPECT_EQ(taken.after, result ? *result : taken.before);
        const auto number = parse_number(value);
        if (result && row.kind == KeyKind::minimum) {
          EXPECT_LE(*result, *number);
        }
        if (result && row.kind == KeyKind::maximum) {
          EXPECT_GE(*result, *number);
        }
        if (result && row.kind == KeyKind::list) {
          EXPECT_NE(("," + value + ",").find("," + std::string(row.words[*result]) + ","),
                    std::string::npos);
        }
      });
}

TEST(EveryKey, AResultIsAlwaysInsideTheRange) {
  for (const KeyRow& row : key_rows())
    for (const std::string& value : kValues)
      for (const uint32_t ours : {row.low, row.high, our_value(row, Limits{})}) {
        if (row.high == 0) continue;
        const auto result = result_of(row, value, ours);
        if (!result) continue;
        EXPECT_GE(*result, row.low) << row.name << "=" << value;
        EXPECT_LE(*result, row.high) << row.name << "=" << value;
      }
}

TEST(EveryKey, KeepsToItsStageInLogin) {
  for (const auto stage : {NegotiationStage::security, NegotiationStage::operational})
    for_every_key_and_value(
        stage, false, [&](const KeyRow& row, const std::string&, const Taken& taken) {
          if (row.sender == KeySender::target || row.kind == KeyKind::foreign ||
              row.kind == KeyKind::obsolete)
            return;
          const bool security = stage == NegotiationStage::security;
          const bool declares =
              row.kind == KeyKind::declared_text || row.kind == KeyKind::declared_list;
          const bool belongs = security
                                   ? row.use == KeyUse::security || row.use == KeyUse::login ||
                                         (row.use == KeyUse::any && declares)
                                   : row.use != KeyUse::security && row.use != KeyUse::full_feature;
          EXPECT_EQ(taken.fault == KeyFault::wrong_stage, !belongs);
        });
}

TEST(EveryKey, OfLoginIsRejectedInFullFeaturePhaseAndChangesNothing) {
  for_every_key_and_value(NegotiationStage::full_feature, false,
                          [](const KeyRow& row, const std::string&, const Taken& taken) {
                            if (row.use == KeyUse::any || row.use == KeyUse::full_feature ||
                                row.sender == KeySender::target || row.kind == KeyKind::foreign)
                              return;
                            EXPECT_EQ(taken.fault, KeyFault::none);
                            EXPECT_EQ(taken.answer, answer_of(row, "Reject"));
                            EXPECT_EQ(taken.after, taken.before);
                          });
}

TEST(EveryKey, ThatOnlyATargetSendsIsAFaultFromAnInitiator) {
  for (const auto stage :
       {NegotiationStage::security, NegotiationStage::operational, NegotiationStage::full_feature})
    for_every_key_and_value(
        stage, false, [](const KeyRow& row, const std::string&, const Taken& taken) {
          EXPECT_EQ(taken.fault == KeyFault::wrong_side, row.sender == KeySender::target);
        });
}

TEST(EveryKey, ObsoleteIsRejectedAndForeignIsNotUnderstood) {
  for (const auto stage :
       {NegotiationStage::security, NegotiationStage::operational, NegotiationStage::full_feature})
    for_every_key_and_value(stage, false,
                            [](const KeyRow& row, const std::string&, const Taken& taken) {
                              if (row.kind == KeyKind::obsolete) {
                                EXPECT_EQ(taken.answer, answer_of(row, "Reject"));
                              }
                              if (row.kind == KeyKind::foreign) {
                                EXPECT_EQ(taken.answer, answer_of(row, "NotUnderstood"));
                              }
                            });
}

TEST(EveryKey, IsIrrelevantInDiscoveryIfItsRowSaysSo) {
  for_every_key_and_value(NegotiationStage::operational, true,
                          [](const KeyRow& row, const std::string&, const Taken& taken) {
                            if (!is_offer(row.kind) || taken.fault != KeyFault::none) return;
                            const bool irrelevant = row.irrelevant != KeyIrrelevant::never;
                            EXPECT_EQ(taken.answer == answer_of(row, "Irrelevant"), irrelevant);
                            if (irrelevant) {
                              EXPECT_EQ(taken.after, taken.before);
                            }
                          });
}

TEST(EveryKey, ThatDeclaresIsNotAnswered) {
  for_every_key_and_value(NegotiationStage::operational, false,
                          [](const KeyRow& row, const std::string&, const Taken& taken) {
                            const bool declares = row.kind == KeyKind::declared_text ||
                                                  row.kind == KeyKind::declared_list ||
                                                  row.kind == KeyKind::declared_number;
                            if (declares || taken.fault != KeyFault::none) {
                              EXPECT_TRUE(taken.answer.empty());
                            }
                          });
}

TEST(EveryKey, TwiceIsAFaultInEveryStage) {
  for (const auto stage :
       {NegotiationStage::security, NegotiationStage::operational, NegotiationStage::full_feature})
    for (const KeyRow& row : key_rows()) {
      if (row.sender == KeySender::target || row.kind == KeyKind::foreign) continue;
      Limits limits;
      Parameters parameters;
      Negotiation negotiation(parameters, limits);
      std::string answer;
      negotiation.take({row.name, "1"}, stage, answer);
      EXPECT_EQ(negotiation.take({row.name, "1"}, stage, answer), KeyFault::repeated) << row.name;
    }
}

TEST(FirstBurstLength, IsIrrelevantWhereNothingUnsolicitedIsSent) {
  for (const char* r2t : {"Yes", "No"})
    for (const char* immediate : {"Yes", "No"}) {
      Limits limits;
      Parameters parameters;
      Negotiation negotiation(parameters, limits);
      std::string answer;
      negotiation.take({"InitialR2T", r2t}, NegotiationStage::operational, answer);
      negotiation.take({"ImmediateData", immediate}, NegotiationStage::operational, answer);
      answer.clear();
      negotiation.take({"FirstBurstLength", "4096"}, NegotiationStage::operational, answer);
      const bool nothing = r2t == std::string("Yes") && immediate == std::string("No");
      EXPECT_EQ(answer,
                answer_of(row_of(Key::first_burst_length), nothing ? "Irrelevant" : "4096"));
    }
}

}  // namespace
}  // namespace tidemark::target
