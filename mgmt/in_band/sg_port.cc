#include "mgmt/in_band/sg_port.h"

#include <fcntl.h>
#include <scsi/sg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "storage/file_descriptor.h"

namespace tidemark::mgmt {
namespace {

constexpr unsigned kTimeoutMs = 30000;

class SgPort final : public CdbPort {
 public:
  explicit SgPort(storage::FileDescriptor file) : file_(std::move(file)) {}

  Result<CdbReply> send(ConstBytes cdb, ConstBytes data_out, size_t data_in) const override {
    std::vector<uint8_t> command(cdb.begin(), cdb.end());
    std::vector<uint8_t> data(data_out.begin(), data_out.end());
    if (data_in > 0) data.assign(data_in, 0);
    std::array<uint8_t, 252> sense{};
    sg_io_hdr_t header{};
    header.interface_id = 'S';
    header.dxfer_direction = data_in > 0    ? SG_DXFER_FROM_DEV
                             : data.empty() ? SG_DXFER_NONE
                                            : SG_DXFER_TO_DEV;
    header.cmd_len = static_cast<unsigned char>(command.size());
    header.cmdp = command.data();
    header.dxfer_len = static_cast<unsigned>(data.size());
    header.dxferp = data.data();
    header.mx_sb_len = static_cast<unsigned char>(sense.size());
    header.sbp = sense.data();
    header.timeout = kTimeoutMs;
    if (ioctl(file_.get(), SG_IO, &header) != 0)
      return Error{ErrorKind::io, std::string("SG_IO: ") + std::strerror(errno), {}};
    if (header.host_status != 0)
      return Error{ErrorKind::io,
                   "the host adapter reports status " + std::to_string(header.host_status),
                   {}};
    CdbReply reply;
    reply.status = header.status;
    read_sense(ConstBytes(sense).first(header.sb_len_wr), reply);
    if (data_in > 0) {
      const size_t missing = header.resid > 0 ? static_cast<size_t>(header.resid) : 0;
      data.resize(data.size() - std::min(missing, data.size()));
      reply.data = std::move(data);
    }
    return reply;
  }

 private:
  storage::FileDescriptor file_;
};

}  // namespace

Result<std::unique_ptr<CdbPort>> open_sg_port(const std::string& path) {
  storage::FileDescriptor file(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!file)
    return Error{ErrorKind::io, "cannot open " + path + ": " + std::strerror(errno), "--via"};
  return std::unique_ptr<CdbPort>(std::make_unique<SgPort>(std::move(file)));
}

}  // namespace tidemark::mgmt
