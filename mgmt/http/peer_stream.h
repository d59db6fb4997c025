// PeerStream: the byte stream to one client of the management port, in the clear or in TLS, so that
// whoever reads and writes it need not know. An AsyncStream in the sense of Asio and Beast.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <memory>
#include <optional>
#include <utility>

namespace tidemark::mgmt {

class PeerStream {
 public:
  using executor_type = boost::beast::tcp_stream::executor_type;
  using Socket = boost::asio::ip::tcp::socket;
  using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

  /// In the clear if there is no `tls`, which is kept as long as the stream.
  PeerStream(Socket socket, TlsContext tls) : tcp_(std::move(socket)), context_(std::move(tls)) {
    if (context_) tls_.emplace(tcp_, *context_);
  }

  PeerStream(const PeerStream&) = delete;
  PeerStream& operator=(const PeerStream&) = delete;

  executor_type get_executor() { return tcp_.get_executor(); }
  Socket& socket() { return tcp_.socket(); }
  bool in_tls() const { return tls_.has_value(); }

  template <class Time>
  void expires_after(Time time) {
    tcp_.expires_after(time);
  }
  void expires_never() { tcp_.expires_never(); }

  /// Only in TLS.
  template <class Done>
  void async_handshake(Done done) {
    tls_->async_handshake(boost::asio::ssl::stream_base::server, std::move(done));
  }
  template <class Done>
  void async_shutdown(Done done) {
    tls_->async_shutdown(std::move(done));
  }

  template <class Buffers, class Done>
  void async_read_some(const Buffers& buffers, Done&& done) {
    if (tls_) return tls_->async_read_some(buffers, std::forward<Done>(done));
    tcp_.async_read_some(buffers, std::forward<Done>(done));
  }
  template <class Buffers, class Done>
  void async_write_some(const Buffers& buffers, Done&& done) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Done>(done));
    tcp_.async_write_some(buffers, std::forward<Done>(done));
  }

 private:
  boost::beast::tcp_stream tcp_;
  TlsContext context_;
  std::optional<boost::asio::ssl::stream<boost::beast::tcp_stream&>> tls_;
};

}  // namespace tidemark::mgmt
