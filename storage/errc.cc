#include "storage/errc.h"

#include <cerrno>

namespace tidemark::storage {

std::string_view name_of(Errc error) {
  switch (error) {
    case Errc::ok:
      return "ok";
    case Errc::out_of_range:
      return "out_of_range";
    case Errc::write_protected:
      return "write_protected";
    case Errc::medium_read:
      return "medium_read";
    case Errc::medium_write:
      return "medium_write";
    case Errc::no_space:
      return "no_space";
    case Errc::gone:
      return "gone";
    case Errc::cancelled:
      return "cancelled";
    case Errc::preserve_failed:
      return "preserve_failed";
    case Errc::no_resources:
      return "no_resources";
  }
  return "unknown";
}

Errc errc_of_errno(int error_number, bool writing) {
  const Errc medium = writing ? Errc::medium_write : Errc::medium_read;
  switch (error_number) {
    case 0:
      return Errc::ok;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:  // the process's own file size limit
      return Errc::no_space;
    case EROFS:
    case EPERM:
    case EACCES:
      return writing ? Errc::write_protected : medium;
    case EBADF:
    case ENXIO:
    case ENODEV:
    case ENOMEDIUM:
    case ESTALE:
    case ENOENT:
    case ENOLINK:
    case ENOTCONN:
    case ESHUTDOWN:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ETIMEDOUT:
      return Errc::gone;
    case EINTR:
    case EAGAIN:
    case EBUSY:
    case ENOMEM:
    case ENOBUFS:
      return Errc::no_resources;
    default:
      return medium;
  }
}

}  // namespace tidemark::storage
