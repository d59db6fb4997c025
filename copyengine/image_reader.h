// Reads a source as it stood at the begin time: the source itself, and, for what hosts have
// overwritten meanwhile, the snapshot store.
//
// Read the source first, look at the map after. A write over a grain is let go only once the map
// says "preserved", so where the map still says "owed" after the read, what was read is old data;
// where it says "preserved", the store has it. A session that has been handed on has neither guard
// nor map for what came later: what it has not settled is looked up in the newer one, and so on.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/buffer_pool.h"
#include "copyengine/copy_session.h"

namespace tidemark::copyengine {

/// Fills `data` (as long as `extent`, alive until `then`) with the image's bytes. `extent` lies in
/// the session's window and holds whole grains but at the ends of a range. On the home core; `then`
/// gets the error and whose it is ("source" or "store").
void read_image(std::shared_ptr<CopySession> session, storage::Volume& source, CoreId home,
                storage::Extent extent, const DataBuffer& data,
                std::function<void(storage::Errc, std::string_view party)> then);
/// The same, into memory that is as long as `extent`.
void read_image(std::shared_ptr<CopySession> session, storage::Volume& source, CoreId home,
                storage::Extent extent, std::vector<iovec> memory,
                std::function<void(storage::Errc, std::string_view party)> then);

/// Whether all of `extent` is zeroes in the image, as far as that can be known without reading.
bool known_zero(const CopySession& session, storage::Volume& source, storage::Extent extent);

}  // namespace tidemark::copyengine
