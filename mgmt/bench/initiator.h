// Initiator: one iSCSI session that keeps `depth` reads and writes in flight. Does no I/O of its
// own: what comes goes in through stream(), what is to be sent lies in output().
//
// Commands are made in batches, one for every free slot, unless output is stuck half sent; a
// command's tag is the number of its slot. Used by one thread. Times are nanoseconds of the
// caller's clock, latencies run from the making of a command to the receipt of its status.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mgmt/bench/histogram.h"
#include "mgmt/bench/login_dialog.h"
#include "mgmt/bench/pdu_stream.h"
#include "mgmt/bench/send_queue.h"
#include "mgmt/bench/workload.h"

namespace tidemark::mgmt::bench {

/// What one session is to do.
struct Load {
  Pattern pattern = Pattern::random_read;
  uint32_t block_size = 4096;
  unsigned depth = 32;
  unsigned read_percent = 70;
  uint64_t count = 0;  // I/Os in all; 0: until stop()
  bool verify = false;
  uint64_t seed = 1;        // of the data
  uint64_t order_seed = 1;  // of the order of random I/Os
  double first = 0;         // share of the volume where a sequential load begins
};

/// Finished I/Os since reset().
struct Tally {
  uint64_t reads = 0;
  uint64_t writes = 0;
  uint64_t busy = 0;  // turned away by the target and tried again
  Histogram latency;

  void add(const Tally& other);
};

class Initiator final : private PduSink {
 public:
  enum class Phase : uint8_t { login, capacity, ready, ended, failed };

  Initiator(LoginDialog::Who who, uint16_t lun, const Load& load);

  /// Queues the first Login Request.
  void begin();
  /// After bytes came into stream(): reads them, answers, and fills free slots.
  void received(size_t bytes, uint64_t now);
  PduStream& stream() { return stream_; }
  SendQueue& output() { return output_; }

  /// Makes commands from now on; the session must be ready.
  void start(uint64_t now);
  /// No new commands. Logs out when the last has its answer.
  void stop();
  /// Commands for all free slots, unless the socket is full or the window closed.
  void issue(uint64_t now);

  Phase phase() const { return phase_; }
  const std::string& error() const { return error_; }
  void fail(std::string why);
  /// Bytes of the logical unit; once ready.
  uint64_t capacity() const { return capacity_; }
  const Tally& tally() const { return tally_; }
  void reset_tally() { tally_ = {}; }
  unsigned in_flight() const { return static_cast<unsigned>(slots_.size() - free_.size()); }

 private:
  struct Slot {
    Step step;
    uint64_t begun = 0;
    uint32_t arrived = 0;  // bytes of a read
    bool in_flight = false;
  };

  void header(const target::Bhs& bhs) override;
  void payload(ConstBytes data, uint32_t position) override;
  void complete() override;

  void send_login();
  void login_answered();
  void ask_capacity();
  void capacity_answered(uint8_t status);
  void take_status(uint8_t status);
  void check_read(Slot& slot, ConstBytes data, uint64_t at);
  void finish_slot(uint8_t status);
  void free_slot(uint32_t tag);
  void answer_ping();
  void answer_r2t();
  void send_command(uint32_t tag);
  void send_data_out(uint32_t tag, uint32_t ttt, uint32_t offset, uint32_t length);
  Slot* slot_of_pdu();
  uint8_t* data_of(uint32_t tag) { return data_.data() + size_t{tag} * load_.block_size; }
  void log_out_if_done();
  std::string sense_text() const;

  LoginDialog login_;
  uint16_t lun_;
  Load load_;
  PduStream stream_;
  SendQueue output_;
  Phase phase_ = Phase::login;
  std::string error_;

  target::Bhs bhs_{};                // of the PDU that is coming in
  std::vector<uint8_t> small_data_;  // of anything but reads: text, capacity, sense
  uint64_t now_ = 0;

  uint32_t cmd_sn_ = 1;
  uint32_t exp_stat_sn_ = 0;
  uint32_t max_cmd_sn_ = 0;
  unsigned capacity_tries_ = 0;
  uint64_t capacity_ = 0;
  uint32_t lba_size_ = 512;

  std::optional<Workload> workload_;
  std::vector<uint8_t> data_;  // of the writes, a block per slot
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::vector<uint32_t> again_;  // turned away as busy
  uint64_t begun_ = 0;
  bool started_ = false;
  bool stopped_ = false;
  bool logout_sent_ = false;
  Tally tally_;
};

}  // namespace tidemark::mgmt::bench
