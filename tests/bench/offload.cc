// Copies one LUN to another in one of the ways a host has, and says how long that took. For
// scripts/bench xcopy.
//
// usage: offload_bench WAY iscsi://HOST:PORT/TARGET/LUN LUN
//   WAY   xcopy     one EXTENDED COPY list of all of it, in segments of 64 MiB
//         xcopy-4m  a list for every 4 MiB, one after the other, as ESXi sends them
//         odx       POPULATE TOKEN and WRITE USING TOKEN for every 64 MiB, as Windows sends them
//         host      reads and writes of 1 MiB, eight at a time
// Prints "BYTES MICROSECONDS"; logins are not counted.
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/big_endian.h"
#include "mgmt/demo/iscsi_disk.h"
#include "mgmt/in_band/iscsi_port.h"
#include "tests/scsi/token_bytes.h"
#include "tests/scsi/xcopy_bytes.h"

namespace tidemark {
namespace {

using Bytes = std::vector<uint8_t>;
using scsi::XcopyBytes;
constexpr uint64_t kPiece = 64 * kMiB;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "offload_bench: %s\n", why.c_str());
  std::exit(1);
}

template <class T>
T need(Result<T> result) {
  if (!result) die(result.error().message);
  return std::move(result).value();
}

/// A LUN that commands are sent to.
struct Lun {
  std::unique_ptr<mgmt::CdbPort> port;
  uint64_t bytes = 0;
  uint32_t block = 512;
  std::array<uint8_t, 8> naa{};

  explicit Lun(const std::string& url) : port(need(mgmt::open_iscsi_port(url))) {
    Bytes capacity;
    // The first answers may be what it has to tell of itself.
    for (int i = 0; i < 4 && capacity.size() < 12; ++i)
      capacity = sent({0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0}, {}, 32, true);
    if (capacity.size() < 12) die("no capacity");
    block = load_be32(&capacity[8]);
    bytes = (load_be64(capacity.data()) + 1) * block;
    const Bytes names = sent({0x12, 0x01, 0x83, 0x02, 0x00, 0x00}, {}, 512);
    if (names.size() < 16) die("no name");
    std::copy_n(names.begin() + 8, naa.size(), naa.begin());
  }

  Bytes sent(const Bytes& cdb, const Bytes& out, size_t in, bool may_fail = false) const {
    const mgmt::CdbReply reply = need(port->send(cdb, out, in));
    if (!reply.good() && !may_fail)
      die("sense " + std::to_string(reply.key) + "/" + std::to_string(reply.asc));
    return reply.good() ? reply.data : Bytes{};
  }
  void order(uint8_t service_action, uint32_t list_id, const Bytes& list) const {
    Bytes cdb(16);
    cdb[0] = 0x83;
    cdb[1] = service_action;
    store_be32(&cdb[6], service_action == 0 ? 0 : list_id);
    store_be<4>(&cdb[10], list.size());
    sent(cdb, list, 0);
  }
};

/// Lists of `list_bytes`, in segments of `segment_bytes`.
void by_extended_copy(const Lun& from, const Lun& to, uint64_t list_bytes, uint64_t segment_bytes) {
  for (uint64_t at = 0; at < from.bytes; at += list_bytes) {
    XcopyBytes list;
    list.add_naa(from.naa);
    list.add_naa(to.naa);
    const uint64_t end = std::min(from.bytes, at + list_bytes);
    for (uint64_t part = at; part < end; part += segment_bytes)
      list.add_bytes(0, 1, part / from.block, part / to.block,
                     static_cast<uint32_t>(std::min(segment_bytes, end - part)));
    from.order(0x00, 1, list.build());
  }
}

