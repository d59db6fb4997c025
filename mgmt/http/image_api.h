// Point-in-time images of the management port: methods, what they take and what they answer.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "base/result.h"
#include "mgmt/http/backend.h"
#include "mgmt/http/method_table.h"

namespace tidemark::mgmt {

void add_images(std::vector<MethodRow>& rows, Backend& backend);

nlohmann::ordered_json encode_image(const ImageView& image);
Result<ImageOrder> decode_new_image(const nlohmann::json& body);
/// Without the image's name.
Result<ImageAttachment> decode_image_attachment(const nlohmann::json& body);

}  // namespace tidemark::mgmt
