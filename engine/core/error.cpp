#include "engine/core/error.h"

#include <system_error>

namespace assay {

std::unexpected<Error> failure(ErrorKind kind, std::string message, int system_errno) {
    if (system_errno != 0)
        message += ": " + std::generic_category().message(system_errno);
    return std::unexpected(Error{kind, std::move(message), system_errno});
}

ErrorKind kind_of_errno(int system_errno) {
    switch (system_errno) {
        case EACCES:
        case EPERM:
        case EROFS:
            return ErrorKind::permission;
        case ENOSPC:
        case EDQUOT:
            return ErrorKind::no_space;
        case ENOENT:
        case ENODEV:
        case ENXIO:
        case ENOTDIR:
            return ErrorKind::not_found;
        case ENOSYS:
        case EOPNOTSUPP:
            return ErrorKind::unsupported;
        case EINTR:
        case ECANCELED:
            return ErrorKind::interrupted;
        case ETIMEDOUT:
            return ErrorKind::timed_out;
        case EBUSY:
        case ENOMEM:
        case ECONNREFUSED:
        case EHOSTUNREACH:
        case ENETUNREACH:
        case EADDRINUSE:
        case EMFILE:
        case ENFILE:
            return ErrorKind::unavailable;
        default:
            return ErrorKind::io;
    }
}

std::unexpected<Error> system_failure(std::string what, int system_errno) {
    return failure(kind_of_errno(system_errno), std::move(what), system_errno);
}

}  // namespace assay