void by_token(const Lun& from, const Lun& to) {
  for (uint64_t at = 0; at < from.bytes; at += kPiece) {
    const uint64_t length = std::min(kPiece, from.bytes - at);
    from.order(0x10, 1,
               scsi::token_bytes::populate_list(
                   {{at / from.block, static_cast<uint32_t>(length / from.block)}}));
    Bytes cdb(16);
    cdb[0] = 0x84;
    cdb[1] = 0x07;
    store_be32(&cdb[2], 1);
    store_be32(&cdb[10], 1024);
    const Bytes information = from.sent(cdb, {}, 1024);
    scsi::RodToken token{};
    if (information.size() < 38 + token.size()) die("no token");
    std::copy_n(information.begin() + 38, token.size(), token.begin());
    uint64_t done = 0;
    while (done < length) {  // it may come to a part
      const auto blocks = static_cast<uint32_t>((length - done) / to.block);
      to.order(0x11, 2,
               scsi::token_bytes::write_list(token, {{(at + done) / to.block, blocks}},
                                             done / to.block, 0x02));
      store_be32(&cdb[2], 2);
      const Bytes outcome = to.sent(cdb, {}, 1024);
      if (outcome.size() < 24 || load_be64(&outcome[16]) == 0) die("nothing was written");
      done += load_be64(&outcome[16]) * to.block;
    }
  }
}

/// The host reads and writes all of it itself.
void by_host(mgmt::IscsiDisk& from, mgmt::IscsiDisk& to) {
  constexpr size_t kDepth = 8;
  std::vector<Bytes> memory(kDepth, Bytes(kMiB));
  uint64_t next = 0;
  std::string failed;
  const std::function<void(size_t)> go_on = [&](size_t slot) {
    if (next >= from.size() || !failed.empty()) return;
    const uint64_t at = next;
    next += kMiB;
    from.read(at, memory[slot], [&, slot, at](const std::string& why) {
      if (!why.empty()) return void(failed = why);
      to.write(at, memory[slot], [&, slot](const std::string& wrong) {
        if (!wrong.empty()) return void(failed = wrong);
        go_on(slot);
      });
    });
  };
  for (size_t slot = 0; slot < kDepth; ++slot) go_on(slot);
  mgmt::IscsiDisk* const disks[] = {&from, &to};
  while (from.in_flight() + to.in_flight() > 0 && failed.empty())
    if (const auto polled = mgmt::IscsiDisk::poll(disks, std::chrono::milliseconds(100)); !polled)
      die(polled.error().message);
  if (!failed.empty()) die(failed);
}

int run(const std::string& way, const std::string& url, int destination) {
  const size_t slash = url.rfind('/');
  const std::string beside = url.substr(0, slash + 1) + std::to_string(destination);
  const Lun from(url);
  const Lun to(beside);
  std::unique_ptr<mgmt::IscsiDisk> disks[2];
  if (way == "host") {
    constexpr size_t kScheme = 8;  // "iscsi://"
    const size_t target = url.find('/', kScheme);
    mgmt::LunAddress address{url.substr(kScheme, target - kScheme),
                             url.substr(target + 1, slash - target - 1),
                             std::stoi(url.substr(slash + 1))};
    disks[0] = need(mgmt::IscsiDisk::attach(address, "iqn.2026-11.dev.tidemark:bench"));
    address.lun = destination;
    disks[1] = need(mgmt::IscsiDisk::attach(address, "iqn.2026-11.dev.tidemark:bench"));
  }
  const std::map<std::string, std::function<void()>> ways = {
      {"xcopy", [&] { by_extended_copy(from, to, from.bytes, kPiece); }},
      {"xcopy-4m", [&] { by_extended_copy(from, to, 4 * kMiB, 4 * kMiB); }},
      {"odx", [&] { by_token(from, to); }},
      {"host", [&] { by_host(*disks[0], *disks[1]); }}};
  const auto found = ways.find(way);
  if (found == ways.end()) die("no such way: " + way);
  const auto begin = std::chrono::steady_clock::now();
  found->second();
  const auto took = std::chrono::steady_clock::now() - begin;
  std::printf(
      "%llu %lld\n", static_cast<unsigned long long>(from.bytes),
      static_cast<long long>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  return 0;
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  if (argc != 4) tidemark::die("usage: offload_bench WAY iscsi://HOST:PORT/TARGET/LUN LUN");
  return tidemark::run(argv[1], argv[2], std::atoi(argv[3]));
}
