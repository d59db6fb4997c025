// ServiceImages: takes point-in-time images of volumes, serves them as LUNs and drops them. An
// image is served as a volume of kind "image" of its name, so that all that can be done with a
// volume that is read-only can be done with it.
//
// Orders: on the worker thread, one after the other.
#pragma once

#include <string>
#include <vector>

#include "mgmt/daemon/image_rows.h"
#include "mgmt/daemon/serving.h"
#include "mgmt/http/inventory.h"

namespace tidemark::mgmt {

class Service;

class ServiceImages {
 public:
  /// `service` is built and outlives this.
  explicit ServiceImages(Service& service) : service_(service) {}

  Result<ImageView> make(ImageOrder order);
  Result<ImageView> attach(const ImageAttachment& order);
  Result<ImageView> detach(const std::string& name);
  Result<ImageView> drop(const ImageRemoval& order);

  /// On the home core.
  std::vector<ImageView> all() const;
  /// On the home core: hosts that have the image are told that it is no more.
  void lost(uint64_t id);

  /// The first image of this volume; empty if there is none.
  static std::string image_of_volume(const MadeRows& rows, const std::string& source);

 private:
  Result<uint64_t> take(const ImageOrder& order);
  Result<ImageRow> row_of(const std::string& name, uint64_t id);
  ImageView view(const Serving& now, const std::string& name, const ImageRow& row) const;
  Result<ImageView> view(const std::string& name) const;
  void tell(const ImageView& image, const char* what);

  Service& service_;
};

}  // namespace tidemark::mgmt
