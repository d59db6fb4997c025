// An Inventory of one volume "source" and one target, both of the file; what is made is remembered,
// by name only. Answers at once, on the caller's thread.
#pragma once

#include <set>

#include "mgmt/http/entity_tag.h"
#include "mgmt/http/inventory.h"
#include "mgmt/http/view_codec.h"

namespace tidemark::mgmt {

class FakeInventory final : public Inventory {
 public:
  static constexpr const char* kTarget = "iqn.2026-11.dev.tidemark:main";

  void make_volume(VolumeOrder order, Reply<VolumeView> reply) override {
    ++made;
    volume_order = order;
    if (order.spec.name == "source" || !volumes.insert(order.spec.name).second)
      return reply(Error{ErrorKind::conflict, "there is one already", "name"});
    reply(volume(order.spec.name));
  }
  void remove_volume(VolumeRemoval order, Reply<VolumeView> reply) override {
    volume_removal = order;
    if (order.name == "source") return reply(Error{ErrorKind::conflict, "of the file", {}});
    if (!volumes.contains(order.name)) return reply(Error{ErrorKind::not_found, "none", {}});
    if (auto fit = check_match(order.if_match, tag_of(volume(order.name))); !fit)
      return reply(fit.error());
    volumes.erase(order.name);
    reply(volume(order.name));
  }
  void make_target(TargetOrder order, Reply<TargetView> reply) override {
    target_order = order;
    if (order.name == kTarget)
      return reply(Error{ErrorKind::conflict, "there is one already", "name"});
    reply(TargetView{order.name, {}, {}});
  }
  void remove_target(TargetRemoval order, Reply<TargetView> reply) override {
    if (order.name == kTarget) return reply(Error{ErrorKind::conflict, "of the file", {}});
    reply(Error{ErrorKind::not_found, "none", {}});
  }
  void map_lun(LunOrder order, Reply<LunView> reply) override {
    if (order.volume != "source") return reply(Error{ErrorKind::not_found, "none", "volume"});
    const uint16_t lun = order.lun.value_or(7);
    if (lun == 0) return reply(Error{ErrorKind::conflict, "is taken", "lun"});
    reply(LunView{order.target, lun, order.volume, 4096, 512, "naa.3", "s", true});
  }
  void unmap_lun(LunRemoval order, Reply<LunView> reply) override {
    if (order.lun != 7) return reply(Error{ErrorKind::not_found, "none", {}});
    reply(LunView{order.target, order.lun, "source", 4096, 512, "naa.3", "s", true});
  }
  void set_access(AccessOrder order, Reply<TargetView> reply) override {
    access_order = order;
    reply(TargetView{order.target, {{order.initiator}}, {}});
  }
  void remove_access(AccessRemoval order, Reply<TargetView> reply) override {
    access_removal = order;
    reply(TargetView{order.target, {}, {}});
  }

  void images(Reply<std::vector<ImageView>> reply) override { reply(taken); }
  void make_image(ImageOrder order, Reply<ImageView> reply) override {
    if (order.source != "source") return reply(Error{ErrorKind::not_found, "none", "source"});
    image_order = order;
    taken.push_back({.name = order.name.empty() ? "source-image-1" : order.name,
                     .source = order.source,
                     .t0_unix_ns = 1,
                     .size = 4096,
                     .grain = order.grain});
    reply(taken.back());
  }
  void attach_image(ImageAttachment order, Reply<ImageView> reply) override {
    for (ImageView& image : taken) {
      if (image.name != order.image) continue;
      image.luns.push_back({order.target, order.lun.value_or(7)});
      return reply(image);
    }
    reply(Error{ErrorKind::not_found, "none", {}});
  }
  void detach_image(std::string name, Reply<ImageView> reply) override {
    for (ImageView& image : taken) {
      if (image.name != name) continue;
      image.luns.clear();
      return reply(image);
    }
    reply(Error{ErrorKind::not_found, "none", {}});
  }
  void drop_image(ImageRemoval order, Reply<ImageView> reply) override {
    for (size_t i = 0; i < taken.size(); ++i) {
      if (taken[i].name != order.name) continue;
      const ImageView image = taken[i];
      if (!image.luns.empty() && !order.force)
        return reply(Error{ErrorKind::conflict, "it is a LUN", {}});
      taken.erase(taken.begin() + static_cast<ptrdiff_t>(i));
      return reply(image);
    }
    reply(Error{ErrorKind::not_found, "none", {}});
  }

  static VolumeView volume(const std::string& name) {
    return {.name = name, .kind = "file", .location = "file:v", .size = 4096, .made = true};
  }

  int made = 0;
  std::set<std::string> volumes;
  VolumeOrder volume_order;
  VolumeRemoval volume_removal;
  TargetOrder target_order;
  AccessOrder access_order;
  AccessRemoval access_removal;
  ImageOrder image_order;
  std::vector<ImageView> taken;
};

}  // namespace tidemark::mgmt
