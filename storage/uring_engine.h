// The io_uring engine: one ring per core. Requests of one turn of the core's loop are gathered and
// handed over with one io_uring_enter; what the page cache could answer at once is picked up right
// after, the rest when the ring becomes readable in the same loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "base/result.h"
#include "storage/io_engine.h"

namespace tidemark::storage {

/// An engine whose core runs `context`, which outlives it. ErrorKind::unsupported where the kernel
/// is too old or a sandbox forbids io_uring.
Result<std::unique_ptr<IoEngine>> make_uring_engine(boost::asio::io_context& context);

}  // namespace tidemark::storage
