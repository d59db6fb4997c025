#include "mgmt/daemon/config_limits.h"

#include <array>
#include <nlohmann/json.hpp>
#include <variant>

#include "mgmt/http/size_text.h"
#include "target/write_transfer.h"

namespace tidemark::mgmt {
namespace {

using target::Limits;

enum class Unit : uint8_t { things, seconds, bytes };  // bytes also as "16MiB"

struct LimitRow {
  std::string_view key;
  Unit unit;
  std::variant<uint32_t Limits::*, Duration Limits::*, size_t Limits::*> member;
  uint64_t least;
  uint64_t most;
};

constexpr uint64_t kHour = 3600;
constexpr uint64_t kSegmentLeast = 512;  // RFC 7143 clause 13.12
constexpr uint64_t kSegmentMost = 0xffffff;

// clang-format off
constexpr LimitRow kRows[] = {
    {"connections",             Unit::things,  &Limits::connections,             1, 65535},
    {"connections_per_address", Unit::things,  &Limits::connections_per_address, 1, 65535},
    {"half_open_logins",        Unit::things,  &Limits::half_open_logins,        1, 65535},
    {"sessions",                Unit::things,  &Limits::sessions,                1, 65535},
    {"connections_per_session", Unit::things,  &Limits::connections_per_session, 1, 64},
    {"login_seconds",           Unit::seconds, &Limits::login_time,              1, kHour},
    {"idle_ping_seconds",       Unit::seconds, &Limits::idle_ping,               0, kHour},
    {"ping_answer_seconds",     Unit::seconds, &Limits::ping_answer,             1, kHour},
    {"keepalive_seconds",       Unit::seconds, &Limits::keepalive,               1, kHour},
    {"data_out_seconds",        Unit::seconds, &Limits::data_out_wait,           1, kHour},
    {"pdu_seconds",             Unit::seconds, &Limits::pdu_time,                1, kHour},
    {"command_gap_seconds",     Unit::seconds, &Limits::command_gap,             1, kHour},
    {"window",                  Unit::things,  &Limits::window_depth,            1, 4096},
    {"immediate_commands",      Unit::things,  &Limits::immediate_commands,      2, 4096},
    {"management_functions",    Unit::things,  &Limits::management_functions,    1, 4096},
    {"receive_segment",         Unit::bytes,   &Limits::receive_segment,         kSegmentLeast, kSegmentMost},
    {"first_burst",             Unit::bytes,   &Limits::first_burst,             kSegmentLeast, kSegmentMost},
    {"max_burst",               Unit::bytes,   &Limits::max_burst,               kSegmentLeast, kSegmentMost},
    {"outstanding_r2t",         Unit::things,  &Limits::outstanding_r2t,         1, target::WriteTransfer::kR2tMax},
    {"text_bytes",              Unit::bytes,   &Limits::text_bytes,              8 * kKiB, kMiB},
    {"text_keys",               Unit::things,  &Limits::text_keys,               32, 4096},
    {"text_pdus",               Unit::things,  &Limits::text_pdus,               8, 4096},
    {"write_bytes",             Unit::bytes,   &Limits::write_bytes,             kMiB, 1024 * kGiB},
    {"read_bytes",              Unit::bytes,   &Limits::output_bytes,            kMiB, 1024 * kGiB},
    {"response_bytes",          Unit::bytes,   &Limits::control_output_bytes,    64 * kKiB, kGiB},
    {"memory_per_core",         Unit::bytes,   &Limits::memory_per_core,         16 * kMiB, 1024 * kGiB},
};
// clang-format on

void read_bytes(ObjectReader& reader, const LimitRow& row, Faults& faults, uint64_t& to) {
  if (!reader.size(row.key, Need::optional, to)) return;
  if (to < row.least || to > row.most)
    faults.add(reader.path_of(row.key),
               "must be " + size_text(row.least) + " to " + size_text(row.most));
}

struct Current {
  const Limits& limits;
  uint64_t operator()(uint32_t Limits::*member) const { return limits.*member; }
  uint64_t operator()(size_t Limits::*member) const { return limits.*member; }
  uint64_t operator()(Duration Limits::*member) const {
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(limits.*member).count());
  }
};

struct Change {
  Limits& limits;
  uint64_t value;
  void operator()(uint32_t Limits::*member) const { limits.*member = static_cast<uint32_t>(value); }
  void operator()(size_t Limits::*member) const { limits.*member = value; }
  void operator()(Duration Limits::*member) const { limits.*member = std::chrono::seconds(value); }
};

/// For the reader, which tells who misspells one.
constexpr auto keys() {
  std::array<std::string_view, std::size(kRows)> all;
  for (size_t i = 0; i < all.size(); ++i) all[i] = kRows[i].key;
  return all;
}

}  // namespace

void read_limits(const nlohmann::json& value, const std::string& path, Limits& limits,
                 Faults& faults) {
  static constexpr auto kKeys = keys();
  ObjectReader reader(value, path, kKeys, faults);
  for (const LimitRow& row : kRows) {
    uint64_t number = std::visit(Current{limits}, row.member);
    if (row.unit == Unit::bytes)
      read_bytes(reader, row, faults, number);
    else
      reader.number(row.key, Need::optional, row.least, row.most, number);
    std::visit(Change{limits, number}, row.member);
  }
  if (limits.first_burst > limits.max_burst)
    faults.add(reader.path_of("first_burst"), "must not be more than max_burst");
  if (limits.write_bytes > limits.memory_per_core)
    faults.add(reader.path_of("write_bytes"), "must not be more than memory_per_core");
}

nlohmann::ordered_json write_limits(const Limits& limits) {
  nlohmann::ordered_json to;
  for (const LimitRow& row : kRows)
    to[std::string(row.key)] = std::visit(Current{limits}, row.member);
  return to;
}

}  // namespace tidemark::mgmt
