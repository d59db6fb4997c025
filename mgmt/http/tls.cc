#include "mgmt/http/tls.h"

#include <openssl/ssl.h>
#include <sys/stat.h>

namespace tidemark::mgmt {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

Error wrong(const char* field, const std::string& file, const std::string& why) {
  return {ErrorKind::invalid, file + ": " + why, field};
}

Result<void> check_private(const std::string& file) {
  struct stat found {};
  if (stat(file.c_str(), &found) != 0) return wrong("key", file, "cannot be read");
  if ((found.st_mode & (S_IRWXO | S_IWGRP)) != 0)
    return wrong("key", file, "others can read it, or its group can write it");
  return {};
}

}  // namespace

Result<std::shared_ptr<ssl::context>> make_tls(const TlsFiles& files) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION);
  if (auto hidden = check_private(files.key); !hidden) return hidden.error();
  error_code error;
  context->use_certificate_chain_file(files.certificate, error);
  if (error) return wrong("certificate", files.certificate, error.message());
  context->use_private_key_file(files.key, ssl::context::pem, error);
  if (error) return wrong("key", files.key, error.message());
  if (SSL_CTX_check_private_key(context->native_handle()) != 1)
    return wrong("key", files.key, "is not the key of the certificate");
  if (files.client_ca.empty()) return context;
  context->load_verify_file(files.client_ca, error);
  if (error) return wrong("client_ca", files.client_ca, error.message());
  context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  return context;
}

}  // namespace tidemark::mgmt
