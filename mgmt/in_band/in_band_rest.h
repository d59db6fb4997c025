// InBandRest: the copies of the management port, asked for through a logical unit: each request of
// /api/v1/copies becomes vendor commands, and their answers become the JSON that the port would
// have given. Whoever talks to the port can talk to it instead.
//
// Blocks the calling thread. What the vendor commands cannot do is refused as a problem document.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "mgmt/http/http_message.h"
#include "mgmt/in_band/cdb_port.h"
#include "scsi/copy_service.h"

namespace tidemark::mgmt {

class InBandRest {
 public:
  explicit InBandRest(std::unique_ptr<CdbPort> port) : port_(std::move(port)) {}

  /// `path` begins with "/api/v1/". An Error: no answer came.
  Result<HttpResponse> request(std::string_view verb, const std::string& path,
                               const std::string& body) const;

 private:
  struct Command;
  struct Refused;

  Result<HttpResponse> list() const;
  Result<HttpResponse> show(uint64_t id, unsigned http_status) const;
  Result<HttpResponse> start(const std::string& body) const;
  Result<HttpResponse> act(uint64_t id, const std::string& verb) const;
  Result<HttpResponse> append(uint64_t id, const std::string& body) const;
  Result<HttpResponse> set(uint64_t id, const std::string& body) const;
  Result<HttpResponse> map(uint64_t id, size_t buckets) const;

  Result<CdbReply> send(const Command& command) const;
  Result<scsi::CopyReport> report(uint64_t id, HttpResponse& refused) const;

  std::unique_ptr<CdbPort> port_;
};

}  // namespace tidemark::mgmt
