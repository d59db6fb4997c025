// What management may know of a session.
#pragma once

#include <cstdint>
#include <string>

#include "base/executor.h"

namespace tidemark::target {

enum class SessionType : uint8_t { normal, discovery };

struct SessionInfo {
  uint64_t id = 0;     // unique while the server lives
  std::string target;  // empty in a discovery session
  std::string initiator;
  uint64_t isid = 0;  // the 6 bytes as a big-endian number
  uint16_t tsih = 0;
  std::string peer;   // address:port
  std::string local;  // address:port
  uint16_t portal_group = 1;
  CoreId core = 0;
  uint32_t connections = 1;  // `peer` and `local` are of the first
  SessionType type = SessionType::normal;
  uint64_t commands = 0;
  uint64_t bytes_read = 0;     // Data-In sent
  uint64_t bytes_written = 0;  // data received
};

struct SessionEvent {
  enum class Kind : uint8_t { began, ended, refused };
  Kind kind = Kind::began;
  SessionInfo session;
  std::string reason;  // why it ended or was refused
};

}  // namespace tidemark::target
