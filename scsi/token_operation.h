// PopulateOperation and WriteOperation: a POPULATE TOKEN and a WRITE USING TOKEN under way. They
// live and are owned as CopyCommand says.
#pragma once

#include <memory>

#include "scsi/copy_command.h"
#include "scsi/image_service.h"
#include "scsi/reservation_state.h"
#include "scsi/rod_tokens.h"
#include "scsi/token_list.h"

namespace tidemark::scsi {

class PopulateOperation final : public CopyCommand {
 public:
  PopulateOperation(Task& task, PopulateTokenList list, std::shared_ptr<CopyRecords> records,
                    std::shared_ptr<CopyRecord> record);
  void start();

 private:
  void stop() override {}  // what is under way is short
  void created(const std::variant<RodToken, SenseData>& result);

  PopulateTokenList list_;
};

class WriteOperation final : public CopyCommand {
 public:
  /// A command that waits for its end is given a part after this long: initiators give up on those
  /// that take much longer (Windows: 4 s).
  static constexpr Duration kPatience = std::chrono::seconds(3);

  WriteOperation(Task& task, WriteUsingTokenList list, std::shared_ptr<CopyRecords> records,
                 std::shared_ptr<CopyRecord> record);
  void start();

 private:
  std::shared_ptr<WriteOperation> self();
  void stop() override;
  void used(const std::variant<RodTokens::Use, SenseData>& result);
  bool may_use(const RodTokens::Use& use) const;
  void write(uint64_t image, uint64_t readable);
  void begun(uint64_t id, CopyRefusal why);
  void ended(const ImageCopyOutcome& outcome);
  void failed(const ImageCopyOutcome& outcome);
  void release(bool all_done);

  WriteUsingTokenList list_;
  LunMap units_;  // those of the asking nexus, when it asked
  NexusName asker_;
  uint64_t token_ = 0;  // in use
  uint64_t token_bytes_ = 0;
  bool underrun_ = false;  // more is asked for than the token stands for
  uint64_t copy_ = 0;
};

}  // namespace tidemark::scsi
