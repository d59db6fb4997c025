// ServiceInventory: carries out the orders of the management port on the running service, one after
// the other, on its worker thread. Facts that decide an order are read there, under the lock that
// every change takes.
#pragma once

#include <string>
#include <type_traits>

#include "mgmt/http/inventory.h"

namespace tidemark::mgmt {

class Service;
struct Serving;

class ServiceInventory final : public Inventory {
 public:
  /// `service` is built and outlives this.
  explicit ServiceInventory(Service& service) : service_(service) {}

  void make_volume(VolumeOrder order, Reply<VolumeView> reply) override;
  void remove_volume(VolumeRemoval order, Reply<VolumeView> reply) override;
  void make_target(TargetOrder order, Reply<TargetView> reply) override;
  void remove_target(TargetRemoval order, Reply<TargetView> reply) override;
  void map_lun(LunOrder order, Reply<LunView> reply) override;
  void unmap_lun(LunRemoval order, Reply<LunView> reply) override;
  void set_access(AccessOrder order, Reply<TargetView> reply) override;
  void remove_access(AccessRemoval order, Reply<TargetView> reply) override;
  void images(Reply<std::vector<ImageView>> reply) override;
  void make_image(ImageOrder order, Reply<ImageView> reply) override;
  void attach_image(ImageAttachment order, Reply<ImageView> reply) override;
  void detach_image(std::string name, Reply<ImageView> reply) override;
  void drop_image(ImageRemoval order, Reply<ImageView> reply) override;

 private:
  // On the worker thread.
  Result<VolumeView> make(VolumeOrder order);
  Result<VolumeView> remove(const VolumeRemoval& order);
  Result<TargetView> make(const TargetOrder& order);
  Result<TargetView> remove(const TargetRemoval& order);
  Result<LunView> map(LunOrder order);
  Result<LunView> unmap(const LunRemoval& order);
  Result<TargetView> admit(const AccessOrder& order);
  Result<TargetView> dismiss(const AccessRemoval& order);

  template <class Order, class View>
  void carry_out(Result<View> (ServiceInventory::*act)(Order), std::decay_t<Order> order,
                 Reply<View> reply);

  Result<VolumeView> volume(const std::string& name) const;
  Result<TargetView> target(const std::string& name) const;
  Result<LunView> lun(const std::string& target, uint16_t number) const;

  Service& service_;
};

}  // namespace tidemark::mgmt
