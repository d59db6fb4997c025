#include "storage/uring_engine.h"

#include <fmt/core.h>
#include <liburing.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <utility>

#include "base/invariant.h"
#include "storage/io_queue.h"
#include "storage/io_steps.h"

namespace tidemark::storage {
namespace {

// Requests in the kernel at a time, per core. The kernel makes the completion queue twice as
// long, so it cannot overflow.
constexpr unsigned kDepth = 256;

class UringEngine final : public IoEngine {
 public:
  /// Takes over `ring`.
  UringEngine(boost::asio::io_context& context, const io_uring& ring)
      : context_(context), ring_(ring), readable_(context, ring.ring_fd) {}
  ~UringEngine() override;

  void submit(VolumeIo& io) override;
  void cancel(VolumeIo& io) override;

 private:
  void flush_later();
  void flush();
  void fill_ring();
  bool enter();
  void reap();
  void watch();

  boost::asio::io_context& context_;
  io_uring ring_;
  boost::asio::posix::stream_descriptor readable_;  // the ring's own descriptor
  IoQueue waiting_;
  unsigned in_flight_ = 0;
  bool flush_posted_ = false;
  bool watching_ = false;
};

UringEngine::~UringEngine() {
  while (in_flight_ > 0 || !waiting_.empty()) {
    while (VolumeIo* io = waiting_.pop()) {
      run_to_end(*io);
      io->done(*io);
    }
    if (in_flight_ == 0) continue;
    io_uring_submit_and_wait(&ring_, 1);
    reap();
  }
  readable_.release();
  io_uring_queue_exit(&ring_);
}

void UringEngine::submit(VolumeIo& io) {
  waiting_.push(io);
  flush_later();
}

void UringEngine::cancel(VolumeIo& io) {
  if (!is_untouched(io) || !waiting_.remove(io)) return;
  io.error = Errc::cancelled;
  io.done(io);
}

void UringEngine::flush_later() {
  if (std::exchange(flush_posted_, true)) return;
  boost::asio::post(context_, [this] { flush(); });
}

void UringEngine::flush() {
  flush_posted_ = false;
  fill_ring();
  // EAGAIN, EBUSY: the kernel is short of memory for requests. They stay in the ring.
  if (!enter()) flush_later();
  reap();
  watch();
}

void prepare(io_uring_sqe& sqe, VolumeIo& io) {
  const SystemCall call = next_call(io);
  const auto count = static_cast<unsigned>(call.vectors.size());
  switch (call.kind) {
    case SystemCall::Kind::readv:
      io_uring_prep_readv2(&sqe, call.fd, call.vectors.data(), count, call.offset, call.flags);
      break;
    case SystemCall::Kind::writev:
      io_uring_prep_writev2(&sqe, call.fd, call.vectors.data(), count, call.offset, call.flags);
      break;
    case SystemCall::Kind::fallocate:
      io_uring_prep_fallocate(&sqe, call.fd, call.flags, static_cast<off_t>(call.offset),
                              static_cast<off_t>(call.length));
      break;
    case SystemCall::Kind::fdatasync:
      io_uring_prep_fsync(&sqe, call.fd, IORING_FSYNC_DATASYNC);
      break;
  }
  io_uring_sqe_set_data(&sqe, &io);
}

void UringEngine::fill_ring() {
  while (in_flight_ < kDepth && !waiting_.empty()) {
    io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
    if (sqe == nullptr) return;
    prepare(*sqe, *waiting_.pop());
    ++in_flight_;
  }
}

/// Hands over what is in the ring; false if the kernel did not take all.
bool UringEngine::enter() {
  while (io_uring_sq_ready(&ring_) > 0) {
    const int result = io_uring_submit(&ring_);
    if (result > 0 || result == -EINTR) continue;
    INVARIANT(result == 0 || result == -EAGAIN || result == -EBUSY || result == -ENOMEM);
    return false;
  }
  return true;
}

void UringEngine::reap() {
  io_uring_cqe* cqe = nullptr;
  while (io_uring_peek_cqe(&ring_, &cqe) == 0) {
    auto& io = *static_cast<VolumeIo*>(io_uring_cqe_get_data(cqe));
    const int result = cqe->res;
    io_uring_cqe_seen(&ring_, cqe);
    --in_flight_;
    if (book_result(io, result))
      io.done(io);
    else
      waiting_.push(io);
  }
  if (!waiting_.empty()) flush_later();
}

void UringEngine::watch() {
  if (in_flight_ == 0 || std::exchange(watching_, true)) return;
  readable_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [this](const boost::system::error_code& error) {
                         if (error == boost::asio::error::operation_aborted) return;
                         watching_ = false;
                         reap();
                         watch();
                       });
}

int start_ring(io_uring& ring) {
  // Completions then wait for the loop's next system call instead of interrupting it.
  io_uring_params params{};
  params.flags = IORING_SETUP_COOP_TASKRUN;
  const int result = io_uring_queue_init_params(kDepth, &ring, &params);
  if (result != -EINVAL) return result;
  params = {};
  return io_uring_queue_init_params(kDepth, &ring, &params);
}

bool can_all_we_need(io_uring& ring) {
  io_uring_probe* probe = io_uring_get_probe_ring(&ring);
  if (probe == nullptr) return false;
  bool can = true;
  for (const int opcode : {IORING_OP_READV, IORING_OP_WRITEV, IORING_OP_FSYNC, IORING_OP_FALLOCATE})
    can = can && io_uring_opcode_supported(probe, opcode) != 0;
  io_uring_free_probe(probe);
  return can && (ring.features & IORING_FEAT_SUBMIT_STABLE) != 0;
}

}  // namespace

Result<std::unique_ptr<IoEngine>> make_uring_engine(boost::asio::io_context& context) {
  io_uring ring{};
  if (const int result = start_ring(ring); result < 0)
    return Error{ErrorKind::unsupported,
                 fmt::format("io_uring is not available: {}", std::strerror(-result)), ""};
  if (!can_all_we_need(ring)) {
    io_uring_queue_exit(&ring);
    return Error{ErrorKind::unsupported, "this kernel's io_uring is too old", ""};
  }
  return std::unique_ptr<IoEngine>(std::make_unique<UringEngine>(context, ring));
}

}  // namespace tidemark::storage
