// Limits: what one peer, and all peers together, can make this target hold or wait for. Every one
// of them is checked before the memory is reserved or the slot is taken.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/clock.h"

namespace tidemark::target {

struct Limits {
  // Connections and sessions.
  uint32_t connections = 512;
  uint32_t connections_per_address = 128;
  uint32_t half_open_logins = 256;  // connections that have not logged in yet
  uint32_t sessions = 512;
  uint32_t connections_per_session = 4;  // our MaxConnections

  // Time.
  Duration login_time = std::chrono::seconds(30);        // absolute, for the whole login
  Duration idle_ping = std::chrono::seconds(30);         // silence before we send a NOP-In
  Duration ping_answer = std::chrono::seconds(30);       // silence after it before we hang up
  Duration keepalive = std::chrono::seconds(30);         // silence before TCP probes the other host
  Duration data_out_wait = std::chrono::seconds(60);     // for Data-Out after an R2T
  Duration pdu_time = std::chrono::seconds(30);          // a PDU begun must end
  Duration command_gap = std::chrono::seconds(30);       // for requests missing before a CmdSN
  Duration stop_grace = std::chrono::milliseconds(500);  // for logout when the server stops
  Duration tick = std::chrono::milliseconds(250);        // how often the times above are looked at

  // Commands.
  uint32_t window_depth = 128;         // CmdSN window: commands under way in a session
  uint32_t immediate_commands = 32;    // per connection, beside the window
  uint32_t management_functions = 32;  // task management under way in a session

  // What we negotiate (RFC 7143 clause 13).
  uint32_t receive_segment = 256 * kKiB;  // our MaxRecvDataSegmentLength
  uint32_t first_burst = 256 * kKiB;
  uint32_t max_burst = 16776192;
  uint32_t outstanding_r2t = 4;  // per command; at most WriteTransfer::kR2tMax

  // Memory.
  size_t text_bytes = 16 * kKiB;        // one negotiation
  uint32_t text_keys = 256;             // one negotiation
  uint32_t text_pdus = 64;              // one negotiation: requests with text
  size_t write_bytes = 128 * kMiB;      // per connection: write data coming in or being written
  size_t output_bytes = 16 * kMiB;      // per connection: Data-In being read or waiting to go
  size_t control_output_bytes = kMiB;   // per connection: other responses waiting to go
  size_t memory_per_core = 512 * kMiB;  // data in flight, of all connections of a core

  bool operator==(const Limits&) const = default;
};

}  // namespace tidemark::target
