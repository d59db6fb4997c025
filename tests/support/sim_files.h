// SimFiles: stores and journals of simulated copies. They outlive the engine that uses them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "copyengine/copy_files.h"
#include "copyengine/journal_reader.h"
#include "tests/support/sim_volume.h"

namespace tidemark::test {

class SimFiles final : public copyengine::CopyFiles {
 public:
  /// Called with each volume made: "store" or "journal".
  using Prepare = std::function<void(SimVolume&, const std::string& what)>;

  /// `journal_bytes`: of each journal; 0: nobody gets one.
  SimFiles(SimExecutor& executor, uint64_t journal_bytes, int64_t slowest_ns, Prepare prepare)
      : executor_(executor),
        journal_bytes_(journal_bytes),
        slowest_ns_(slowest_ns),
        prepare_(std::move(prepare)) {}

  Result<Opened> make(uint64_t copy, uint64_t store_bytes, uint64_t journal_bytes) override {
    Pair& pair = kept_[copy];
    pair.store = made("store", store_bytes);
    if (journal_bytes > 0 && journal_bytes_ > 0) pair.journal = made("journal", journal_bytes_);
    ++made_;
    return open(copy);
  }
  void remove(uint64_t copy) override {
    if (!crashed_) removed_.push_back(kept_.extract(copy));
  }

  /// Until revive(), what has crashed removes nothing, and its I/O ends without effect.
  void crash(SimVolume::Crash kind) {
    crashed_ = true;
    for_each([kind](SimVolume& file) { file.crash(kind); });
  }
  void revive() {
    crashed_ = false;
    for_each([](SimVolume& file) { file.revive(); });
  }

  bool has(uint64_t copy) const { return kept_.contains(copy); }
  Opened open(uint64_t copy) {
    Pair& pair = kept_.at(copy);
    Opened opened{.store = std::make_unique<View>(*pair.store), .journal = nullptr};
    if (pair.journal) opened.journal = std::make_unique<View>(*pair.journal);
    return opened;
  }
  SimVolume& store(uint64_t copy) { return *kept_.at(copy).store; }
  SimVolume& journal(uint64_t copy) { return *kept_.at(copy).journal; }
  /// Flushes it first, as whoever reads a journal has to.
  Result<copyengine::FoundJournal> read_journal(uint64_t copy) {
    journal(copy).flush();
    const std::vector<uint8_t>& bytes = journal(copy).bytes();
    return copyengine::read_journal(bytes.size(), [&](uint64_t at, Bytes to) -> Result<void> {
      std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(at), to.size(), to.begin());
      return {};
    });
  }
  unsigned made() const { return made_; }

 private:
  struct Pair {
    std::unique_ptr<SimVolume> store;
    std::unique_ptr<SimVolume> journal;
  };

  void for_each(const std::function<void(SimVolume&)>& visit) {
    for (const auto& [id, pair] : kept_) {
      visit(*pair.store);
      if (pair.journal) visit(*pair.journal);
    }
    for (auto& node : removed_)
      if (!node.empty()) {
        visit(*node.mapped().store);
        if (node.mapped().journal) visit(*node.mapped().journal);
      }
  }
  /// An open file: goes without the volume behind it.
  class View final : public storage::Volume {
   public:
    explicit View(SimVolume& volume) : volume_(volume) {}
    const storage::VolumeTraits& traits() const override { return volume_.traits(); }
    void submit(storage::VolumeIo& io) override { volume_.submit(io); }
    std::optional<storage::Extent> hole_at(uint64_t offset, uint64_t limit) override {
      return volume_.hole_at(offset, limit);
    }

   private:
    SimVolume& volume_;
  };

  std::unique_ptr<SimVolume> made(const std::string& what, uint64_t bytes) {
    auto volume = std::make_unique<SimVolume>(executor_, what, bytes, slowest_ns_);
    if (prepare_) prepare_(*volume, what);
    return volume;
  }

  SimExecutor& executor_;
  uint64_t journal_bytes_;
  int64_t slowest_ns_;
  Prepare prepare_;
  std::map<uint64_t, Pair> kept_;
  std::vector<std::map<uint64_t, Pair>::node_type> removed_;
  unsigned made_ = 0;
  bool crashed_ = false;
};

}  // namespace tidemark::test
