// The copy as JSON: the request that starts one, the object that tells its state (to clients and,
// as the same text, to the records a restart reads), and its snapshot map.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "copyengine/copy_types.h"
#include "mgmt/http/map_buckets.h"
#include "mgmt/http/object_reader.h"

namespace tidemark::mgmt {

/// The body of POST /api/v1/copies. Whether values make sense together is the engine's to say.
Result<copyengine::CopyRequest> decode_copy_request(const nlohmann::json& body);

/// The same as part of a body, at `path`; whether it is good is in `faults`.
copyengine::CopyRequest decode_copy_request(const nlohmann::json& body, const std::string& path,
                                            Faults& faults);

/// The body of POST /api/v1/copies/{id}/ranges.
Result<std::vector<copyengine::CopyRange>> decode_more_ranges(const nlohmann::json& body);
/// The body of PATCH /api/v1/copies/{id}.
Result<copyengine::CopyChange> decode_copy_change(const nlohmann::json& body);

nlohmann::ordered_json encode_copy(const copyengine::CopyStatus& status);
/// What encode_copy() wrote, as far as an ended copy needs it.
Result<copyengine::CopyStatus> decode_copy(std::string_view text);

/// `limit` is what was asked for: a full list has a next page, if the source goes on.
nlohmann::ordered_json encode_map(const copyengine::CopyStatus& status, uint64_t size,
                                  const std::vector<copyengine::MapRun>& runs, uint64_t limit);
nlohmann::ordered_json encode_buckets(const copyengine::CopyStatus& status, uint64_t size,
                                      const MapBuckets& buckets);

}  // namespace tidemark::mgmt
