// LoginDialog: the login of a normal session without authentication, straight into operational
// negotiation (RFC 7143 clauses 6.2 and 6.3). We offer what Linux's open-iscsi offers. Does no I/O.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "target/pdu.h"

namespace tidemark::mgmt::bench {

/// What counts in full feature phase. Lengths in bytes.
struct Agreement {
  bool digests = false;
  bool initial_r2t = true;
  bool immediate_data = true;
  uint32_t first_burst = 65536;
  uint32_t max_burst = 262144;
  uint32_t target_segment_max = 8192;  // of what we send
};

class LoginDialog {
 public:
  struct Who {
    std::string initiator;
    std::string target;
    uint64_t isid = 0;
    bool digests = false;
  };
  static constexpr uint32_t kSegmentMax = 256 * 1024;  // of what we receive

  explicit LoginDialog(Who who);

  target::Bhs request() const;
  /// Text of request(); empty after the first, unless the target asks on.
  const std::string& text() const { return text_; }
  /// True when the session is in full feature phase; false: send request() again.
  Result<bool> response(const target::Bhs& bhs, const std::string& text);

  const Agreement& agreement() const { return agreement_; }
  uint32_t exp_stat_sn() const { return exp_stat_sn_; }

 private:
  Result<bool> take(std::string_view key, std::string_view value);

  Who who_;
  std::string text_;
  std::string gathered_;  // of a response in several PDUs
  uint32_t exp_stat_sn_ = 0;
  uint16_t tsih_ = 0;
  bool ask_on_ = true;  // the next request wants to move on
  unsigned rounds_ = 0;
  Agreement agreement_;
};

}  // namespace tidemark::mgmt::bench
