// TextExchange: Text Requests of the full feature phase (RFC 7143 clauses 11.10, 11.11): gathers
// text over several PDUs, answers SendTargets and key negotiation, and hands out long answers in
// pieces the initiator can take. One at a time per connection.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "target/negotiation.h"
#include "target/pdu.h"
#include "target/target_directory.h"

namespace tidemark::target {

class TextExchange {
 public:
  struct Reply {
    TextResponse pdu;
    std::string data;
  };

  TextExchange(const TargetDirectory& targets, Parameters& parameters, const Limits& limits)
      : targets_(targets),
        parameters_(parameters),
        limits_(limits),
        negotiation_(parameters, limits) {}

  /// The answer to one Text Request, or nullopt and reason(): Reject it.
  std::optional<Reply> request(const Bhs& bhs, ConstBytes data);
  RejectReason reason() const { return reason_; }

 private:
  std::optional<Reply> reject(RejectReason reason);
  bool take_text();
  void send_targets(std::string_view which);
  Reply next_part(const TextRequest& request);
  void start_over(uint32_t itt);

  const TargetDirectory& targets_;
  Parameters& parameters_;
  const Limits& limits_;
  Negotiation negotiation_;

  RejectReason reason_ = RejectReason::protocol_error;
  bool open_ = false;
  uint32_t itt_ = kNoTag;
  uint32_t ttt_ = 1;   // of the open exchange
  uint32_t pdus_ = 0;  // that count toward the limit
  std::string text_;
  std::string reply_;
  size_t replied_ = 0;
};

}  // namespace tidemark::target
