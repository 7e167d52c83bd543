#pragma once

#include <cerrno>
#include <expected>
#include <string>
#include <utility>

namespace assay {

/// What kind of "no" the world said. The command line maps each kind to one exit status; the runner
/// maps `unsupported` and `permission` to a skipped probe and the others to a failed one.
enum class ErrorKind {
    usage,          ///< the caller's words are off
    bad_input,      ///< data from outside is malformed
    not_found,      ///< a file, device or probe that was named does not exist
    unsupported,    ///< this kernel, filesystem or processor cannot do it
    unavailable,    ///< it could be done, but not here and now (no peer, no device)
    permission,     ///< this user may not
    no_space,       ///< the filesystem is full, or would be below its reserve
    cannot_create,  ///< an output file cannot be written
    io,             ///< a device or connection returned an error
    try_again,      ///< production is under load; the guard stopped the run
    bad_policy,     ///< a policy file is invalid
    interrupted,    ///< somebody asked us to stop
    timed_out,      ///< a deadline passed
    internal,       ///< our own bug, found by a check
};

/// A sentence for a person: what, where, why, and the way out. Never just "failed".
struct Error {
    ErrorKind kind = ErrorKind::internal;
    std::string message;
    int system_errno = 0;  ///< 0 if no system call was involved
};

template <class T>
using Expected = std::expected<T, Error>;

/// Builds the unexpected side of an Expected. With `system_errno` the errno's own text is appended.
std::unexpected<Error> failure(ErrorKind kind, std::string message, int system_errno = 0);

/// The kind that an errno stands for (EACCES, EPERM: permission; ENOSPC, EDQUOT: no_space; ENOENT:
/// not_found; ...).
ErrorKind kind_of_errno(int system_errno);

/// `failure` with the kind taken from the errno. `what` names the action and its object: "open
/// /data for writing".
std::unexpected<Error> system_failure(std::string what, int system_errno);

}  // namespace assay

#define ASSAY_CONCAT_INNER(a, b) a##b
#define ASSAY_CONCAT(a, b) ASSAY_CONCAT_INNER(a, b)
/// Assigns the value of an Expected to `declaration`, or returns its error from the enclosing
/// function.
#define ASSAY_TRY(declaration, expression)                                  \
    auto ASSAY_CONCAT(assay_try_, __LINE__) = (expression);                 \
    if (!ASSAY_CONCAT(assay_try_, __LINE__))                                \
        return std::unexpected(ASSAY_CONCAT(assay_try_, __LINE__).error()); \
    declaration = std::move(*ASSAY_CONCAT(assay_try_, __LINE__))
/// Returns the error of an Expected<void> from the enclosing function.
#define ASSAY_TRY_VOID(expression)                           \
    if (auto assay_try_void = (expression); !assay_try_void) \
    return std::unexpected(assay_try_void.error())
