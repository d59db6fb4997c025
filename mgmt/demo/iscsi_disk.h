// IscsiDisk: one session to one LUN, by libiscsi, with commands in flight.
//
// Single-threaded: the caller polls. A disk that lost its connection fails every command and stays
// so; it does not reconnect, because a write sent twice would spoil a proof.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

struct iscsi_context;

namespace tidemark::mgmt {

struct LunAddress {
  std::string portal;  // "127.0.0.1:3260"
  std::string target;
  int lun = 0;
};

class IscsiDisk {
 public:
  /// Error text of a failed command; empty if it ended with GOOD.
  using Done = std::function<void(const std::string& error)>;

  /// Logs in and asks for the capacity.
  static Result<std::unique_ptr<IscsiDisk>> attach(const LunAddress& address,
                                                   const std::string& initiator);
  ~IscsiDisk();
  IscsiDisk(const IscsiDisk&) = delete;
  IscsiDisk& operator=(const IscsiDisk&) = delete;

  uint64_t size() const { return size_; }
  uint32_t block_size() const { return block_size_; }
  /// Commands sent and not yet answered.
  size_t in_flight() const { return in_flight_; }
  /// Unit attentions that commands met; those commands were sent again.
  uint64_t attentions_met() const { return attentions_met_; }

  /// Offsets and lengths are whole blocks; the memory stays valid until `done`, which runs inside
  /// poll() and may start further commands.
  void write(uint64_t offset, std::span<const uint8_t> data, Done done);
  void read(uint64_t offset, std::span<uint8_t> data, Done done);

  /// Waits up to `patience` for something to happen on any of the disks and handles it.
  static Result<void> poll(std::span<IscsiDisk* const> disks, std::chrono::milliseconds patience);
  /// Polls until nothing is in flight.
  Result<void> drain();

 private:
  struct Command;
  IscsiDisk() = default;
  static void ended(iscsi_context* context, int status, void* data, void* command);
  Result<void> read_capacity();
  void start(std::unique_ptr<Command> command, const char* name);

  iscsi_context* context_ = nullptr;
  int lun_ = 0;
  uint64_t size_ = 0;
  uint32_t block_size_ = 0;
  size_t in_flight_ = 0;
  uint64_t attentions_met_ = 0;
};

}  // namespace tidemark::mgmt
