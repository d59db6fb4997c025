// Inventory: what the management port asks of the daemon to change what is served: volumes,
// targets, LUN maps and who may use them. What is made this way outlives the daemon. What the
// configuration file says is not changed: such an order is refused.
//
// Called on the HTTP thread. Answers come later, on any thread, when the change is in force and on
// the disk; none of the calls waits. Orders are carried out one after the other. `if_match` of an
// order is that header's value (entity_tag.h), compared with the state the change starts from.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "copyengine/copy_types.h"
#include "mgmt/http/views.h"
#include "storage/volume_spec.h"

namespace tidemark::mgmt {

struct VolumeOrder {
  storage::VolumeSpec spec;  // without a location: a file of ours
  bool import = false;       // what it stands for is there already, and must be
};

struct VolumeRemoval {
  std::string name;
  bool erase = false;  // its file too
  std::string if_match;
};

struct TargetOrder {
  struct Access {
    std::string initiator;
    bool copy_commands = false;
    bool operator==(const Access&) const = default;
  };
  std::string name;
  std::vector<Access> access;  // who may use it from the beginning
};

struct TargetRemoval {
  std::string name;
  std::string if_match;
};

struct LunOrder {
  std::string target;
  std::optional<uint16_t> lun;  // none: the lowest that is free
  std::string volume;
};

struct LunRemoval {
  std::string target;
  uint16_t lun = 0;
  std::string if_match;
};

struct AccessOrder {
  std::string target;
  std::string initiator;                             // a name, the beginning of one and "*", or "*"
  std::optional<std::vector<TargetView::Lun>> luns;  // none: those of the target
  bool copy_commands = false;                        // whether it may use the vendor commands
  std::string if_match;                              // of the target
};

struct AccessRemoval {
  std::string target;
  std::string initiator;
  std::string if_match;  // of the target
};

struct ImageOrder {
  std::string source;  // volume
  std::string name;    // empty: made of the source's
  uint32_t grain = copyengine::kGrainDefault;
  uint64_t store_limit = 0;  // bytes of old data; 0: none
};

struct ImageAttachment {
  std::string image;
  std::string target;
  std::optional<uint16_t> lun;  // none: the lowest that is free
};

struct ImageRemoval {
  std::string name;
  bool force = false;  // also while it is a LUN
};

class Inventory {
 public:
  template <class T>
  using Reply = std::function<void(Result<T>)>;

  virtual ~Inventory() = default;

  virtual void make_volume(VolumeOrder order, Reply<VolumeView> reply) = 0;
  /// Answered with what it was.
  virtual void remove_volume(VolumeRemoval order, Reply<VolumeView> reply) = 0;
  virtual void make_target(TargetOrder order, Reply<TargetView> reply) = 0;
  /// Its sessions are asked to log out. Answered with what it was.
  virtual void remove_target(TargetRemoval order, Reply<TargetView> reply) = 0;
  virtual void map_lun(LunOrder order, Reply<LunView> reply) = 0;
  /// Sessions that have it are asked to log out. Answered with what it was.
  virtual void unmap_lun(LunRemoval order, Reply<LunView> reply) = 0;
  /// Admits an initiator, or says anew what it finds.
  virtual void set_access(AccessOrder order, Reply<TargetView> reply) = 0;
  virtual void remove_access(AccessRemoval order, Reply<TargetView> reply) = 0;

  virtual void images(Reply<std::vector<ImageView>> reply) = 0;
  /// Of a volume as it is now. Answered when its begin time has passed.
  virtual void make_image(ImageOrder order, Reply<ImageView> reply) = 0;
  /// Makes it a LUN.
  virtual void attach_image(ImageAttachment order, Reply<ImageView> reply) = 0;
  /// Takes away all LUNs that it is; sessions that have them are asked to log out.
  virtual void detach_image(std::string name, Reply<ImageView> reply) = 0;
  /// Answered with what it was.
  virtual void drop_image(ImageRemoval order, Reply<ImageView> reply) = 0;
};

}  // namespace tidemark::mgmt
