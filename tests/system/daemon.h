// A real tidemarkd on loopback, with ports, state and volumes of its own, for one test.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "mgmt/cli/api.h"
#include "mgmt/demo/iscsi_disk.h"

namespace tidemark::system_test {

inline constexpr const char* kTarget = "iqn.2026-11.dev.tidemark:test";

struct DaemonOptions {
  std::string size = "32MiB";  // of both volumes
  std::string kind = "file";   // "file" or "memory"
  int cores = 2;
  std::string limits = "{}";     // the object of the configuration
  std::string state_dir = "";    // empty: in its own directory
  std::string source_keys = {};  // further keys of the volume "source", as JSON: ", \"key\": value"
  bool source_file = false;      // is made beforehand, for volumes that make none
  std::string access = R"({"initiator": "*"})";   // rows; "@name" is the path of a file below
  std::string anonymous = "operator";             // what the management port allows without a token
  std::string keys = {};                          // further ones of the whole, each after a comma
  std::map<std::string, std::string> files = {};  // for the owner only, in the test's directory
  // More entries of these lists, each after a comma.
  std::string portals = {};
  std::string volumes = {};
  std::string luns = {};
  std::string targets = {};
};

class Daemon {
 public:
  /// Starts it and waits until it answers. Volumes: "source" as LUN 0, "copy" as LUN 1.
  explicit Daemon(const DaemonOptions& options = {});
  /// SIGTERM, which must make it end with status 0 in time; then everything of it is removed.
  ~Daemon();

  /// Ends it with SIGTERM and starts it again on the same state.
  void restart();
  /// Starts it again on the same state, once the test has killed it.
  void restart_after_kill();
  /// SIGHUP with other options. What it said of it: "the new configuration is in force", or why it
  /// is not.
  std::string reload(const DaemonOptions& options);

  pid_t pid() const { return pid_; }
  int portal_port() const { return portal_port_; }
  std::string portal() const { return "127.0.0.1:" + std::to_string(portal_port_); }
  /// Another way to the same target.
  std::string second_portal() const { return "127.0.0.1:" + std::to_string(second_port_); }
  /// The address of the portal with `index` in the configuration, as bound.
  std::string bound_portal(size_t index) const;
  std::string management() const { return "127.0.0.1:" + std::to_string(management_port_); }
  std::string management_url() const {
    return "http://127.0.0.1:" + std::to_string(management_port_);
  }
  /// For tools: "iscsi://127.0.0.1:3260/iqn.../0".
  std::string lun_url(int lun) const;
  std::string second_lun_url(int lun) const;
  mgmt::cli::Api api() const;
  std::filesystem::path directory() const { return directory_; }

  /// A session of its own; fails the test if there is none.
  std::unique_ptr<mgmt::IscsiDisk> attach(int lun, const std::string& who = "test") const;
  bool running() const;
  std::string log() const;

 private:
  void start();
  void stop();
  std::string config() const;
  std::string with_files(std::string text) const;

  DaemonOptions options_;
  std::filesystem::path directory_;
  int portal_port_ = 0;
  int second_port_ = 0;
  int management_port_ = 0;
  pid_t pid_ = -1;
};

/// A copy polled until `done` says so or 20 s have passed (then the test fails).
mgmt::cli::CopyView await_copy(const mgmt::cli::Api& api, uint64_t id,
                               bool (*done)(const mgmt::cli::CopyView&));

}  // namespace tidemark::system_test
