// Copies one LUN to another by EXTENDED COPY lists of a few MiB, several outstanding, as ESXi sends
// them (imitated), and says how long that took. For tests/bench/gather.sh.
//
// usage: xcopy_lists_bench PORTAL TARGET SOURCE_LUN DESTINATION_LUN LIST_MIB DEPTH
// Prints "BYTES MICROSECONDS"; the login is not counted.
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/big_endian.h"
#include "tests/scsi/xcopy_bytes.h"

namespace tidemark {
namespace {

using Bytes = std::vector<uint8_t>;
using Name = std::array<uint8_t, 8>;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "xcopy_lists_bench: %s\n", why.c_str());
  std::exit(1);
}

struct Free {
  void operator()(scsi_task* task) const { scsi_free_scsi_task(task); }
};
using TaskPtr = std::unique_ptr<scsi_task, Free>;

class Host {
 public:
  Host(const char* portal, const char* target)
      : context_(iscsi_create_context("iqn.2026-11.dev.tidemark:bench")) {
    iscsi_set_targetname(context_, target);
    iscsi_set_session_type(context_, ISCSI_SESSION_NORMAL);
    if (iscsi_full_connect_sync(context_, portal, -1) != 0) die(iscsi_get_error(context_));
  }
  ~Host() { iscsi_destroy_context(context_); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  Bytes ask(int lun, Bytes cdb, int in) {
    for (int i = 0; i < 4; ++i) {  // the first answers are what it has to tell of itself
      scsi_task* made =
          scsi_create_task(static_cast<int>(cdb.size()), cdb.data(), SCSI_XFER_READ, in);
      const TaskPtr task(iscsi_scsi_command_sync(context_, lun, made, nullptr));
      if (task && task->status == SCSI_STATUS_GOOD)
        return {task->datain.data, task->datain.data + task->datain.size};
    }
    die("no answer of LUN " + std::to_string(lun));
  }
  Name naa(int lun) {
    const Bytes page = ask(lun, {0x12, 0x01, 0x83, 0x02, 0x00, 0x00}, 512);
    Name name{};
    if (page.size() < 16) die("no name");
    std::copy_n(page.begin() + 8, name.size(), name.begin());
    return name;
  }

  void send(int lun, Bytes list) {
    Bytes cdb(16);
    cdb[0] = 0x83;
    store_be<4>(&cdb[10], list.size());
    Bytes& kept = lists_.emplace_back(std::move(list));
    scsi_task* task =
        scsi_create_task(16, cdb.data(), SCSI_XFER_WRITE, static_cast<int>(kept.size()));
    iscsi_data data{kept.size(), kept.data()};
    if (iscsi_scsi_command_async(context_, lun, task, ended, &data, this) != 0)
      die(iscsi_get_error(context_));
    ++under_way_;
  }
  /// Until fewer than `most` are under way.
  void await(int most) {
    while (under_way_ >= most) {
      pollfd descriptor{iscsi_get_fd(context_), static_cast<int16_t>(iscsi_which_events(context_)),
                        0};
      if (poll(&descriptor, 1, 30000) <= 0) die("no answer within 30 s");
      if (iscsi_service(context_, descriptor.revents) != 0) die(iscsi_get_error(context_));
    }
  }

 private:
  static void ended(iscsi_context*, int status, void* command, void* host) {
    const TaskPtr task(static_cast<scsi_task*>(command));
    if (status != SCSI_STATUS_GOOD) die("a list ended with status " + std::to_string(status));
    --static_cast<Host*>(host)->under_way_;
  }

  iscsi_context* context_;
  std::deque<Bytes> lists_;  // places must not move while they are sent
  int under_way_ = 0;
};

int run(char** words) {
  Host host(words[1], words[2]);
  const int source = std::atoi(words[3]);
  const int destination = std::atoi(words[4]);
  const uint64_t list_bytes = std::strtoull(words[5], nullptr, 10) * kMiB;
  const int depth = std::atoi(words[6]);
  const Name from = host.naa(source);
  const Name to = host.naa(destination);
  const Bytes capacity =
      host.ask(source, {0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0}, 32);
  const uint64_t block = load_be32(&capacity[8]);
  const uint64_t bytes = (load_be64(capacity.data()) + 1) * block;
  const auto begin = std::chrono::steady_clock::now();
  uint32_t id = 0;
  for (uint64_t at = 0; at < bytes; at += list_bytes) {
    const uint64_t length = std::min(list_bytes, bytes - at);
    scsi::XcopyBytes list;
    list.list_id = ++id & 0xff;
    list.usage = 2;
    list.add_naa(from);
    list.add_naa(to);
    list.add_blocks(0, 1, at / block, at / block, static_cast<uint16_t>(length / block));
    host.await(depth);
    host.send(source, list.build());
  }
  host.await(1);
  const auto took = std::chrono::steady_clock::now() - begin;
  std::printf(
      "%llu %lld\n", static_cast<unsigned long long>(bytes),
      static_cast<long long>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  return 0;
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  if (argc != 7) tidemark::die("usage: PORTAL TARGET SOURCE_LUN DESTINATION_LUN LIST_MIB DEPTH");
  return tidemark::run(argv);
}
