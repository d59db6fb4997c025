#include "mgmt/in_band/iscsi_port.h"

#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <string_view>

#include "base/big_endian.h"

namespace tidemark::mgmt {
namespace {

constexpr int kTimeoutSeconds = 30;

struct ContextFree {
  void operator()(iscsi_context* context) const {
    if (iscsi_is_logged_in(context)) iscsi_logout_sync(context);
    iscsi_destroy_context(context);
  }
};
struct TaskFree {
  void operator()(scsi_task* task) const { scsi_free_scsi_task(task); }
};
using Context = std::unique_ptr<iscsi_context, ContextFree>;

std::string initiator_name() {
  if (const char* given = std::getenv("TIDEMARK_INITIATOR"); given && *given != '\0') return given;
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  std::string name = "iqn.2026-11.dev.tidemark.cli:";
  for (const char c : std::string_view(host.data()))
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-')
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

class IscsiPort final : public CdbPort {
 public:
  IscsiPort(Context context, int lun) : context_(std::move(context)), lun_(lun) {}

  Result<CdbReply> send(ConstBytes cdb, ConstBytes data_out, size_t data_in) const override {
    std::vector<uint8_t> command(cdb.begin(), cdb.end());
    std::vector<uint8_t> out(data_out.begin(), data_out.end());
    const int direction = data_in > 0   ? SCSI_XFER_READ
                          : out.empty() ? SCSI_XFER_NONE
                                        : SCSI_XFER_WRITE;
    const size_t length = data_in > 0 ? data_in : out.size();
    scsi_task* const made = scsi_create_task(static_cast<int>(command.size()), command.data(),
                                             direction, static_cast<int>(length));
    iscsi_data data{out.size(), out.data()};
    const std::unique_ptr<scsi_task, TaskFree> task(
        iscsi_scsi_command_sync(context_.get(), lun_, made, out.empty() ? nullptr : &data));
    if (!task || task->status < 0 || task->status > 0xff)
      return Error{ErrorKind::io, std::string("no answer: ") + iscsi_get_error(context_.get()), {}};
    CdbReply reply;
    reply.status = static_cast<uint8_t>(task->status);
    if (task->datain.data != nullptr && task->datain.size > 0)
      reply.data.assign(task->datain.data, task->datain.data + task->datain.size);
    // Sense data come with their length in front.
    if (reply.status == SCSI_STATUS_CHECK_CONDITION && reply.data.size() > 2) {
      read_sense(ConstBytes(reply.data).subspan(2), reply);
      reply.data.clear();
    }
    return reply;
  }

 private:
  Context context_;
  int lun_;
};

}  // namespace

Result<std::unique_ptr<CdbPort>> open_iscsi_port(const std::string& url) {
  Context context(iscsi_create_context(initiator_name().c_str()));
  if (!context) return Error{ErrorKind::io, "no iSCSI context", "--via"};
  struct UrlFree {
    void operator()(iscsi_url* parsed) const { iscsi_destroy_url(parsed); }
  };
  const std::unique_ptr<iscsi_url, UrlFree> parsed(
      iscsi_parse_full_url(context.get(), url.c_str()));
  if (!parsed) return Error{ErrorKind::invalid, iscsi_get_error(context.get()), "--via"};
  iscsi_set_noautoreconnect(context.get(), 1);
  iscsi_set_timeout(context.get(), kTimeoutSeconds);
  iscsi_set_targetname(context.get(), parsed->target);
  iscsi_set_session_type(context.get(), ISCSI_SESSION_NORMAL);
  if (parsed->user[0] != '\0')
    iscsi_set_initiator_username_pwd(context.get(), parsed->user, parsed->passwd);
  if (iscsi_full_connect_sync(context.get(), parsed->portal, parsed->lun) != 0)
    return Error{ErrorKind::io, iscsi_get_error(context.get()), {}};
  return std::unique_ptr<CdbPort>(std::make_unique<IscsiPort>(std::move(context), parsed->lun));
}

}  // namespace tidemark::mgmt
